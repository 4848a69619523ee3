//! Snapshots of findings and failures with a place, and files that are strange.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes the snapshots, hashes and all")]

use std::ops::Range;

use expect_test::{Expect, expect};

use crate::text::{TextOptions, finding, flow};
use crate::{Excerpt, Failure, Finding, Label, Location, Remediation, Status, render_failure};

const PLAIN: TextOptions = TextOptions { color: false, width: 80, verbose: false };
const FILE: &str = "V7__orders.sql";
const SOURCE: &str = "\
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN note text;

ALTER TABLE orders
    ADD CONSTRAINT total_positive
    CHECK (total > 0);
-- the end
UPDATE orders SET note = '';
";

/// The bytes of `part` within `source`.
fn bytes(source: &str, part: &str) -> Range<usize> {
    let start = source.find(part).unwrap();
    start..start + part.len()
}

fn at(part: &str) -> Location {
    Location::at_range(FILE, SOURCE, bytes(SOURCE, part))
}

fn warn(location: Location) -> Finding {
    Finding::new("update-without-batches", Status::Warn, "every row is updated at once").at(location)
}

#[expect(clippy::needless_pass_by_value, reason = "a snapshot is written where it is passed")]
fn check(finding: &Finding, options: &TextOptions, expected: Expect) {
    expected.assert_eq(&(finding::lines(finding, options).join("\n") + "\n"));
}

#[test]
fn a_statement_of_several_lines_with_everything() {
    let finding = Finding::new(
        "constraint-not-valid-missing",
        Status::Fail,
        "the constraint is checked against every row while ACCESS EXCLUSIVE is held, so nobody reads orders meanwhile",
    )
    .about("public.orders")
    .number("rows", 12)
    .at(at("ALTER TABLE orders\n    ADD CONSTRAINT total_positive\n    CHECK (total > 0);"))
    .caret("takes ACCESS EXCLUSIVE on orders")
    .label(at("ALTER TABLE orders ADD COLUMN"), "locked here first")
    .hint("Add it with NOT VALID, and validate it in a migration of its own.")
    .remediation(Remediation {
        sql: "ALTER TABLE orders ADD CONSTRAINT total_positive CHECK (total > 0) NOT VALID;\nALTER TABLE orders VALIDATE CONSTRAINT total_positive;".to_owned(),
        lock: Some("SHARE UPDATE EXCLUSIVE".to_owned()),
        reversible: true,
    });
    check(
        &finding,
        &TextOptions { verbose: true, ..PLAIN },
        expect![[r#"
            fail[constraint-not-valid-missing]: the constraint is checked against every
              row while ACCESS EXCLUSIVE is held, so nobody reads orders meanwhile
             --> V7__orders.sql:4:1
              |
            4 | / ALTER TABLE orders
            5 | |     ADD CONSTRAINT total_positive
            6 | |     CHECK (total > 0);
              | |______________________^ takes ACCESS EXCLUSIVE on orders
              |
             ::: V7__orders.sql:2:1
              |
            2 | ALTER TABLE orders ADD COLUMN note text;
              | ----------------------------- locked here first
              |
              = object: public.orders
              = numbers: rows 12
              = help: Add it with NOT VALID, and validate it in a migration of its own.
              = fix: takes SHARE UPDATE EXCLUSIVE, reversible
                  ALTER TABLE orders ADD CONSTRAINT total_positive CHECK (total > 0) NOT VALID;
                  ALTER TABLE orders VALIDATE CONSTRAINT total_positive;
        "#]],
    );
    check(
        &finding,
        &TextOptions { width: 40, ..PLAIN },
        expect![[r#"
            fail[constraint-not-valid-missing]:
              the constraint is checked against
              every row while ACCESS EXCLUSIVE is
              held, so nobody reads orders meanwhile
             --> V7__orders.sql:4:1
              |
            4 | / ALTER TABLE orders
            5 | |     ADD CONSTRAINT total_positive
            6 | |     CHECK (total > 0);
              | |______________________^ takes ACCESS EXCLUSIVE on orders
              |
             ::: V7__orders.sql:2:1
              |
            2 | ALTER TABLE orders ADD COLUMN not…
              | ----------------------------- locked here first
              |
              = object: public.orders
              = help: Add it with NOT VALID, and
                      validate it in a migration of
                      its own.
              = fix: takes SHARE UPDATE EXCLUSIVE,
                     reversible
                  ALTER TABLE orders ADD CONSTRAINT total_positive CHECK (total > 0) NOT VALID;
                  ALTER TABLE orders VALIDATE CONSTRAINT total_positive;
        "#]],
    );
}

#[test]
fn places_next_to_each_other_are_one_excerpt() {
    let finding = warn(at("UPDATE orders")).caret("all rows").label(at("the end"), "not here");
    check(
        &finding,
        &PLAIN,
        expect![[r#"
        warn[update-without-batches]: every row is updated at once
         --> V7__orders.sql:8:1
          |
        7 | -- the end
          |    ------- not here
        8 | UPDATE orders SET note = '';
          | ^^^^^^^^^^^^^ all rows
    "#]],
    );
    let inside =
        warn(at("CONSTRAINT total_positive")).label(at("ALTER TABLE orders\n    ADD"), "the statement");
    check(
        &inside,
        &PLAIN,
        expect![[r#"
        warn[update-without-batches]: every row is updated at once
         --> V7__orders.sql:5:9
          |
        4 | / ALTER TABLE orders
        5 | |     ADD CONSTRAINT total_positive
          | |       - ^^^^^^^^^^^^^^^^^^^^^^^^^
          | |_______|
          |         the statement
    "#]],
    );
    let same =
        warn(at("note text")).label(at("ALTER TABLE orders ADD"), "this").label(at("orders ADD"), "that");
    check(
        &same,
        &PLAIN,
        expect![[r#"
        warn[update-without-batches]: every row is updated at once
         --> V7__orders.sql:2:31
          |
        2 | ALTER TABLE orders ADD COLUMN note text;
          | ----------------------        ^^^^^^^^^
          | |           |
          | |           that
          | this
    "#]],
    );
}

#[test]
fn places_in_other_files() {
    let other = Location::at_offset("V1__first.sql", &format!("{}x y", "\n".repeat(1233)), 1235);
    check(
        &warn(at("note text")).label(other, "made here"),
        &PLAIN,
        expect![[r#"
        warn[update-without-batches]: every row is updated at once
            --> V7__orders.sql:2:31
             |
           2 | ALTER TABLE orders ADD COLUMN note text;
             |                               ^^^^^^^^^
             |
            ::: V1__first.sql:1234:3
             |
        1234 | x y
             |   - made here
    "#]],
    );
}

#[test]
fn points_empty_ranges_and_ends_of_files() {
    check(
        &warn(Location::at_offset(FILE, SOURCE, 4)),
        &PLAIN,
        expect![[r#"
        warn[update-without-batches]: every row is updated at once
         --> V7__orders.sql:1:5
          |
        1 | SET lock_timeout = '2s';
          |     ^
    "#]],
    );
    check(
        &warn(Location::at_range(FILE, SOURCE, 4..4)).caret("here"),
        &PLAIN,
        expect![[r#"
        warn[update-without-batches]: every row is updated at once
         --> V7__orders.sql:1:5
          |
        1 | SET lock_timeout = '2s';
          |     ^ here
    "#]],
    );
    check(
        &warn(Location::at_range(FILE, SOURCE, 999..1000)).caret("nothing follows"),
        &PLAIN,
        expect![[r#"
        warn[update-without-batches]: every row is updated at once
         --> V7__orders.sql:9:1
          |
        9 |
          | ^ nothing follows
    "#]],
    );
    check(
        &warn(Location::at_range(FILE, "", 0..0)),
        &PLAIN,
        expect![[r#"
        warn[update-without-batches]: every row is updated at once
         --> V7__orders.sql:1:1
          |
        1 |
          | ^
    "#]],
    );
    check(
        &warn(Location::at_range(FILE, "a\r\nb\r\n", 1..3)),
        &PLAIN,
        expect![[r#"
        warn[update-without-batches]: every row is updated at once
         --> V7__orders.sql:1:2
          |
        1 | a
          |  ^
    "#]],
    );
    let made_by_hand =
        Location { file: FILE.to_owned(), line: 3, column: 40, text: "short".to_owned(), excerpt: None };
    check(
        &warn(made_by_hand),
        &PLAIN,
        expect![[r#"
        warn[update-without-batches]: every row is updated at once
         --> V7__orders.sql:3:40
          |
        3 | short
          |      ^
    "#]],
    );
}

#[test]
fn a_long_statement_shows_where_it_begins() {
    let source = format!("CREATE TABLE t (\n{});\n", "    a int,\n".repeat(30));
    let long = warn(Location::at_range(FILE, &source, 0..source.len())).caret("wide");
    check(
        &long,
        &PLAIN,
        expect![[r#"
            warn[update-without-batches]: every row is updated at once
             --> V7__orders.sql:1:1
              |
            1 | CREATE TABLE t (
              | ^^^^^^^^^^^^^^^^ wide (to line 32)
        "#]],
    );
    let later = format!("{}{source}", "\n".repeat(4));
    let label = Location::at_range(FILE, &later, 1..2);
    check(
        &warn(Location::at_range(FILE, &later, 4..later.len())).label(label, "first"),
        &PLAIN,
        expect![[r#"
        warn[update-without-batches]: every row is updated at once
         --> V7__orders.sql:5:1
          |
        5 | CREATE TABLE t (
          | ^^^^^^^^^^^^^^^^ to line 36
          |
         ::: V7__orders.sql:2:1
          |
        2 |
          | - first
    "#]],
    );
    let eight = "x,\n".repeat(8);
    check(
        &warn(Location::at_range(FILE, &eight, 0..24)),
        &PLAIN,
        expect![[r#"
        warn[update-without-batches]: every row is updated at once
         --> V7__orders.sql:1:1
          |
        1 | / x,
        2 | | x,
        3 | | x,
        4 | | x,
        ... |
        7 | | x,
        8 | | x,
          | |__^
    "#]],
    );
}

#[test]
fn files_that_are_strange() {
    let strange = "\tSELECT\t'🐘 größe 日本語\u{1b}[31m\u{202e}' ]]>\r\n  FROM x;\r\n";
    let range = bytes(strange, "'🐘 größe 日本語\u{1b}[31m\u{202e}'");
    check(
        &warn(Location::at_range("a\nb.sql", strange, range)).caret("red\n\u{1b}[31m"),
        &PLAIN,
        expect![[r#"
            warn[update-without-batches]: every row is updated at once
             --> a\nb.sql:1:9
              |
            1 |     SELECT    '🐘 größe 日本語\u{1b}[31m\u{202e}' ]]>
              |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ red\n\u{1b}[31m
        "#]],
    );
    check(
        &warn(Location::at_range(FILE, strange, 0..strange.len())),
        &PLAIN,
        expect![[r#"
        warn[update-without-batches]: every row is updated at once
         --> V7__orders.sql:1:1
          |
        1 | /     SELECT    '🐘 größe 日本語\u{1b}[31m\u{202e}' ]]>
        2 | |   FROM x;
          | |_________^
    "#]],
    );
    let wide = format!("SELECT '{}', x, '{}';", "日".repeat(90), "y".repeat(900));
    check(
        &warn(Location::at_range(FILE, &wide, bytes(&wide, "x,"))).caret("x"),
        &PLAIN,
        expect![[r#"
        warn[update-without-batches]: every row is updated at once
         --> V7__orders.sql:1:102
          |
        1 | …日日日日日日日日日日日日日日日日日日日日日日', x, 'yyyyyyyyyyyyyyyyyyyyy…
          |                                                 ^^ x
    "#]],
    );
    check(
        &warn(Location::at_range(FILE, &wide, 0..wide.len())).caret("all"),
        &PLAIN,
        expect![[r#"
        warn[update-without-batches]: every row is updated at once
         --> V7__orders.sql:1:1
          |
        1 | SELECT '日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日…
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ all
    "#]],
    );
}

#[test]
fn a_failure_underlines_its_place() {
    let mut failure = Failure::new("failed to read V7__orders.sql");
    failure.location = Some(at("CONSTRAINT total_positive"));
    expect![[r#"
        error: failed to read V7__orders.sql
           --> V7__orders.sql:5:9
            |
          5 |     ADD CONSTRAINT total_positive
            |         ^^^^^^^^^^^^^^^^^^^^^^^^^
    "#]]
    .assert_eq(&render_failure(&failure, &PLAIN));
}

#[test]
fn colour_changes_nothing_but_colour() {
    let finding = warn(at("UPDATE orders")).caret("all rows").label(at("ALTER TABLE orders ADD"), "before");
    expect![[r#"
        [
            "\u{1b}[33mwarn[update-without-batches]:\u{1b}[0m every row is updated at once",
            " \u{1b}[2m-->\u{1b}[0m V7__orders.sql:8:1",
            "  \u{1b}[2m|\u{1b}[0m",
            "\u{1b}[2m8\u{1b}[0m \u{1b}[2m|\u{1b}[0m UPDATE orders SET note = '';",
            "  \u{1b}[2m|\u{1b}[0m \u{1b}[33m^^^^^^^^^^^^^\u{1b}[0m \u{1b}[33mall rows\u{1b}[0m",
            "  \u{1b}[2m|\u{1b}[0m",
            " \u{1b}[2m:::\u{1b}[0m V7__orders.sql:2:1",
            "  \u{1b}[2m|\u{1b}[0m",
            "\u{1b}[2m2\u{1b}[0m \u{1b}[2m|\u{1b}[0m ALTER TABLE orders ADD COLUMN note text;",
            "  \u{1b}[2m|\u{1b}[0m \u{1b}[36m----------------------\u{1b}[0m \u{1b}[36mbefore\u{1b}[0m",
        ]"#]]
    .assert_eq(&format!("{:#?}", finding::lines(&finding, &TextOptions { color: true, ..PLAIN })));
}

/// Whatever the place, the width and the other place: nothing panics, and excerpts keep to the width.
#[test]
fn every_place_is_survived() {
    let sources = ["", "\n\n", "a\r\n\r\nb", "é🐘\t\n\u{7}x\n日本語", &"long ".repeat(90)];
    for source in sources {
        let ends: Vec<usize> = (0..=source.len() + 1).step_by(1 + source.len() / 12).collect();
        for (&start, &end) in ends.iter().flat_map(|start| ends.iter().map(move |end| (start, end))) {
            let one = Location::at_range(FILE, source, start..end);
            let other = Location::at_range(FILE, source, end..start + 3);
            for width in [0, 30, 80, usize::MAX] {
                let labels = [Label { location: other.clone(), message: String::new() }];
                let options = TextOptions { width, ..PLAIN };
                let lines = super::lines(&one, None, &labels, super::PLAIN, &options);
                let widest = lines.iter().map(|line| flow::width(line)).max().unwrap();
                assert!(widest <= width.max(30), "{source:?} {start}..{end} {width}: {lines:#?}");
                check_bars(&lines);
            }
        }
    }
}

/// The bars stand below each other.
#[track_caller]
fn check_bars(lines: &[String]) {
    let is_heading = |line: &&String| line.contains("--> ") || line.contains("::: ");
    let drawn = lines.iter().filter(|line| !is_heading(line) && !line.trim_start().starts_with("..."));
    let bars: Vec<_> = drawn.map(|line| line.find('|')).collect();
    assert!(bars.iter().all(|bar| bar == &bars[0] && bar.is_some()), "{lines:#?}");
}

#[test]
fn bars_stand_below_each_other() {
    let source = "x,\n".repeat(120);
    for start in [0, 3, 6, 21, 24, 27, 285, 291, 294, 297] {
        for (length, near) in [(1, 0), (20, 6), (24, 9), (60, 90)] {
            let one = Location::at_range(FILE, &source, start..start + length);
            let other = Location::at_range(FILE, &source, start + near..start + near + length);
            for (one, other) in [(&one, &other), (&other, &one)] {
                let label = [Label { location: other.clone(), message: "b".to_owned() }];
                check_bars(&super::lines(one, Some("a"), &label, super::PLAIN, &PLAIN));
            }
        }
    }
}

/// A place that no file has is no reason to panic.
#[test]
fn impossible_places_are_survived() {
    let numbers = [0, 1, 2, 9, u32::MAX];
    let place = |line: u32, column: u32, end: Option<(u32, u32)>| Location {
        file: FILE.to_owned(),
        line,
        column,
        text: "日 x".to_owned(),
        excerpt: end.map(|(end_line, end_column)| Excerpt {
            lines: ["日 x", ""].iter().take(end_line as usize % 3).map(ToString::to_string).collect(),
            end_line,
            end_column,
        }),
    };
    let points = || numbers.into_iter().flat_map(|line| numbers.map(|column| (line, column)));
    let ends = || points().map(Some).chain([None]);
    for ((line, column), end) in points().flat_map(|start| ends().map(move |end| (start, end))) {
        let labels = [0, 1, 8, u32::MAX].map(|near| Label {
            location: place(line.saturating_sub(near), column, end),
            message: "there".to_owned(),
        });
        for label in labels {
            let lines = super::lines(&place(line, column, end), Some("here"), &[label], super::PLAIN, &PLAIN);
            assert!(lines.len() > 3, "{lines:?}");
        }
    }
}
