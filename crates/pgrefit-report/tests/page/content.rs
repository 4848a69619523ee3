//! Reports as a shop of middling size would give them.

use pgrefit_report::{
    Cell, Column, Fact, Failure, Finding, Location, Outcome, Remediation, Report, RuleInfo, Status, Table,
    Target,
};

const MIB: u64 = 1 << 20;

fn report(command: &str, outcome: Outcome) -> Report {
    let mut report = Report::new(command, "0.1.0", "2026-03-14T09:26:53Z", outcome);
    report.duration_ms = 1840;
    report.target = Some(Target {
        database: "shop".to_owned(),
        user: "auditor".to_owned(),
        host: "db-1.shop.example".to_owned(),
        port: 5432,
        server_version: Some("17.4".to_owned()),
    });
    report
}

fn fix(sql: impl Into<String>, lock: Option<&str>, reversible: bool) -> Remediation {
    Remediation { sql: sql.into(), lock: lock.map(str::to_owned), reversible }
}

/// An audit with findings of every kind.
pub(crate) fn audit() -> Report {
    let summary = "6 failures, 25 warnings, 3 notes and 2 blind spots in 34 checks";
    let mut report = report("audit", Outcome::new(1, Status::Fail, summary));
    report.facts = vec![
        Fact::new("snapshot_ms", "One snapshot, held for", Cell::DurationMs(212)),
        Fact::new("wal_bytes", "WAL written", Cell::Bytes(0)),
        Fact::new("stats_since", "Statistics since", Cell::Timestamp("2026-01-29T22:01:17Z".to_owned())),
        Fact::new("objects", "Objects looked at", 1874),
        Fact::new("in_recovery", "On a replica", false),
    ];
    report.tables.push(locks());
    report.rules = rules();
    report.findings = [serious(), indexes(), tables(), rest()].concat();
    report
}

fn locks() -> Table {
    let columns = [
        Column::text("relation", "Relation"),
        Column::text("lock", "Lock"),
        Column::number("held_ms", "Held"),
        Column::text("waited", "Waited"),
    ];
    let mut table = Table::new("locks", "Locks taken", columns);
    for (name, held) in [("pg_class", 212_u64), ("pg_index", 64), ("pg_stat_user_tables", 31)] {
        table.push([
            format!("pg_catalog.{name}").into(),
            "ACCESS SHARE".into(),
            Cell::DurationMs(held),
            "no".into(),
        ]);
    }
    table
}

fn rules() -> Vec<RuleInfo> {
    let rule = |id: &str, code: &str, title: &str, group: &str, status: Status, total: u64| {
        RuleInfo::new(id, title, "").code(code).group(group).ended(status).seen(total, total)
    };
    let mut rules = vec![
        rule("primary-key-missing", "TBL-01", "a table without a primary key", "Tables", Status::Warn, 212),
        rule(
            "column-integer-nearly-full",
            "TBL-02",
            "an integer key that is nearly used up",
            "Tables",
            Status::Fail,
            98,
        ),
        rule(
            "foreign-key-not-valid",
            "TBL-03",
            "a foreign key that was never validated",
            "Tables",
            Status::Warn,
            310,
        ),
        rule("column-type-money", "TBL-07", "a column of type money", "Tables", Status::Info, 2840),
        rule(
            "index-invalid",
            "IDX-01",
            "an invalid index that every write still maintains",
            "Indexes",
            Status::Fail,
            604,
        ),
        rule("index-duplicate", "IDX-02", "two indexes do the same work", "Indexes", Status::Warn, 604),
        rule(
            "foreign-key-without-index",
            "IDX-03",
            "a foreign key without an index",
            "Indexes",
            Status::Warn,
            310,
        ),
        rule("index-unused", "IDX-04", "an index that no query has used", "Indexes", Status::Info, 604),
        rule("wraparound-near", "VAC-01", "transaction ids are running out", "Vacuum", Status::Fail, 212),
        rule("vacuum-behind", "VAC-02", "autovacuum does not keep up", "Vacuum", Status::Warn, 212),
        rule("statistics-missing", "VAC-03", "columns without statistics", "Vacuum", Status::Blind, 0)
            .seen(198, 212)
            .note("pg_stats hides the columns of 14 tables that this role may not read")
            .grant("GRANT pg_read_all_data TO auditor;"),
        rule(
            "function-search-path-mutable",
            "SEC-01",
            "a SECURITY DEFINER function with an open search path",
            "Security",
            Status::Fail,
            41,
        ),
        rule("role-password-md5", "SEC-02", "a password hashed with MD5", "Security", Status::Error, 0)
            .seen(0, 12)
            .note("permission denied for table pg_authid")
            .grant("GRANT SELECT ON pg_catalog.pg_authid TO auditor;"),
        rule(
            "slot-inactive",
            "REP-01",
            "a replication slot that nobody reads",
            "Replication",
            Status::Warn,
            3,
        ),
        rule(
            "checkpoints-too-frequent",
            "CFG-04",
            "checkpoints that come too often",
            "Configuration",
            Status::Info,
            1,
        ),
    ];
    for (index, id) in ["index-bloated", "index-too-many", "index-on-low-cardinality", "sequence-not-owned"]
        .iter()
        .enumerate()
    {
        rules.push(rule(id, &format!("IDX-1{index}"), &id.replace('-', " "), "Indexes", Status::Pass, 604));
    }
    rules.extend(quiet());
    rules
}

/// Checks that found nothing, and those that had nothing to look at.
fn quiet() -> Vec<RuleInfo> {
    const PASSED: [(&str, &str, u64, [&str; 4]); 4] = [
        (
            "Indexes",
            "IDX",
            604,
            ["index-bloated", "index-too-many", "index-on-low-cardinality", "sequence-not-owned"],
        ),
        (
            "Tables",
            "TBL",
            212,
            ["table-bloated", "table-without-columns", "toast-oversized", "trigger-disabled"],
        ),
        (
            "Security",
            "SEC",
            41,
            ["public-schema-writable", "ssl-off", "superuser-application", "row-security-without-policy"],
        ),
        ("Configuration", "CFG", 1, ["fsync-off", "checksums-off", "work-mem-risky", "autovacuum-off"]),
    ];
    const SKIPPED: [(&str, &str); 3] = [
        ("extension-outdated", "no extension is installed"),
        ("subscription-disabled", "there is no subscription"),
        ("io-workers-few", "PostgreSQL 18 and later"),
    ];
    let rule = |id: &str, group: &str| RuleInfo::new(id, id.replace('-', " "), "").group(group);
    let mut rules = Vec::new();
    for (group, code, total, ids) in PASSED {
        rules.extend((10..).zip(ids).map(|(number, id)| {
            rule(id, group).code(format!("{code}-{number}")).ended(Status::Pass).seen(total, total)
        }));
    }
    rules.extend(SKIPPED.map(|(id, note)| rule(id, "Configuration").ended(Status::Skip).note(note)));
    rules
}

fn serious() -> Vec<Finding> {
    vec![
        Finding::new("column-integer-nearly-full", Status::Fail, "the sequence has used 93 % of integer; at the pace of the last 30 days it is full in 41 days")
            .about("public.events.id")
            .number("used_percent", 93.2)
            .number("rows", 1_998_211_004_i64)
            .number("days_left", 41)
            .confidence("estimate")
            .hint("Widen it before it is full: pgrefit migrate split writes the steps.")
            .remediation(fix("ALTER TABLE public.events ADD COLUMN id_new bigint;", Some("ACCESS EXCLUSIVE"), true)),
        Finding::new("index-invalid", Status::Fail, "left behind by CREATE INDEX CONCURRENTLY that failed")
            .about("public.orders_placed_at_idx")
            .number("size_bytes", Cell::Bytes(318 * MIB))
            .hint("Build it anew, then drop the old one.")
            .remediation(fix("REINDEX INDEX CONCURRENTLY public.orders_placed_at_idx;", Some("SHARE UPDATE EXCLUSIVE"), true)),
        Finding::new("index-invalid", Status::Fail, "left behind by CREATE INDEX CONCURRENTLY that failed")
            .about("public.documents_embedding_idx")
            .number("size_bytes", Cell::Bytes(5210 * MIB))
            .hint("Build it anew, then drop the old one.")
            .remediation(fix("REINDEX INDEX CONCURRENTLY public.documents_embedding_idx;", Some("SHARE UPDATE EXCLUSIVE"), true)),
        Finding::new("wraparound-near", Status::Fail, "relfrozenxid is 1.71 billion transactions old; the server stops taking writes at 2.1 billion")
            .about("audit.log_2019")
            .number("age", 1_712_004_112_i64)
            .number("size_bytes", Cell::Bytes(88_112 * MIB))
            .remediation(fix("VACUUM (FREEZE, VERBOSE) audit.log_2019;", Some("SHARE UPDATE EXCLUSIVE"), true)),
        Finding::new("function-search-path-mutable", Status::Fail, "runs with the rights of shop_owner and finds names in the caller's search path")
            .about("public.close_order(bigint)")
            .hint("Whoever may create objects in a schema of the path runs code as shop_owner.")
            .remediation(fix("ALTER FUNCTION public.close_order(bigint)\n  SET search_path = pg_catalog, public;", None, true)),
        Finding::new("function-search-path-mutable", Status::Fail, "runs with the rights of postgres and finds names in the caller's search path")
            .about("public.\"<script>alert('q')</script>\"(text)")
            .hint("Whoever may create objects in a schema of the path runs code as postgres.")
            .remediation(fix("ALTER FUNCTION public.\"<script>alert('q')</script>\"(text)\n  SET search_path = pg_catalog, public;", None, true)),
    ]
}

fn indexes() -> Vec<Finding> {
    let duplicates = [
        ("orders_customer_id_idx", "orders_customer_id_placed_at_idx", 412, 0),
        ("order_items_order_id_idx", "order_items_pkey", 1880, 12),
        ("customers_email_idx", "customers_email_key", 96, 0),
        ("products_sku_idx", "products_sku_key", 31, 4),
        ("invoices_order_id_idx1", "invoices_order_id_idx", 210, 0),
        ("sessions_token_idx", "sessions_pkey", 640, 0),
        ("events_tenant_id_idx", "events_tenant_id_created_at_idx", 7312, 1904),
        ("stock_warehouse_id_idx", "stock_pkey", 18, 0),
        ("addresses_customer_id_idx", "addresses_customer_id_kind_key", 77, 0),
    ];
    let mut found: Vec<Finding> = duplicates
        .iter()
        .map(|(name, other, mib, scans)| {
            Finding::new("index-duplicate", Status::Warn, format!("its columns lead those of public.{other}"))
                .about(format!("public.{name}"))
                .number("size_bytes", Cell::Bytes(mib * MIB))
                .number("scans", *scans)
                .hint("Drop the shorter one; the longer serves its queries. Each is one more index that every write has to maintain.")
                .remediation(fix(format!("DROP INDEX CONCURRENTLY public.{name};"), Some("SHARE UPDATE EXCLUSIVE"), true))
        })
        .collect();
    for (table, column, rows) in [
        ("invoice_lines", "invoice_id", 14_200_310_i64),
        ("refunds", "payment_id", 88_010),
        ("shipments", "carrier_id", 1_204_551),
        ("reviews", "product_id", 640_022),
    ] {
        found.push(
            Finding::new(
                "foreign-key-without-index",
                Status::Warn,
                "a delete in the table it points to reads this one whole",
            )
            .about(format!("public.{table}.{table}_{column}_fkey"))
            .number("rows", rows)
            .number("deletes_per_day", rows / 9000)
            .remediation(fix(
                format!("CREATE INDEX CONCURRENTLY {table}_{column}_idx ON public.{table} ({column});"),
                Some("SHARE UPDATE EXCLUSIVE"),
                true,
            )),
        );
    }
    let unused = |name: &str, mib: u64| {
        Finding::new(
            "index-unused",
            Status::Info,
            "no scan on this server since statistics began; a replica may use it",
        )
        .about(format!("public.{name}"))
        .number("size_bytes", Cell::Bytes(mib * MIB))
        .confidence("likely")
    };
    found.push(unused("customers_lower_name_idx", 140));
    found.push(Finding { status: Status::Warn, ..unused("events_payload_gin", 21_012) });
    found.push(Finding { status: Status::Warn, ..unused("orders_note_trgm", 3_090) });
    found
}

fn tables() -> Vec<Finding> {
    let mut found: Vec<Finding> =
        ["import_raw", "rates_history", "tmp_fix_2023", "webhook_log", "audit_copy"]
            .iter()
            .map(|name| {
                Finding::new(
                    "primary-key-missing",
                    Status::Warn,
                    "logical replication cannot update or delete its rows",
                )
                .about(format!("public.{name}"))
                .number("rows", 12_004)
                .hint("Pick the column that names a row.")
            })
            .collect();
    for name in ["orders_coupon_id_fkey", "payments_order_id_fkey"] {
        found.push(
            Finding::new("foreign-key-not-valid", Status::Warn, "rows from before it was added may break it")
                .about(format!("public.{name}"))
                .remediation(fix(
                    format!(
                        "ALTER TABLE public.{} VALIDATE CONSTRAINT {name};",
                        name.split('_').next().unwrap()
                    ),
                    Some("SHARE UPDATE EXCLUSIVE"),
                    true,
                )),
        );
    }
    found.push(
        Finding::new("column-type-money", Status::Info, "its meaning changes with lc_monetary")
            .about("public.products.price"),
    );
    found.push(
        Finding::new("primary-key-missing", Status::Warn, "")
            .about("public.legacy_totals")
            .suppressed("read only, dropped in June"),
    );
    found
}

fn rest() -> Vec<Finding> {
    let behind = |name: &str, dead: i64, tuples: i64| {
        Finding::new(
            "vacuum-behind",
            Status::Warn,
            "more dead rows than the threshold asks for, and no vacuum for a week",
        )
        .about(name)
        .number("dead_rows", dead)
        .number("rows", tuples)
        .number("since_ms", Cell::DurationMs(760_000_000))
        .remediation(fix(
            format!("ALTER TABLE {name} SET (autovacuum_vacuum_scale_factor = 0.02);"),
            Some("SHARE UPDATE EXCLUSIVE"),
            true,
        ))
    };
    vec![
        behind("public.sessions", 41_220_190, 2_100_000),
        behind("public.stock", 1_920_002, 310_220),
        Finding::new("statistics-missing", Status::Blind, "columns of 14 tables were not looked at"),
        Finding::new(
            "slot-inactive",
            Status::Warn,
            "keeps back 61 GiB of WAL, and has had no reader for 9 days",
        )
        .about("debezium_orders")
        .number("retained_bytes", Cell::Bytes(62_464 * MIB))
        .hint("A slot that nobody will read again fills the disk.")
        .remediation(fix("SELECT pg_drop_replication_slot('debezium_orders');", None, false)),
        Finding::new(
            "checkpoints-too-frequent",
            Status::Info,
            "71 % of checkpoints were forced by max_wal_size, not by time",
        )
        .number("forced_percent", 71)
        .number("max_wal_size_bytes", Cell::Bytes(1024 * MIB))
        .remediation(fix(
            "ALTER SYSTEM SET max_wal_size = '8GB';\nSELECT pg_reload_conf();",
            None,
            true,
        )),
    ]
}

/// A migration that broke off in its third file.
pub(crate) fn migrate() -> Report {
    let sql = "ALTER TABLE orders ADD COLUMN channel text;\nUPDATE orders SET chanel = 'web';\n";
    let mut failure = Failure::new("failed to apply V43__orders_channel.sql");
    failure.causes = vec!["column \"chanel\" of relation \"orders\" does not exist".to_owned()];
    failure.sqlstate = Some("42703".to_owned());
    failure.hint = Some("Correct the file and run pgrefit migrate again; nothing of it was kept.".to_owned());
    failure.location = Some(Location::at_offset("migrations/V43__orders_channel.sql", sql, 62));
    let mut report = report("migrate", Outcome::failed(13, "2 of 3 migrations applied", failure));
    report.facts = vec![
        Fact::new("lock_wait_ms", "Waited for locks", Cell::DurationMs(2310)),
        Fact::new("wal_bytes", "WAL written", Cell::Bytes(412 * MIB)),
    ];
    let columns = [
        Column::number("version", "Version"),
        Column::text("name", "Name"),
        Column::text("status", "Status"),
        Column::number("took_ms", "Took"),
        Column::text("applied_at", "Applied at"),
    ];
    let mut table = Table::new("migrations", "Migrations", columns);
    for (version, name, status, took) in [
        (41, "customers_email_lower", Status::Pass, Cell::DurationMs(1840)),
        (42, "orders_placed_at_idx", Status::Pass, Cell::DurationMs(94_200)),
        (43, "orders_channel", Status::Error, Cell::Missing),
    ] {
        let at = if status == Status::Pass {
            Cell::Timestamp("2026-03-14T09:26:55Z".to_owned())
        } else {
            Cell::Missing
        };
        table.push([version.into(), name.into(), status.into(), took, at]);
    }
    report.tables.push(table);
    report
}

/// Files that were judged.
pub(crate) fn lint() -> Report {
    const SQL: &str = "ALTER TABLE orders ADD COLUMN note text NOT NULL DEFAULT '';\nCREATE INDEX orders_note_idx ON orders (note);\nALTER TABLE orders ALTER COLUMN note SET NOT NULL;\nDROP TABLE order_notes;\n";
    let at = |text: &str| {
        let start = SQL.find(text).unwrap();
        Location::at_range("migrations/V44__orders_note.sql", SQL, start..start + text.len())
    };
    let mut report = report("lint", Outcome::new(1, Status::Fail, "2 failures, 1 warning in 1 file"));
    report.target = None;
    report.facts = vec![Fact::new("files", "files", 1), Fact::new("statements", "statements", 4)];
    report.rules = vec![RuleInfo::new("create-index-locks", "CREATE INDEX without CONCURRENTLY", "")];
    report.findings = vec![
        Finding::new("create-index-locks", Status::Fail, "writes to orders wait until the index is built")
            .about("orders")
            .at(at("CREATE INDEX orders_note_idx ON orders (note);"))
            .caret("takes SHARE on orders")
            .hint("Build it with CONCURRENTLY, in a file of its own.")
            .remediation(fix(
                "CREATE INDEX CONCURRENTLY orders_note_idx ON orders (note);",
                Some("SHARE UPDATE EXCLUSIVE"),
                true,
            )),
        Finding::new("drop-table", Status::Fail, "the rows of order_notes are lost")
            .about("order_notes")
            .at(at("DROP TABLE order_notes;")),
        Finding::new("set-not-null-scan", Status::Warn, "reads orders whole, while nobody else can read it")
            .about("orders")
            .at(at("ALTER TABLE orders ALTER COLUMN note SET NOT NULL;"))
            .label(at("ALTER TABLE orders ADD COLUMN note text NOT NULL DEFAULT '';"), "added here"),
    ];
    report
}
