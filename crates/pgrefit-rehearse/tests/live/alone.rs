//! What runs outside of a transaction block, and in batches: its locks and phases are seen from the second connection only.

use std::time::Duration;

use pgrefit_rehearse::{Options, StepTrace, StepWay, Trace, Traffic};
use tokio::time::sleep;

use super::place::{Place, ask, rehearse, rehearse_with, strongest};

const SETUP: &str = "
    CREATE TABLE a (id int PRIMARY KEY, n int, t text);
    INSERT INTO a SELECT g, g, g::text FROM generate_series(1, 60000) g;
    CREATE INDEX a_n ON a (n);
    CREATE TABLE p (id int NOT NULL, n int) PARTITION BY RANGE (id);
    CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
    CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);
    CREATE TYPE mood AS ENUM ('glad');
    CREATE TABLE moods (mood mood);";

/// Sessions that each hold something open until somebody has waited for a while, one after the other.
async fn holders(place: &Place, database: &str, holds: &[&str]) -> Traffic<'static> {
    let mut eye = place.connector(database).migrator().await.expect("a session");
    let mut sessions = Vec::new();
    for sql in holds {
        let mut session = place.connector(database).migrator().await.expect("a session");
        session.batch(&format!("BEGIN ISOLATION LEVEL REPEATABLE READ; {sql}")).await.expect(sql);
        sessions.push(session);
    }
    Box::new(move |_stop| {
        Box::pin(async move {
            for session in &mut sessions {
                while ask(&mut eye, "SELECT count(*) FROM pg_locks WHERE NOT granted").await == "0" {
                    sleep(Duration::from_millis(20)).await;
                }
                sleep(Duration::from_millis(200)).await;
                session.batch("COMMIT").await.expect("committed");
            }
        })
    })
}

/// The only step that is not a transaction.
fn alone(trace: &Trace) -> &StepTrace {
    assert_eq!(trace.failure, None);
    trace.steps().map(|(_, step)| step).find(|step| step.way != StepWay::Transaction).expect("a step")
}

async fn check(place: &Place, sql: &str, holds: &[&str], locks: &[&str], phases: &[&str]) {
    let database = "alone";
    let connector = place.database(database, SETUP).await;
    let traffic = holders(place, database, holds).await;
    let trace = rehearse_with(&connector, &[sql], &Options::default(), Some(traffic)).await.expect("a trace");
    let step = alone(&trace);
    assert_eq!(strongest(step), locks, "{}: {sql}", place.major);
    let found: Vec<&str> = step.statements[0].phases.iter().map(|phase| phase.name.as_str()).collect();
    for phase in phases {
        assert!(found.contains(phase), "{}: {sql}: {phase} is not in {found:?}", place.major);
    }
    drop(connector);
    place.drop_database(database).await;
}

#[tokio::test]
async fn locks_of_what_runs_on_its_own_are_seen_from_outside() {
    for place in Place::all() {
        let place = &place;
        let reader: &[&str] = &["SELECT 1 FROM a LIMIT 1"];
        check(
            place,
            "CREATE INDEX CONCURRENTLY a_t ON a (t)",
            reader,
            &["a SHARE UPDATE EXCLUSIVE"],
            &["waiting for old snapshots"],
        )
        .await;
        check(place, "DROP INDEX CONCURRENTLY a_n", reader, &["a SHARE UPDATE EXCLUSIVE"], &[]).await;
        check(
            place,
            "REINDEX INDEX CONCURRENTLY a_n",
            reader,
            &["a SHARE UPDATE EXCLUSIVE"],
            &["waiting for old snapshots"],
        )
        .await;
        check(place, "VACUUM a", &[], &["a SHARE UPDATE EXCLUSIVE"], &[]).await;
        check(place, "VACUUM FULL a", &[], &["a ACCESS EXCLUSIVE"], &["seq scanning heap"]).await;
        check(
            place,
            "ALTER TABLE p DETACH PARTITION p2 CONCURRENTLY",
            &["SELECT 1 FROM ONLY p", "SELECT 1 FROM p2"],
            &["p SHARE UPDATE EXCLUSIVE", "p2 ACCESS EXCLUSIVE"],
            &[],
        )
        .await;
    }
}

#[tokio::test]
async fn a_lock_that_is_waited_for_is_told() {
    let place = Place::one();
    let connector = place.database("waiting", SETUP).await;
    let traffic = holders(&place, "waiting", &["SELECT 1 FROM p2"]).await;
    let sql = "SELECT 1; LOCK TABLE p2";
    let trace = rehearse_with(&connector, &[sql], &Options::default(), Some(traffic)).await.expect("a trace");
    let step = &trace.files[0].steps[0];
    let lock = step.locks.iter().find(|lock| lock.relation == "public.p2").expect("a lock");
    let (asked, granted) = (lock.asked_ms.expect("asked"), lock.granted_ms.expect("granted"));
    assert!(granted - asked > 100.0, "{lock:?}");
    assert_eq!(lock.statement, 2);
    assert!(
        lock.until_ms - granted >= lock.held_ms - 0.01,
        "what is waited for does not count as held: {lock:?}"
    );
}

#[tokio::test]
async fn a_value_that_is_used_later_is_committed_before() {
    for place in Place::all() {
        let connector = place.database("value", SETUP).await;
        let trace =
            rehearse(&connector, &["ALTER TYPE mood ADD VALUE 'sad'; INSERT INTO moods VALUES ('sad')"])
                .await;
        assert_eq!(trace.failure, None);
        let ways: Vec<StepWay> = trace.steps().map(|(_, step)| step.way).collect();
        assert_eq!(ways, [StepWay::Alone, StepWay::Transaction]);
        let (_, last) = trace.steps().last().expect("a step");
        assert_eq!(last.transaction, Some(1));
        assert_eq!(last.statements[0].number, 2);
        assert_eq!(last.statements[0].work[0].rows_inserted, 1);
    }
}

#[tokio::test]
async fn a_backfill_is_one_statement_with_its_batches() {
    for place in Place::all() {
        let connector = place.database("backfill", SETUP).await;
        let sql = "ALTER TABLE a ADD COLUMN x int;\n-- pgrefit:backfill batch=10000\nUPDATE a SET x = n WHERE x IS NULL;\n\
                   ALTER TABLE a ADD CONSTRAINT x CHECK (x IS NOT NULL) NOT VALID;";
        let trace = rehearse(&connector, &[sql]).await;
        let step = alone(&trace);
        assert_eq!((step.way, step.number, step.statements.len()), (StepWay::Batches, 2, 1));
        let statement = &step.statements[0];
        let batches = statement.batches.as_ref().expect("batches");
        assert_eq!(batches.rows, 60_000);
        assert!(batches.count >= 2 && batches.longest_ms <= statement.duration_ms, "{batches:?}");
        assert_eq!(statement.line, 3);
        assert_eq!(strongest(step), ["a ROW EXCLUSIVE"]);
        assert_eq!(statement.work.iter().map(|work| work.rows_updated).sum::<u64>(), 60_000);
        let numbers: Vec<usize> = trace.steps().map(|(_, step)| step.number).collect();
        assert_eq!(numbers, [1, 2, 3]);
    }
}
