//! How a rehearsal runs: what it ends with, what fails, what cannot be seen.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use pgrefit_catalog::Name;
use pgrefit_history::{OWN_TABLES, apply};
use pgrefit_pg::introspect::{Scope, catalog};
use pgrefit_pg::{Connector, RunnerLock, Stop};
use pgrefit_rehearse::{
    Error, Limits, Options, RelationKind, Rewrite, Stalled, Trace, findings, predicted_stall_ms, stalls,
    trace,
};
use tokio::time::sleep;

use super::place::{BOUNDS, Place, TABLE, ask, files, rehearse, rehearse_with, strongest};

const SETUP: &str = "
    CREATE TABLE a (id int PRIMARY KEY, n int, t text);
    INSERT INTO a SELECT g, g, g::text FROM generate_series(1, 20000) g;
    CREATE TABLE b (id int PRIMARY KEY, n int);
    INSERT INTO b SELECT g, g FROM generate_series(1, 1000) g;";

async fn catalog_of(connector: &Connector) -> pgrefit_catalog::Catalog {
    let mut session = connector.read_only().await.expect("a session");
    let own = [TABLE].into_iter().chain(OWN_TABLES).map(|table| Name::new("public", table));
    let scope = own.fold(Scope::everything(), Scope::without_relation);
    catalog(&mut session, &scope).await.expect("a catalog")
}

#[tokio::test]
async fn a_rehearsal_ends_where_an_ordinary_run_ends() {
    let texts = [
        "CREATE TABLE c (id int PRIMARY KEY, a_id int REFERENCES a);\nCREATE INDEX c_a ON c (a_id);",
        "-- first\nSET search_path = public, pg_temp; CREATE TEMP TABLE x (id int); SET ROLE pg_monitor; RESET ROLE;\n\
         SET client_min_messages = error; ALTER TABLE a ADD COLUMN y int; -- last",
        "ALTER TABLE a ADD COLUMN z int; CREATE INDEX CONCURRENTLY a_n ON a (n); ALTER TABLE b ADD COLUMN z int;\n\
         -- pgrefit:backfill\nUPDATE b SET z = n WHERE z IS NULL;",
        "DO $$ BEGIN EXECUTE 'ALTER TABLE b RENAME COLUMN n TO m'; END $$; COMMENT ON TABLE b IS 'it''s; a \"b\"'",
    ];
    for place in Place::all() {
        let rehearsed = place.database("rehearsed", SETUP).await;
        let trace = rehearse(&rehearsed, &texts).await;
        assert_eq!(trace.failure, None);
        let applied = place.database("applied", SETUP).await;
        let mut lock = RunnerLock::acquire(&applied, Duration::from_secs(5), |_| {}).await.expect("a lock");
        let stop = Stop::default();
        let files = files(&texts);
        Box::pin(apply(&applied, &mut lock, &files, TABLE, None, BOUNDS, &stop, &mut |_| {}))
            .await
            .expect("applied");
        let (one, other) = (catalog_of(&rehearsed).await, catalog_of(&applied).await);
        assert_eq!(one.fingerprint(), other.fingerprint());
        for sql in [
            "SELECT string_agg(concat_ws(' ', version, name, checksum), ',' ORDER BY version) FROM refinery_schema_history",
            "SELECT string_agg(concat_ws(' ', version, statement, state, sql), ',' ORDER BY version, statement) FROM pgrefit_step",
            "SELECT count(*) FROM b WHERE z = m",
        ] {
            let one = ask(&mut rehearsed.migrator().await.expect("a session"), sql).await;
            assert_eq!(one, ask(&mut applied.migrator().await.expect("a session"), sql).await, "{sql}");
        }
        assert!(trace.files.iter().all(|file| file.recorded));
        // Nothing is left to do, and that is a rehearsal, too.
        assert_eq!(rehearse(&rehearsed, &texts).await.files, []);
    }
}

#[tokio::test]
async fn a_lock_is_held_until_the_commit() {
    for place in Place::all() {
        let connector = place.database("held", SETUP).await;
        let sql = "ALTER TABLE a ADD COLUMN x int;\nSELECT pg_sleep(0.3);\nCREATE INDEX b_n ON b (n);\n\
                   SELECT pg_sleep(0.2);";
        let trace = rehearse(&connector, &[sql]).await;
        let found = stalls(&trace);
        let told: Vec<String> = found
            .iter()
            .map(|stall| {
                format!(
                    "{} {} {} {}",
                    stall.relation,
                    stall.stalled.word(),
                    stall.statement,
                    stall.longest_statement
                )
            })
            .collect();
        assert_eq!(told, ["public.a reads 1 2", "public.a writes 1 2", "public.b writes 3 4"]);
        let reads = predicted_stall_ms(&trace, Stalled::Reads);
        assert!((500.0..1500.0).contains(&reads), "{reads}");
        assert!((200.0..500.0).contains(&found[2].held_ms), "{:?}", found[2]);
        let step = &trace.files[0].steps[0];
        assert!(found.iter().all(|stall| stall.from_ms + stall.held_ms <= step.ended_ms + 0.001));
        let limits = Limits { stall_ms: 400, ..Limits::default() };
        let mut told = findings(&trace, limits);
        told.retain(|finding| finding.check != "cached-plan-fails");
        let about: Vec<_> =
            told.iter().map(|finding| (finding.check.as_str(), finding.object.as_deref())).collect();
        assert_eq!(about, [("stall-over-limit", Some("public.a"))]);
        assert_eq!(told[0].location.as_ref().expect("a place").line, 1);
        assert_eq!(told[0].labels[0].location.line, 2);
    }
}

#[tokio::test]
async fn a_statement_that_fails_has_its_place() {
    for place in Place::all() {
        let mut number = 0;
        let mut check =
            async |texts: &[&str], line: usize, column: usize, sqlstate: &str, recorded: usize| {
                number += 1;
                let connector = place.database(&format!("failing_{number}"), SETUP).await;
                let trace = rehearse(&connector, texts).await;
                let failure = trace.failure.clone().expect("a failure");
                assert_eq!((failure.line, failure.column), (Some(line), Some(column)), "{failure:?}");
                assert_eq!(failure.sqlstate.as_deref(), Some(sqlstate));
                assert_eq!(trace.files.iter().filter(|file| file.recorded).count(), recorded);
                let told = findings(&trace, Limits::default());
                assert_eq!(told[0].check, "migration-fails");
                assert_eq!(told[0].location.as_ref().map(|place| place.line), u32::try_from(line).ok());
                trace
            };
        // Where the server gives a position, and where it does not.
        check(&["-- ä\nSELECT 1;\n  SELECT 'é', nothing FROM a;"], 3, 15, "42703", 0).await;
        let trace = check(&["SELECT 1;\n\n  INSERT INTO a VALUES (1);\nSELECT 2;"], 3, 3, "23505", 0).await;
        let statements = &trace.files[0].steps[0].statements;
        assert_eq!(statements.len(), 2);
        assert_eq!(statements[1].error.as_ref().expect("an error").sqlstate.as_deref(), Some("23505"));
        assert!(!trace.files[0].steps[0].committed);
        // What was not understood, and what was deferred.
        check(&["SELECT 1;\nSELEC 2;"], 2, 1, "42601", 0).await;
        // On its own.
        let twice = "CREATE TABLE d AS SELECT 1 AS n FROM generate_series(1, 2);";
        let trace =
            check(&[twice, "SELECT 1;\nCREATE UNIQUE INDEX CONCURRENTLY d_n ON d (n);"], 2, 1, "23505", 1)
                .await;
        assert_eq!(trace.files[1].invalid_indexes, Vec::<String>::new(), "it was swept");
        // In batches.
        let backfill = "SELECT 1;\n-- pgrefit:backfill\nUPDATE b SET n = 1 / (n - 500) WHERE n > 1;";
        check(&[twice, backfill], 3, 1, "22012", 1).await;
    }
}

#[tokio::test]
async fn what_is_left_behind_is_told() {
    let place = Place::one();
    let connector = place.database("remains", SETUP).await;
    let texts = [
        "ALTER TABLE a ADD CONSTRAINT kept CHECK (n > 0) NOT VALID;",
        "ALTER TABLE a ADD CONSTRAINT later CHECK (n > 0) NOT VALID;",
        "ALTER TABLE a VALIDATE CONSTRAINT later;",
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'b_pkey'::regclass;",
    ];
    let trace = rehearse(&connector, &texts).await;
    assert_eq!(trace.failure, None);
    assert_eq!(trace.files[0].unvalidated_constraints, ["kept on public.a"]);
    assert_eq!(trace.files[1].unvalidated_constraints, Vec::<String>::new());
    assert_eq!(trace.files[3].invalid_indexes, ["public.b_pkey on public.b"]);
    let checks: Vec<String> =
        findings(&trace, Limits::default()).into_iter().map(|finding| finding.check).collect();
    assert_eq!(checks, ["constraint-not-validated", "invalid-index-left"]);
}

#[tokio::test]
async fn odd_names_are_quoted_and_long_values_count_as_of_their_table() {
    for place in Place::all() {
        let setup = "CREATE SCHEMA \"Odd.Schema\"; CREATE TABLE \"Odd.Schema\".\"a \"\"b\"\" ;--'\" (id int, \"Long Text\" text);
            INSERT INTO \"Odd.Schema\".\"a \"\"b\"\" ;--'\" 
            SELECT g, string_agg(md5(g::text || h), '') FROM generate_series(1, 20) g, generate_series(1, 200) h GROUP BY g;";
        let connector = place.database("odd", setup).await;
        let sql =
            "SET search_path = \"Odd.Schema\"; ALTER TABLE \"a \"\"b\"\" ;--'\" ALTER COLUMN id TYPE bigint;";
        let trace = rehearse(&connector, &[sql]).await;
        assert_eq!(trace.failure, None);
        let name = "\"Odd.Schema\".\"a \"\"b\"\" ;--'\"";
        assert_eq!(strongest(&trace.files[0].steps[0]), [format!("{name} ACCESS EXCLUSIVE")]);
        let rewritten = &trace.files[0].steps[0].statements[1].rewritten;
        assert_eq!(kinds(rewritten), [(name, RelationKind::Table)]);
        // Long values are written anew, too.
        assert!(
            rewritten[0].before_bytes > Some(100_000) && rewritten[0].after_bytes > Some(100_000),
            "{rewritten:?}"
        );
        assert!(trace.relations[name].bytes > Some(100_000));
        let vacuum = "SET search_path = \"Odd.Schema\"; VACUUM FULL \"a \"\"b\"\" ;--'\"";
        let trace = rehearse(&connector, &[sql, vacuum]).await;
        assert_eq!(trace.failure, None);
        let rewritten = &trace.files[0].steps[0].statements[0].rewritten;
        assert_eq!(
            kinds(rewritten),
            [(name, RelationKind::Table), (name, RelationKind::Index), (name, RelationKind::Toast)]
        );
    }
}

fn kinds(rewritten: &[Rewrite]) -> Vec<(&str, RelationKind)> {
    rewritten.iter().map(|rewrite| (rewrite.relation.as_str(), rewrite.kind)).collect()
}

#[tokio::test]
async fn temporary_files_and_wal_are_counted() {
    for place in Place::all() {
        let connector = place.database("temporary", SETUP).await;
        let sql = "SET work_mem = '64kB';\nSELECT count(*) FROM (SELECT * FROM a ORDER BY t OFFSET 0) s;\n\
                   UPDATE a SET n = n + 1;\nSELECT 1;\nSET client_min_messages = warning;\nSELECT 2;";
        let trace = rehearse(&connector, &[sql]).await;
        let statements = &trace.files[0].steps[0].statements;
        let (sorted, updated, idle) = (&statements[1], &statements[2], &statements[3]);
        assert!(sorted.temp_bytes.expect("told") > 100_000, "{sorted:?}");
        assert_eq!((updated.temp_bytes, idle.temp_bytes, idle.wal_bytes), (Some(0), Some(0), Some(0)));
        assert!(updated.wal_bytes.expect("told") > 1_000_000, "{updated:?}");
        assert_eq!(statements[5].temp_bytes, None, "the file has turned off what tells of them");
        assert!(trace.files[0].disk_growth_bytes.expect("told") > 0);
        assert_eq!(trace.blind, []);
        // Nothing of that is left on the server.
        let mut session = connector.migrator().await.expect("a session");
        let left = ask(&mut session, "SELECT count(*) FROM pg_db_role_setting").await;
        assert_eq!((left.as_str(), ask(&mut session, "SHOW autovacuum").await.as_str()), ("0", "on"));
    }
}

#[tokio::test]
async fn a_role_that_owns_only_its_schema_is_traced_as_far_as_it_can() {
    for place in Place::all() {
        let setup = "CREATE ROLE owner LOGIN PASSWORD 'x'; CREATE SCHEMA own AUTHORIZATION owner;
            ALTER ROLE owner SET search_path = own; CREATE TABLE secret (id int);
            SET ROLE owner; CREATE TABLE own.t (id int PRIMARY KEY, n int);
            INSERT INTO own.t SELECT g, g FROM generate_series(1, 2000) g;";
        place.database("owned", setup).await;
        let connector = place.connector_as("owner", "owned");
        let texts = ["ALTER TABLE t ALTER COLUMN n TYPE bigint;", "CREATE INDEX CONCURRENTLY t_n ON t (n);"];
        let trace =
            rehearse_with(&connector, &texts, &Options::for_own_server(), None).await.expect("a trace");
        assert_eq!(trace.failure, None);
        let statement = &trace.files[0].steps[0].statements[0];
        assert_eq!(strongest(&trace.files[0].steps[0]), ["own.t ACCESS EXCLUSIVE"]);
        assert_eq!(statement.temp_bytes, None);
        assert!(statement.wal_bytes.is_some() && statement.work[0].rows_scanned > 0, "{statement:?}");
        let blind: Vec<&str> = trace.blind.iter().map(|blind| blind.what.as_str()).collect();
        assert_eq!(blind, ["temp_bytes", "wal_bytes"]);
        assert_eq!((trace.canary.relations, trace.canary.left_out), (1, 1), "{:?}", trace.canary);
        // Unless whoever made the server has seen to it.
        let mut session = place.connector("owned").migrator().await.expect("a session");
        for sql in [
            "ALTER SYSTEM SET log_temp_files = 0",
            "ALTER SYSTEM SET autovacuum = off",
            "SELECT pg_reload_conf()",
        ] {
            session.batch(sql).await.expect(sql);
        }
        while ask(&mut session, "SHOW log_temp_files").await != "0" {
            sleep(Duration::from_millis(20)).await;
        }
        let sorts =
            "SET work_mem = '64kB'; SELECT count(*) FROM (SELECT n FROM t ORDER BY md5(n::text) OFFSET 0) s;";
        let texts = [texts[0], texts[1], sorts];
        let trace =
            rehearse_with(&connector, &texts, &Options::for_own_server(), None).await.expect("a trace");
        assert_eq!(trace.blind, []);
        let sorted = &trace.files[0].steps[0].statements[1];
        assert!(sorted.temp_bytes > Some(10_000), "{sorted:?}");
    }
}

#[tokio::test]
async fn traffic_runs_beside_it_and_is_told_to_stop() {
    let place = Place::one();
    let connector = place.database("traffic", SETUP).await;
    let asked = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&asked);
    let mut session = connector.migrator().await.expect("a session");
    let traffic = Box::new(move |stop: Stop| -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            while !stop.is_requested() {
                session.simple("SELECT count(*) FROM b").await.expect("an answer");
                counted.fetch_add(1, Ordering::SeqCst);
                sleep(Duration::from_millis(5)).await;
            }
        })
    });
    let sql = "SELECT pg_sleep(0.3); ALTER TABLE b ADD COLUMN x int";
    let trace = rehearse_with(&connector, &[sql], &Options::default(), Some(traffic)).await.expect("a trace");
    assert!(trace.traffic && trace.failure.is_none());
    assert!(asked.load(Ordering::SeqCst) > 10, "{asked:?}");
}

#[tokio::test]
async fn a_request_to_stop_ends_it() {
    let place = Place::one();
    let connector = place.database("stopped", SETUP).await;
    let stop = Stop::default();
    let files = files(&["SELECT pg_sleep(30);"]);
    let options = Options::default();
    let request = async {
        sleep(Duration::from_millis(700)).await;
        stop.request();
    };
    let mut quiet = |_: pgrefit_history::Event<'_>| {};
    let run = Box::pin(trace(&connector, &files, TABLE, None, BOUNDS, &options, None, &stop, &mut quiet));
    let (outcome, ()) = tokio::join!(run, request);
    assert!(matches!(outcome, Err(Error::History(pgrefit_history::Error::Stopped { .. }))), "{outcome:?}");
}

#[tokio::test]
async fn a_trace_is_read_back_from_its_file() {
    let place = Place::one();
    let connector = place.database("stored", SETUP).await;
    let texts = [
        "ALTER TABLE a ALTER COLUMN n TYPE bigint",
        "VACUUM b",
        "CREATE ROLE r PASSWORD 'secret'",
        "SELECT 1/0",
    ];
    let trace = rehearse(&connector, &texts).await;
    let text = serde_json::to_string(&trace).expect("JSON");
    assert!(!text.contains("secret"), "{text}");
    let again: Trace = serde_json::from_str(&text).expect("a trace");
    assert_eq!(serde_json::to_string(&again).expect("JSON"), text);
    assert_eq!(again.files[0].steps[0].locks, trace.files[0].steps[0].locks);
}
