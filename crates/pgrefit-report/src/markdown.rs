//! The form for a CI summary: GitHub-flavoured Markdown.

use crate::{Align, Column, Failure, Finding, Report, Table, human_duration, phrase, printable};

/// The whole report as GitHub-flavoured Markdown.
#[must_use]
pub fn render_markdown(report: &Report) -> String {
    let mut blocks = vec![heading(report)];
    blocks.extend(report.target.as_ref().map(|target| escaped(&phrase::target(target))));
    blocks.extend(report.outcome.error.as_ref().map(failure));
    if !report.facts.is_empty() {
        let facts =
            report.facts.iter().map(|fact| vec![escaped(fact.title), escaped(&phrase::value(&fact.value))]);
        blocks.push(grid(&["", ""].map(|title| Column::text("", title)), facts));
    }
    blocks.extend(report.tables.iter().map(table));
    if !report.findings.is_empty() {
        blocks.push("### Findings".to_owned());
    }
    blocks.extend(report.findings.iter().map(finding));
    blocks.join("\n\n") + "\n"
}

fn heading(report: &Report) -> String {
    let outcome = &report.outcome;
    let took = human_duration(report.duration_ms);
    let (command, summary) = (escaped(&report.command), escaped(&outcome.summary));
    format!("## pgrefit {command}: {}\n\n{summary} ({took}, exit code {})", outcome.status, outcome.exit_code)
}

fn failure(failure: &Failure) -> String {
    let mut lines = vec![format!("**error:** {}", escaped(&failure.message))];
    lines.extend(failure.causes.iter().map(|cause| format!("caused by: {}", escaped(cause))));
    lines.extend(failure.location.as_ref().map(|location| {
        let file = escaped(&location.file);
        format!("at {file}:{}:{}\n\n{}", location.line, location.column, fenced(&location.text))
    }));
    lines.extend(failure.sqlstate.as_ref().map(|sqlstate| format!("SQLSTATE {}", escaped(sqlstate))));
    lines.extend(failure.hint.as_ref().map(|hint| format!("**hint:** {}", escaped(hint))));
    lines.join("\n\n")
}

fn table(table: &Table) -> String {
    let rows = table.rows.iter().map(|row| row.iter().map(|cell| escaped(&phrase::value(cell))).collect());
    let body = if table.rows.is_empty() { "none".to_owned() } else { grid(&table.columns, rows) };
    format!("### {}\n\n{body}", escaped(&table.title))
}

fn grid(columns: &[Column], rows: impl Iterator<Item = Vec<String>>) -> String {
    let titles = columns.iter().map(|column| escaped(&phrase::heading(column)));
    let rule = columns.iter().map(|column| match column.align {
        Align::Left => "---".to_owned(),
        Align::Right => "---:".to_owned(),
    });
    let head = [titles.collect::<Vec<_>>(), rule.collect()];
    let lines = head.into_iter().chain(rows).map(|cells| format!("| {} |", cells.join(" | ")));
    lines.collect::<Vec<_>>().join("\n")
}

fn finding(finding: &Finding) -> String {
    let object = finding.object.as_ref().map_or_else(String::new, |object| format!(" {}", escaped(object)));
    let check = escaped(&finding.check);
    let mut lines = vec![format!("**{}**{object} ({check}): {}", finding.status, escaped(&finding.message))];
    lines.extend(
        finding
            .location
            .as_ref()
            .map(|location| format!("at {}:{}:{}", escaped(&location.file), location.line, location.column)),
    );
    lines.extend(finding.hint.as_ref().map(|hint| format!("**hint:** {}", escaped(hint))));
    lines.extend(finding.remediation.as_ref().map(|remediation| {
        format!("**fix:** {}\n\n{}", escaped(&phrase::price(remediation)), fenced(&remediation.sql))
    }));
    lines.join("\n\n")
}

/// Text that Markdown shows as it is: on one line, with every character that could mean something escaped.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in printable::line(text).chars() {
        if r"\`*_[]<>|#~&$".contains(character) {
            safe.push('\\');
        }
        safe.push(character);
    }
    safe
}

/// A SQL block, fenced with more backticks than stand anywhere within it.
fn fenced(sql: &str) -> String {
    let body = printable::lines(sql).collect::<Vec<_>>().join("\n");
    let longest = body.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}sql\n{body}\n{fence}")
}

#[cfg(test)]
#[expect(clippy::needless_raw_string_hashes, reason = "expect-test writes the snapshots, hashes and all")]
mod tests {
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
}
