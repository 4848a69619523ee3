//! Snapshots of the Markdown form, and that nothing becomes markup.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes the snapshots, hashes and all")]

use expect_test::expect;

use super::{escaped, fenced, render_markdown};
use crate::sample;

#[test]
fn nothing_from_the_server_can_become_markup() {
    let check = |text: &str, expected: &str| assert_eq!(escaped(text), expected);
    check("orders", "orders");
    check("a|b", r"a\|b");
    check("<img src=x>", r"\<img src=x\>");
    check("[x](y)", r"\[x\](y)");
    check("order_items", r"order\_items");
    check("two\nlines", r"two\\nlines");
}

#[test]
fn a_fence_is_longer_than_any_inside() {
    let check = |sql: &str, fence: &str| assert!(fenced(sql).starts_with(&format!("{fence}sql\n")));
    check("SELECT 1;", "```");
    check("SELECT '```';", "````");
}

#[test]
fn whole_report() {
    expect![[r###"
        ## pgrefit migrate: error

        1 of 2 migrations applied (3.4 s, exit code 13)

        shop as migrator at db.example:5432, PostgreSQL 18.6

        **error:** failed to apply V2\_\_broken.sql

        caused by: column "nope" does not exist

        at migrations/V2\_\_broken.sql:2:9

        ```sql
         SELECT nope FROM documents; -- größe
        ```

        SQLSTATE 42703

        **hint:** Correct the file and run \`pgrefit migrate\` again; nothing was changed.

        |  |  |
        | --- | --- |
        | Version | 1 |
        | Lock wait | 2 min 05 s |

        ### Migrations

        | Version | Name | Status | Took | Share (%) | Applied at |
        | ---: | --- | --- | ---: | ---: | --- |
        | 1 | größe 日本語 a \| b | pass | 12 ms | 0.50 | 2026-01-02 03:04:05Z |
        | 2 | broken | error | – | – | – |
    "###]]
    .assert_eq(&render_markdown(&sample::broken()));
}

#[test]
fn findings_by_file() {
    expect![[r###"
        ## pgrefit lint: fail

        1 of 3 files fails (12 ms, exit code 1)

        ### Findings

        | File | Line | Status | Check | Finding |
        | --- | ---: | --- | --- | --- |
        | migrations/V7\_\_orders.sql | 2 | warn | [update-without-batches](https://pgrefit.example/rules/update-without-batches) | every row of orders is updated at once |
        | migrations/V7\_\_orders.sql | 3 | warn | [update-without-batches](https://pgrefit.example/rules/update-without-batches) | every row of orders is updated at once |
        | odd, 100%: a\|b\`.sql | 2 | fail | hostile-file | breaks \`every\` \|\\nform: \]\]\> ::warning::100% \[a\](b) ￿\\u{7} |
        | odd, 100%: a\|b\`.sql | 4 | info | at-the-end | nothing follows |

        <details><summary>warn update-without-batches: migrations/V7__orders.sql:2</summary>

        every row of orders is updated at once

        ```sql
        UPDATE orders SET note = '';
        ```

        **here:** all rows

        migrations/V7\_\_orders.sql:1: locked here first

        ```sql
        ALTER TABLE orders ADD note text;
        ```

        </details>

        <details><summary>warn update-without-batches: migrations/V7__orders.sql:3</summary>

        every row of orders is updated at once

        ```sql
        UPDATE orders SET note = '';
        ```

        **here:** all rows

        migrations/V7\_\_orders.sql:1: locked here first

        ```sql
        ALTER TABLE orders ADD note text;
        ```

        </details>

        <details><summary>fail hostile-file: odd, 100%: a|b`.sql:2</summary>

        "a\|b\\u{1b}\[31m": breaks \`every\` \|\\nform: \]\]\> ::warning::100% \[a\](b) ￿\\u{7}

        ```sql
         ALTER TABLE "a|b"\u{1b}[31m
          ADD x int;
        ```

        **hint:** Do not,\\r\\nplease: \<b\>never\</b\>.

        **fix:** no lock, not reversible

        ````sql
        SELECT ']]>', '```', '%', '::';
         SELECT 2;
        ````

        </details>

        <details><summary>info at-the-end: odd, 100%: a|b`.sql:4</summary>

        nothing follows

        ```sql

        ```

        </details>

        **blind** (catalog-unread): pg\_class shows no rows to this role

        **skip** (server-version): no server was asked
    "###]].assert_eq(&render_markdown(&sample::lint()));
}

/// Each row of a table has as many cells as its head, and each block that is opened is closed.
#[test]
fn hostile_text_breaks_nothing() {
    let hostile = "a|b \\| c\n| d | ` `` ```\n</details></summary> <!-- [x](y)\n\n# e\r\n~~~";
    let mut report = sample::lint();
    for finding in &mut report.findings {
        finding.message = hostile.to_owned();
        finding.object = Some(hostile.to_owned());
        finding.caret = Some(hostile.to_owned());
        finding.hint = Some(hostile.to_owned());
        for label in &mut finding.labels {
            label.message = hostile.to_owned();
        }
        if let Some(location) = &mut finding.location {
            location.file = hostile.to_owned();
            location.text = hostile.to_owned();
        }
    }
    let text = render_markdown(&report);
    let rows: Vec<_> = text.lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(rows.len(), 6);
    for row in rows {
        assert_eq!(row.replace("\\|", "").matches('|').count(), 6, "{row}");
    }
    let count = |part: &str| text.lines().filter(|line| line.contains(part)).count();
    assert_eq!((count("<details>"), count("</summary>"), count("</details>")), (4, 4, 4), "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with('#')).count(), 2, "{text}");
}

#[test]
fn only_pages_are_linked() {
    let check = |uri: &str, linked: bool| {
        let mut report = sample::lint();
        report.rules[0].uri = Some(uri.to_owned());
        assert_eq!(render_markdown(&report).contains(&format!("]({uri})")), linked, "{uri}");
    };
    check("https://pgrefit.example/rules/a-b_c#d", true);
    check("javascript:alert(1)", false);
    check("https://x|y", false);
    check("https://x) [a](b", false);
}
