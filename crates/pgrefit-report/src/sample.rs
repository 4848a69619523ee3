//! Reports for the tests of every form: of a migration that broke, of an audit, of migration files that were read.

use crate::{
    Cell, Column, Fact, Failure, Finding, Location, Outcome, Remediation, Report, RuleInfo, Status, Table,
    Target,
};

/// A migration stopped by a mistake in its second file.
pub(crate) fn broken() -> Report {
    let sql = "CREATE TABLE a (id int);\n\tSELECT nope FROM documents; -- größe\n";
    let mut error = Failure::new("failed to apply V2__broken.sql");
    error.causes.push("column \"nope\" does not exist".to_owned());
    error.sqlstate = Some("42703".to_owned());
    error.hint = Some("Correct the file and run `pgrefit migrate` again; nothing was changed.".to_owned());
    error.location = Some(Location::at_offset("migrations/V2__broken.sql", sql, 33));

    let mut report = Report::new(
        "migrate",
        "0.1.0",
        "2026-01-02T03:04:05Z",
        Outcome::failed(13, "1 of 2 migrations applied", error),
    );
    report.duration_ms = 3440;
    report.target = Some(target());
    report.facts.push(Fact::new("version", "Version", 1));
    report.facts.push(Fact::new("lock_wait_ms", "Lock wait", Cell::DurationMs(125_000)));
    report.tables.push(migrations());
    report
}

/// An audit that found something of every kind.
pub(crate) fn audit() -> Report {
    let outcome = Outcome::new(1, Status::Fail, "1 finding at or above fail");
    let mut report = Report::new("audit", "0.1.0", "2026-01-02T03:04:05Z", outcome);
    report.target = Some(target());
    report.findings = vec![
        Finding::new(
            "primary-key-missing",
            Status::Fail,
            "the table has no primary key, so its rows cannot be told apart by logical replication",
        )
        .about("public.\u{1b}[31m|evil")
        .number("rows", 12)
        .number("size_bytes", Cell::Bytes(4096))
        .hint("Pick the column that names a row.")
        .remediation(Remediation {
            sql:
                "CREATE UNIQUE INDEX CONCURRENTLY i ON t (id);\nALTER TABLE t ADD PRIMARY KEY USING INDEX i;"
                    .to_owned(),
            lock: Some("ACCESS EXCLUSIVE".to_owned()),
            reversible: true,
        }),
        Finding::new("stale-statistics", Status::Blind, "pg_stats shows no rows to this role"),
        Finding::new("invalid-index", Status::Pass, "all 7 indexes are valid"),
    ];
    report.tables.push(Table::new("bloat", "Bloat", []));
    report
}

/// A file whose text tries to break out of every form.
const HOSTILE: &str = "-- ]]> ::error::%0A </script> | `x` ``` [a](b) \"q\" 'q' 🐘\r\n\tALTER TABLE \"a|b\"\u{1b}[31m\r\n  ADD x int;\r\n";

/// What a linter says of three files, one of them hostile.
pub(crate) fn lint() -> Report {
    const ORDERS: &str =
        "ALTER TABLE orders ADD note text;\nUPDATE orders SET note = '';\nUPDATE orders SET note = '';\n";
    let orders = |range| Location::at_range("./migrations/V7__orders.sql", ORDERS, range);
    let hostile = |range| Location::at_range("odd, 100%: a|b`.sql", HOSTILE, range);
    let update = |range| {
        Finding::new("update-without-batches", Status::Warn, "every row of orders is updated at once")
            .about("orders")
            .at(orders(range))
            .caret("all rows")
            .label(orders(0..32), "locked here first")
    };
    let outcome = Outcome::new(1, Status::Fail, "1 of 3 files fails");
    let mut report = Report::new("lint", "0.1.0", "2026-01-02T03:04:05Z", outcome);
    report.duration_ms = 12;
    report.rules = vec![
        RuleInfo::new(
            "update-without-batches",
            "an UPDATE of every row",
            "Every row is locked until the end.\n\n```sql\nUPDATE t SET a = 1;\n```\n",
        )
        .uri("https://pgrefit.example/rules/update-without-batches"),
        RuleInfo::new("never-found", "nothing", "No."),
    ];
    report.findings = vec![
        update(34..62),
        update(63..91),
        Finding::new(
            "hostile-file",
            Status::Fail,
            "breaks `every` |\nform: ]]> ::warning::100% [a](b) \u{ffff}\u{7}",
        )
        .about("\"a|b\u{1b}[31m\"")
        .number("rows", 12)
        .at(hostile(62..HOSTILE.len()))
        .hint("Do not,\r\nplease: <b>never</b>.")
        .remediation(Remediation {
            sql: "SELECT ']]>', '```', '%', '::';\n\tSELECT 2;\n".to_owned(),
            lock: None,
            reversible: false,
        }),
        Finding::new("at-the-end", Status::Info, "nothing follows").at(hostile(HOSTILE.len()..HOSTILE.len())),
        update(0..32).suppressed("the table is \"small\" ]]>"),
        Finding::new("file-is-fine", Status::Pass, "nothing found").at(Location::at_offset(
            "V8__fine.sql",
            "",
            0,
        )),
        Finding::new("catalog-unread", Status::Blind, "pg_class shows no rows to this role"),
        Finding::new("server-version", Status::Skip, "no server was asked"),
    ];
    report
}

/// An audit whose checks tell how they ended.
pub(crate) fn checked() -> Report {
    let mut report = Report::new(
        "audit",
        "0.1.0",
        "2026-01-02T03:04:05Z",
        Outcome::new(1, Status::Fail, "1 failure, 28 warnings, 1 blind in 7 checks"),
    );
    report.duration_ms = 840;
    report.target = Some(target());
    report.facts.push(Fact::new("wal_bytes", "WAL written", Cell::Bytes(0)));
    report.rules = checks();
    let index = |name: &str, bytes: u64| {
        Finding::new("index-duplicate", Status::Warn, format!("the same as {name}"))
            .about(format!("public.{name}_idx"))
            .number("scans", 0)
            .number("size_bytes", Cell::Bytes(bytes))
            .hint("Drop the one that nothing uses.")
            .remediation(Remediation {
                sql: format!("DROP INDEX CONCURRENTLY public.{name}_idx;"),
                lock: Some("SHARE UPDATE EXCLUSIVE".to_owned()),
                reversible: true,
            })
    };
    let keyless = |name: &str| {
        Finding::new("primary-key-missing", Status::Warn, "the table has no primary key")
            .about(format!("public.{name}"))
            .number("rows", 12)
    };
    report.findings = (1..=24).map(|number| keyless(&format!("log_{number}"))).collect();
    report.findings.extend([
        index("orders", 4096),
        index("\u{1b}[31m<script>alert(1)</script>", 8192),
        Finding::new("index-invalid", Status::Fail, "a build was broken off").about("public.broken"),
        index("items", 1 << 30).confidence("likely"),
        Finding {
            status: Status::Info,
            message: "the table is empty".to_owned(),
            ..keyless("empty").number("rows", 0)
        },
        Finding::new("statistics-stale", Status::Blind, "nothing was seen of 4 tables"),
        Finding::new("unknown-check", Status::Warn, "nobody knows this check"),
        keyless("archive").suppressed("read only since 2019"),
    ]);
    report
}

fn checks() -> Vec<RuleInfo> {
    let rule = |id: &str, title: &str, group: &str, status| {
        RuleInfo::new(id, title, format!("About {title}.")).group(group).ended(status)
    };
    vec![
        rule("primary-key-missing", "a table without a primary key", "Tables", Status::Warn).seen(40, 40),
        rule("index-duplicate", "two indexes do the same work", "Indexes", Status::Warn)
            .code("IDX-01")
            .seen(7, 7),
        rule("index-invalid", "an index that no query uses", "Indexes", Status::Fail).seen(7, 7),
        rule("index-bloated", "an index of mostly empty pages", "Indexes", Status::Pass).seen(7, 7),
        rule("statistics-stale", "statistics older than the data", "Vacuum", Status::Blind)
            .seen(36, 40)
            .note("pg_stats shows no rows of 4 tables to this role")
            .grant("GRANT pg_read_all_data TO auditor;"),
        rule("slot-inactive", "a replication slot nobody reads", "Replication", Status::Pass),
        rule("checksums-off", "data checksums are off", "Server", Status::Skip).note("not on this version"),
    ]
}

fn target() -> Target {
    Target {
        database: "shop".to_owned(),
        user: "migrator".to_owned(),
        host: "db.example".to_owned(),
        port: 5432,
        server_version: Some("18.6".to_owned()),
    }
}

fn migrations() -> Table {
    let columns = [
        Column::number("version", "Version"),
        Column::text("name", "Name"),
        Column::text("status", "Status"),
        Column::number("took_ms", "Took"),
        Column::number("share", "Share").in_unit("%"),
        Column::text("applied_at", "Applied at"),
    ];
    let mut table = Table::new("migrations", "Migrations", columns);
    let at = || Cell::Timestamp("2026-01-02T03:04:05Z".to_owned());
    table.push([
        1.into(),
        "größe 日本語 a | b".into(),
        Status::Pass.into(),
        Cell::DurationMs(12),
        0.5.into(),
        at(),
    ]);
    table.push([
        2.into(),
        "broken".into(),
        Status::Error.into(),
        Cell::Missing,
        f64::NAN.into(),
        Cell::Missing,
    ]);
    table
}
