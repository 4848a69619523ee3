//! Looking changes nothing, takes nothing, and gives away no secret.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Audited, audit, call, has_extension, traps};
use crate::concurrency::Bystander;
use crate::harness::{Database, Folder, pgrefit, versions};

/// What the product sends that is no query of a census, as the server's log has it.
const SESSION: &[&str] = &[
    "BEGIN READ ONLY; SET LOCAL lock_timeout = 100; SET LOCAL statement_timeout = 60000; \
     SET LOCAL idle_in_transaction_session_timeout = '60s'; SHOW transaction_read_only; ; ROLLBACK",
    "BEGIN READ ONLY; SET LOCAL lock_timeout = 100; SET LOCAL statement_timeout = 60000; \
     SET LOCAL idle_in_transaction_session_timeout = '60s'; SHOW transaction_read_only",
    "START TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    "SET LOCAL lock_timeout = 100; SET LOCAL statement_timeout = 60000; \
     SET LOCAL idle_in_transaction_session_timeout = '60s'; SHOW transaction_read_only",
    "SAVEPOINT source",
    "RELEASE SAVEPOINT source; SAVEPOINT source",
    "ROLLBACK TO SAVEPOINT source",
    "SET LOCAL statement_timeout = '2s'",
    "ROLLBACK",
];

/// Words that no statement of an audit may have outside of a literal, also where READ ONLY would let them pass.
const FORBIDDEN: &[&str] = &[
    "INSERT",
    "UPDATE",
    "DELETE",
    "MERGE",
    "TRUNCATE",
    "CREATE",
    "ALTER",
    "DROP",
    "GRANT",
    "REVOKE",
    "LOCK",
    "COPY",
    "CALL",
    "DO",
    "ANALYZE",
    "VACUUM",
    "REINDEX",
    "CLUSTER",
    "NOTIFY",
    "LISTEN",
    "PREPARE",
    "COMMENT",
    "REFRESH",
    "CHECKPOINT",
    "nextval",
    "setval",
    "pg_terminate_backend",
    "pg_cancel_backend",
    "pg_reload_conf",
    "pg_rotate_logfile",
    "pg_switch_wal",
    "pg_create_restore_point",
    "pg_promote",
    "pg_read_file",
    "pg_read_binary_file",
    "pg_ls_dir",
    "lo_import",
    "lo_export",
    "dblink",
    "query_to_xml",
    "pg_export_snapshot",
    "pg_logical_emit_message",
    "pg_drop_replication_slot",
];

/// How names end that say when counters were reset, and reset nothing.
const READ_RESETS: &[&str] = &["stats_reset", "stats_reset_age_s", "_stat_reset_time"];

/// A server that logs every statement, and on which nothing happens by itself.
fn quiet(major: u32) -> Database {
    let mut settings = vec![
        ("log_statement", "all"),
        ("log_line_prefix", "<%a> "),
        ("autovacuum", "off"),
        ("wal_level", "minimal"),
        ("max_wal_senders", "0"),
        ("checkpoint_timeout", "1h"),
    ];
    if major != 16 {
        settings.push(("shared_preload_libraries", "pg_stat_statements"));
    }
    let database = Database::alone_on(major, &settings);
    traps(&database, major);
    if has_extension(&database, "pg_stat_statements") {
        database.sql("CREATE EXTENSION pg_stat_statements");
    }
    database
}

/// What audits have sent so far, one statement a line.
fn sent(database: &Database) -> Vec<String> {
    let log = std::fs::read_to_string(database.server.log_path()).unwrap();
    let mut statements: Vec<String> = Vec::new();
    let mut ours = false;
    for line in log.lines() {
        if let Some(more) = line.strip_prefix('\t') {
            let is_text = ours && !more.trim_start().starts_with("--");
            if let Some(last) = statements.last_mut().filter(|_| is_text) {
                last.push(' ');
                last.push_str(more);
            }
            continue;
        }
        let statement = line.strip_prefix("<pgrefit/").and_then(|line| line.split_once("> LOG:  "));
        let statement = statement.and_then(|(_, said)| {
            let (kind, sql) = said.split_once(": ")?;
            let sql = if sql.starts_with("--") { "" } else { sql };
            (kind == "statement" || kind.starts_with("execute")).then(|| sql.to_owned())
        });
        ours = statement.is_some();
        statements.extend(statement);
    }
    statements.iter().map(|sql| flat(sql)).collect()
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The parts of a query's file that every server gets: what is outside of `[[…]]` and `{…}`.
fn constant_parts(template: &str) -> Vec<String> {
    let lines = template.lines().filter(|line| !line.trim_start().starts_with("--"));
    let text = lines.collect::<Vec<_>>().join("\n");
    let (mut parts, mut part, mut depth) = (Vec::new(), String::new(), 0_u32);
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("[[") || rest.starts_with("]]") { 2 } else { first.len_utf8() };
        match &rest[..length] {
            "[[" | "{" => depth += 1,
            "]]" | "}" => {
                depth -= 1;
                parts.push(flat(&std::mem::take(&mut part)));
            }
            word if depth == 0 => part.push_str(word),
            _ => {}
        }
        if depth > 0 && !part.is_empty() {
            parts.push(flat(&std::mem::take(&mut part)));
        }
        rest = &rest[length..];
    }
    parts.push(flat(&part));
    parts.retain(|part| !part.is_empty());
    parts
}

/// Whether a statement is what a file says.
fn is_of(statement: &str, parts: &[String]) -> bool {
    let mut rest = statement;
    parts.iter().all(|part| {
        let found = rest.split_once(part.as_str());
        rest = found.map_or(rest, |(_, behind)| behind);
        found.is_some()
    })
}

/// Whether it reads values of sequences by their names, and nothing else.
fn reads_sequences(statement: &str, sequences: &BTreeSet<String>) -> bool {
    statement.split(" UNION ALL ").all(|one| {
        let of = " AS relation, s.last_value, s.is_called FROM ";
        let Some((number, from)) = one.split_once(of) else { return false };
        let number = number.strip_prefix("SELECT ").and_then(|it| it.strip_suffix("::oid"));
        number.is_some_and(|it| it.bytes().all(|byte| byte.is_ascii_digit()))
            && from.strip_suffix(" s").is_some_and(|name| sequences.contains(name))
    })
}

/// The words of a statement outside of literals, as they stand.
fn words(statement: &str) -> Vec<&str> {
    let plain = statement.split('\'').step_by(2);
    plain.flat_map(|text| text.split(|c: char| !c.is_alphanumeric() && c != '_')).collect()
}

#[test]
fn every_statement_is_one_that_was_reviewed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pgrefit-pg/src");
    let files = std::fs::read_dir(folder.join("census")).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|it| it == "sql"));
    let files = files.chain([folder.join("introspect/neutral.sql")]);
    let files: Vec<Vec<String>> = files
        .map(|path| constant_parts(&std::fs::read_to_string(path).unwrap()))
        .filter(|parts| parts.concat().len() > 20)
        .collect();
    assert!(files.len() > 50);
    for major in versions() {
        let database = quiet(major);
        let sequences = database.sql(
            "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind = 'S'",
        );
        let sequences: BTreeSet<String> = sequences.into_iter().flatten().flatten().collect();
        audit(&database, &["--deep"]);
        let first = sent(&database);
        audit(&database, &["--deep"]);
        let all = sent(&database);
        let second = &all[first.len()..];
        assert_eq!(first, second, "it is the same each time");
        assert!(first.len() > 60, "{first:#?}");
        let unknown: Vec<_> = first
            .iter()
            .filter(|sql| {
                !SESSION.contains(&sql.as_str())
                    && !files.iter().any(|parts| is_of(sql, parts))
                    && !reads_sequences(sql, &sequences)
            })
            .collect();
        assert!(unknown.is_empty(), "{major}: {unknown:#?}");
        for sql in first.iter().filter(|sql| !SESSION.contains(&sql.as_str())) {
            assert!(sql.starts_with("SELECT ") || sql.starts_with("WITH "), "{sql}");
            let bad: Vec<_> = words(sql)
                .into_iter()
                .filter(|word| {
                    FORBIDDEN.contains(word)
                        || word.contains("_reset") && !READ_RESETS.iter().any(|end| word.ends_with(end))
                        || word.contains("advisory_lock")
                })
                .collect();
            assert!(bad.is_empty(), "{bad:?} in {sql}");
        }
    }
}

#[test]
fn an_audit_of_an_idle_server_writes_nothing() {
    for major in versions() {
        let database = quiet(major);
        // What is looked at for the first time after its commit is on disk is marked as seen.
        database.sql("CHECKPOINT");
        audit(&database, &["--deep"]);
        database.sql("CHECKPOINT");
        let statements = has_extension(&database, "pg_stat_statements");
        let mut counted = "SELECT coalesce(min(stats_reset)::text, 'never') FROM pg_stat_database UNION ALL
                           SELECT stats_reset::text FROM pg_stat_bgwriter"
            .to_owned();
        if major >= 14 {
            counted.push_str(" UNION ALL SELECT stats_reset::text FROM pg_stat_wal");
        }
        let kept = "SELECT dealloc::text || ' ' || stats_reset::text FROM pg_stat_statements_info";
        let entries = "SELECT count(*) FROM pg_stat_statements";
        let look = || {
            (
                database.sql(&counted),
                if statements && major >= 14 { database.value(kept) } else { String::new() },
            )
        };
        let count = || if statements { database.value(entries).parse().unwrap() } else { 0_u64 };
        let (before, entries) = (look(), count());
        let place = "SELECT pg_current_wal_insert_lsn()";
        let lsn = database.value(place);
        let audited = audit(&database, &["--deep"]);
        assert_eq!(database.value(place), lsn, "{major}: WAL was written");
        assert_eq!(look(), before);
        assert!(count() >= entries);
        assert_unseen(&audited);
    }
}

#[track_caller]
fn assert_unseen(audited: &Audited) {
    let facts = &audited.report["facts"];
    assert_eq!(facts["user_locks"], 0);
    assert_eq!(facts["lock_modes"], "AccessShareLock");
    assert_eq!(facts["has_transaction_id"], false);
    assert!(facts["wal_bytes"].is_null() || facts["wal_bytes"] == 0, "{facts}");
}

/// In places where people leave secrets.
const SECRETS: &str = "
    CREATE ROLE keeper PASSWORD 'hunter-role';
    ALTER ROLE keeper SET app.api_key = 'hunter-setting';
    ALTER ROLE keeper VALID UNTIL '2099-01-01';
    COMMENT ON ROLE keeper IS 'hunter-comment';
    CREATE TABLE secrets (id int PRIMARY KEY, word text DEFAULT 'hunter-default');
    INSERT INTO secrets VALUES (1, 'hunter-row');
    CREATE INDEX secrets_one ON secrets (id) WHERE word = 'hunter-predicate';
    CREATE FUNCTION open_up() RETURNS text LANGUAGE sql AS $$ SELECT 'hunter-body' $$;
    SELECT count(*) FROM secrets WHERE word = 'hunter-query';
    DO $$ BEGIN PERFORM 'hunter-block'; END $$;
    ANALYZE secrets";

#[test]
fn no_secret_gets_into_a_file() {
    let database = quiet(18);
    // Only so many statements are looked at.
    database.sql("SELECT pg_stat_statements_reset()");
    for statement in SECRETS.split(";\n") {
        database.sql(statement);
    }
    let mut session = Bystander::on(&database);
    session.sql("BEGIN; SELECT 'hunter-activity'");
    let folder = Folder::new(&[]);
    let arguments = ["--deep", "--save-snapshot", "snapshot.json", "--report", "report.html"];
    let json = call(&folder, &arguments).on(&database).run();
    let text = pgrefit(["audit", "--deep", "-vvv", "--report", "report.md"])
        .inside(folder.path())
        .on(&database)
        .run();
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let snapshot = read("snapshot.json");
    assert!(snapshot.contains("ALTER ROLE keeper VALID UNTIL ?"), "statements are in it");
    assert!(snapshot.contains("app.api_key=?"), "settings are in it");
    let all = [
        json.stdout,
        json.stderr,
        text.stdout,
        text.stderr,
        snapshot,
        read("report.html"),
        read("report.md"),
    ];
    for text in &all {
        let at = text.find("hunter");
        assert!(
            at.is_none(),
            "{}",
            at.map_or("", |at| &text[at.saturating_sub(200)..(at + 40).min(text.len())])
        );
        assert!(!text.contains("SCRAM-SHA-256$"));
    }
}
