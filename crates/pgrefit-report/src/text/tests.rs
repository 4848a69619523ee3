//! Snapshots of the text form, and what holds for every report and width.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes the snapshots, hashes and all")]

use expect_test::expect;

use super::{TextOptions, flow, render_failure, render_text};
use crate::{Column, Failure, Table, sample};

const PLAIN: TextOptions = TextOptions { color: false, width: 80, verbose: false };

#[test]
fn an_error_with_its_place() {
    expect![[r#"
        shop as migrator at db.example:5432, PostgreSQL 18.6

        Version    1
        Lock wait  2 min 05 s

        Migrations
          Version  Name                Status   Took  Share (%)  Applied at
                1  größe 日本語 a | b  pass    12 ms       0.50  2026-01-02 03:04:05Z
                2  broken              error       –          –  –

        error: failed to apply V2__broken.sql
          caused by: column "nope" does not exist
           --> migrations/V2__broken.sql:2:9
            |
          2 |     SELECT nope FROM documents; -- größe
            |            ^
          SQLSTATE 42703
          hint: Correct the file and run `pgrefit migrate` again; nothing was changed.

        error: 1 of 2 migrations applied (3.4 s)
    "#]]
    .assert_eq(&render_text(&sample::broken(), &PLAIN));
}

#[test]
fn a_narrow_terminal_cuts_words_and_keeps_numbers() {
    expect![[r#"
        shop as migrator at db.example:5432, PostgreSQL 18.6

        Version    1
        Lock wait  2 min 05 s

        Migrations
          Version  Name         Status   Took  Share (%)  Applied at
                1  größe 日本…  pass    12 ms       0.50  2026-01-0…
                2  broken       error       –          –  –

        error: failed to apply V2__broken.sql
          caused by: column "nope" does not exist
           --> migrations/V2__broken.sql:2:9
            |
          2 |     SELECT nope FROM documents; -- größe
            |            ^
          SQLSTATE 42703
          hint: Correct the file and run `pgrefit migrate` again;
                nothing was changed.

        error: 1 of 2 migrations applied (3.4 s)
    "#]]
    .assert_eq(&render_text(&sample::broken(), &TextOptions { width: 60, ..PLAIN }));
}

#[test]
fn findings_without_those_that_passed() {
    expect![[r#"
        shop as migrator at db.example:5432, PostgreSQL 18.6

        Bloat
          none

        fail: public.\u{1b}[31m|evil [primary-key-missing]
          the table has no primary key, so its rows cannot be told apart by logical
          replication
          hint: Pick the column that names a row.
          fix: takes ACCESS EXCLUSIVE, reversible
            CREATE UNIQUE INDEX CONCURRENTLY i ON t (id);
            ALTER TABLE t ADD PRIMARY KEY USING INDEX i;

        blind: [stale-statistics]
          pg_stats shows no rows to this role

        fail: 1 finding at or above fail (0 ms)
    "#]]
    .assert_eq(&render_text(&sample::audit(), &PLAIN));
}

#[test]
fn verbose_tells_everything() {
    expect![[r#"
        shop as migrator at db.example:5432, PostgreSQL 18.6

        Bloat
          none

        fail: public.\u{1b}[31m|evil [primary-key-missing]
          the table has no primary key, so its rows cannot be told apart by logical
          replication
          rows 12, size 4.0 KiB
          hint: Pick the column that names a row.
          fix: takes ACCESS EXCLUSIVE, reversible
            CREATE UNIQUE INDEX CONCURRENTLY i ON t (id);
            ALTER TABLE t ADD PRIMARY KEY USING INDEX i;

        blind: [stale-statistics]
          pg_stats shows no rows to this role

        pass: [invalid-index]
          all 7 indexes are valid

        fail: 1 finding at or above fail (0 ms)
    "#]]
    .assert_eq(&render_text(&sample::audit(), &TextOptions { verbose: true, ..PLAIN }));
}

#[test]
fn what_is_suppressed_is_told_when_asked() {
    let text = |verbose| render_text(&sample::lint(), &TextOptions { verbose, ..PLAIN });
    let reason = "= suppressed: the table is \"small\" ]]>";
    assert!(!text(false).contains("suppressed") && text(true).contains(reason), "{}", text(true));
    assert_eq!(text(false).matches("warn[update-without-batches]").count(), 2);
}

#[test]
fn colour_is_the_only_source_of_escape_sequences() {
    for report in [sample::broken(), sample::audit(), sample::lint()] {
        let text = |color| render_text(&report, &TextOptions { color, ..PLAIN });
        assert!(!text(false).contains('\u{1b}'));
        assert!(text(true).contains("\u{1b}[1m\u{1b}[31m"));
        assert_eq!(stripped(&text(true)), text(false));
    }
}

#[test]
fn no_line_is_longer_than_the_terminal() {
    for width in 60..120 {
        let text = render_text(&sample::broken(), &TextOptions { width, ..PLAIN });
        for line in text.lines() {
            assert!(flow::width(line) <= width, "{width}: {line}");
        }
    }
}

#[test]
fn marks_that_change_the_width_of_the_character_before_are_survived() {
    let mut report = sample::audit();
    let mut table = Table::new("phones", "Phones", [Column::text("a", "A"), Column::text("b", "B")]);
    table.push(["☎\u{fe0f}".repeat(60).into(), "e\u{301}".repeat(60).into()]);
    report.tables.push(table);
    assert!(render_text(&report, &TextOptions { width: 40, ..PLAIN }).contains('…'));
}

/// `text` without `ESC [ … m`.
fn stripped(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or("", |(_, rest)| rest))
}

#[test]
fn every_width_is_survived() {
    for width in [0, 1, 7, 20, 33, usize::MAX] {
        for report in [sample::broken(), sample::audit(), sample::lint()] {
            let text = render_text(&report, &TextOptions { width, ..PLAIN });
            assert!(text.ends_with('\n'), "{text}");
        }
    }
}

#[test]
fn the_error_block_alone() {
    let mut failure = Failure::new("failed to read\nthe server's \u{7} answer");
    failure.causes =
        vec![String::new(), "connection closed by the server while it was being read from".to_owned()];
    expect![[r#"
        error: failed to read
               the server's \u{7} answer
          caused by:
          caused by: connection closed by the
                     server while it was being
                     read from
    "#]]
    .assert_eq(&render_failure(&failure, &TextOptions { width: 40, ..PLAIN }));
}

#[test]
fn checks_with_groups() {
    expect![[r#"
        shop as migrator at db.example:5432, PostgreSQL 18.6

        WAL written  0 B

        Indexes

        fail: an index that no query uses [index-invalid]
          a build was broken off
            public.broken

        warn: two indexes do the same work [IDX-01 index-duplicate, 3 objects]
            public.orders_idx
              the same as orders
            public.\u{1b}[31m<script>alert(1)</script>_idx
              the same as \u{1b}[31m<script>alert(1)</script>
            public.items_idx
              the same as items (likely)
          hint: Drop the one that nothing uses.
          fix: takes SHARE UPDATE EXCLUSIVE, reversible
            DROP INDEX CONCURRENTLY public.orders_idx;
            DROP INDEX CONCURRENTLY public.\u{1b}[31m<script>alert(1)</script>_idx;
            DROP INDEX CONCURRENTLY public.items_idx;

        Vacuum

        blind: statistics older than the data [statistics-stale]
          nothing was seen of 4 tables

        Tables

        warn: a table without a primary key [primary-key-missing, 24 objects]
          the table has no primary key
            public.log_1
            public.log_2
            public.log_3
            public.log_4
            public.log_5
            public.log_6
            public.log_7
            public.log_8
            public.log_9
            public.log_10
            public.log_11
            public.log_12
            public.log_13
            public.log_14
            public.log_15
            public.log_16
            public.log_17
            public.log_18
            public.log_19
            public.log_20
            and 4 more: --format json lists them

        info: a table without a primary key [primary-key-missing]
          the table is empty
            public.empty

        Other

        warn: [unknown-check]
          nobody knows this check

        Not seen
          blind: statistics-stale saw 36 of 40: pg_stats shows no rows of 4 tables to
                 this role
            GRANT pg_read_all_data TO auditor;

        2 checks passed, 1 skipped

        fail: 1 failure, 28 warnings, 1 blind in 7 checks (840 ms)
    "#]]
    .assert_eq(&render_text(&sample::checked(), &PLAIN));
}

#[test]
fn checks_with_groups_and_all_there_is_to_say() {
    let mut report = sample::checked();
    report.findings.drain(2..23);
    expect![[r#"
        shop as migrator at db.example:5432, PostgreSQL 18.6

        WAL written  0 B

        Indexes

        fail: an index that no query uses [index-invalid]
          a build was broken off
            public.broken

        warn: two indexes do the same work [IDX-01 index-duplicate, 3 objects]
            public.orders_idx
              the same as orders
              scans 0, size 4.0 KiB
            public.\u{1b}[31m<script>alert(1)</script>_idx
              the same as \u{1b}[31m<script>alert(1)</script>
              scans 0, size 8.0 KiB
            public.items_idx
              the same as items (likely)
              scans 0, size 1.0 GiB
          hint: Drop the one that nothing uses.
          fix: takes SHARE UPDATE EXCLUSIVE, reversible
            DROP INDEX CONCURRENTLY public.orders_idx;
            DROP INDEX CONCURRENTLY public.\u{1b}[31m<script>alert(1)</script>_idx;
            DROP INDEX CONCURRENTLY public.items_idx;

        Vacuum

        blind: statistics older than the data [statistics-stale]
          nothing was seen of 4 tables

        Tables

        warn: a table without a primary key [primary-key-missing, 3 objects]
          the table has no primary key
            public.log_1   rows 12
            public.log_2   rows 12
            public.log_24  rows 12

        warn: a table without a primary key [primary-key-missing]
          the table has no primary key
            public.archive  rows 12
                            suppressed: read only since 2019

        info: a table without a primary key [primary-key-missing]
          the table is empty
            public.empty  rows 0

        Other

        warn: [unknown-check]
          nobody knows this check

        Not seen
          blind: statistics-stale saw 36 of 40: pg_stats shows no rows of 4 tables to
                 this role
            GRANT pg_read_all_data TO auditor;

        2 checks passed, 1 skipped
          pass: index-bloated   7 of 7
          pass: slot-inactive
          skip: checksums-off   not on this version

        fail: 1 failure, 28 warnings, 1 blind in 7 checks (840 ms)
    "#]]
    .assert_eq(&render_text(&report, &TextOptions { verbose: true, ..PLAIN }));
}
