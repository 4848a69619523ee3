//! What goes wrong: it is refused before the load runs, or counted by kind while it runs.

use std::time::Duration;

use pgrefit_load::{
    Arrivals, Error, FailureKind, LoadOptions, LoadStatement, Pace, ParamSource, Params, run,
};
use pgrefit_pg::Stop;
use tokio::time::sleep;

use super::place::{Place, closed, users};

/// An error with all its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn count(run: &pgrefit_load::LoadRun, kind: &FailureKind) -> u64 {
    run.failures.get(kind).copied().unwrap_or(0)
}

#[tokio::test]
async fn what_cannot_run_is_said_at_once() {
    for place in Place::all() {
        place.setup("CREATE TABLE t (n int)").await;
        let check = async |statement: LoadStatement, options: LoadOptions, expected: &str| {
            let drawn = place.drawn(&[statement]).await;
            let outcome = run(&place.connector(), &drawn, &options, &Stop::default(), |_| {}).await;
            let error = outcome.expect_err(expected);
            let text = chain(&error);
            assert!(text.contains(expected), "{text}");
        };
        let one = |sql: &str| LoadStatement::new("one", sql);
        check(one("SELECT absent FROM t"), closed(1), "42703").await;
        check(one("SELEC 1"), closed(1), "may do more than read").await;
        check(one("SELECT 1; SELECT 2"), closed(1), "42601").await;
        check(one("SELECT $1::int + $2::int"), closed(1), "it has 2 parameters, and the workload gives 0")
            .await;
        let extra = Params::Each(vec![ParamSource::Uuid]);
        check(
            LoadStatement { params: extra, ..one("SELECT 1") },
            closed(1),
            "0 parameters, and the workload gives 1",
        )
        .await;
        check(one("INSERT INTO t VALUES (1)"), closed(1), "may do more than read").await;
        check(LoadStatement { writes: true, ..one("TABLE t") }, closed(1), "which writes").await;
        check(
            one("SELECT 1"),
            LoadOptions { connections: 0, ..closed(1) },
            "connections and pipeline begin at 1",
        )
        .await;
    }
}

#[tokio::test]
async fn a_read_only_load_writes_nothing() {
    for place in Place::all() {
        place.setup("CREATE TABLE t (n int); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'INSERT INTO t VALUES (1) RETURNING 1'").await;
        for sql in [
            "WITH w AS (INSERT INTO t VALUES (1) RETURNING n) TABLE w",
            "SELECT f()",
            "SELECT n FROM t FOR UPDATE",
            "EXPLAIN ANALYZE INSERT INTO t VALUES (1)",
        ] {
            let run = place.load(sql, &closed(1)).await;
            assert!(run.failed > 0 && run.done == 0, "{sql}: {:?}", run.failures);
            assert_eq!(count(&run, &FailureKind::ReadOnly), run.failed, "{sql}");
        }
        assert_eq!(
            place.migrator().await.simple("SELECT count(*) FROM t").await.expect("asked"),
            [[Some("0".to_owned())]]
        );
    }
}

#[tokio::test]
async fn a_load_may_write_when_it_is_allowed() {
    let place = Place::one();
    place.setup("CREATE TABLE t (n bigint PRIMARY KEY, text text)").await;
    let statement = LoadStatement {
        writes: true,
        params: Params::Each(vec![ParamSource::Serial { first: 1 }, ParamSource::Text { min: 0, max: 9 }]),
        ..LoadStatement::new("insert", "INSERT INTO t VALUES ($1, $2)")
    };
    let drawn = place.drawn(&[statement]).await;
    let run = place.run(&drawn, &LoadOptions { read_only: false, threads: 2, ..closed(3) }).await;
    assert!(run.done > 0 && run.failed == 0, "{:?}", run.failures);
    let rows =
        place.migrator().await.simple("SELECT count(*), count(*) = max(n) FROM t").await.expect("asked");
    assert_eq!(rows[0][1].as_deref(), Some("t"), "each number came once");
}

#[tokio::test]
async fn a_slow_statement_is_cancelled_by_its_limit() {
    let place = Place::one();
    let options = LoadOptions { statement_limit: Duration::from_millis(100), ..closed(1) };
    let run = place.load("SELECT pg_catalog.pg_sleep(5)", &options).await;
    assert!((5..=11).contains(&run.failed) && run.done == 0, "{run:?}");
    assert_eq!(count(&run, &FailureKind::Cancelled), run.failed);
}

/// Ends all backends of the load, once there are so many at work.
async fn kill_all(place: &Place, wanted: usize) {
    let mut session = place.migrator().await;
    let at_work = "FROM pg_stat_activity WHERE application_name = 'load' AND query LIKE '%sleep(0.05)%' \
                   AND pid <> pg_backend_pid()";
    for _ in 0..200 {
        sleep(Duration::from_millis(20)).await;
        let rows = session.simple(&format!("SELECT pid {at_work}")).await.expect("asked");
        if rows.len() == wanted {
            break;
        }
    }
    session.simple(&format!("SELECT pg_terminate_backend(pid) {at_work}")).await.expect("ended");
}

#[tokio::test]
async fn killed_backends_are_replaced() {
    for place in Place::all() {
        let drawn = place.drawn(&[LoadStatement::new("one", "SELECT pg_catalog.pg_sleep(0.05)")]).await;
        let options = LoadOptions { duration: Duration::from_secs(6), threads: 2, ..closed(4) };
        let kill = async {
            for _ in 0..3 {
                sleep(Duration::from_millis(700)).await;
                kill_all(&place, 4).await;
            }
        };
        let (run, ()) = tokio::join!(place.run(&drawn, &options), kill);
        assert_eq!(run.reconnected, 12, "{run:?}");
        let lost = count(&run, &FailureKind::ConnectionLost);
        assert!((6..=12).contains(&lost) && lost == run.failed, "{:?}", run.failures);
        assert!(run.windows[5].done > 0 && run.unfinished == 0, "{run:?}");
    }
}

/// A backend that is stopped by a signal neither answers nor closes its connection, as a network that was cut does not.
#[tokio::test]
async fn a_connection_without_answers_is_given_up() {
    let place = Place::one();
    let drawn = place.drawn(&[LoadStatement::new("one", "SELECT pg_catalog.pg_sleep(0.001)")]).await;
    let options = LoadOptions {
        duration: Duration::from_secs(10),
        statement_limit: Duration::from_secs(1),
        ..closed(2)
    };
    let stall = async {
        sleep(Duration::from_millis(500)).await;
        let sql = "SELECT pid FROM pg_stat_activity WHERE application_name = 'load' AND query LIKE '%sleep(0.001)%' AND pid <> pg_backend_pid()";
        let rows = place.migrator().await.simple(sql).await.expect("asked");
        let pid: i32 = rows[0][0].as_deref().and_then(|pid| pid.parse().ok()).expect("a backend");
        let pid = nix::unistd::Pid::from_raw(pid);
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGSTOP).expect("stopped");
        pid
    };
    let (run, pid) = tokio::join!(place.run(&drawn, &options), stall);
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGCONT).expect("goes on");
    assert_eq!((count(&run, &FailureKind::NoAnswer), run.failed, run.reconnected), (1, 1, 1), "{run:?}");
    assert!(run.windows.iter().all(|window| window.done > 0), "{:?}", run.windows);
    assert!((1.9..=2.0).contains(&run.busy_mean), "{}", run.busy_mean);
}

#[tokio::test]
async fn a_load_that_nobody_waits_for_ends() {
    let place = Place::one();
    let drawn = place.drawn(&[LoadStatement::new("one", "SELECT pg_catalog.pg_sleep(0.01)")]).await;
    let (connector, stop) = (place.connector(), Stop::default());
    let options = LoadOptions { duration: Duration::from_mins(1), threads: 2, ..closed(3) };
    let load = run(&connector, &drawn, &options, &stop, |_| {});
    assert!(tokio::time::timeout(Duration::from_secs(1), load).await.is_err(), "it was dropped");
    sleep(Duration::from_millis(500)).await;
    let sql =
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'load' AND pid <> pg_backend_pid()";
    assert_eq!(place.migrator().await.simple(sql).await.expect("asked"), [[Some("0".to_owned())]]);
    stop.request();
    let outcome = run(&connector, &drawn, &options, &stop, |_| {}).await;
    assert!(matches!(outcome, Err(Error::Stopped)) || outcome.is_ok_and(|run| run.stopped));
}

#[tokio::test]
async fn a_server_that_goes_and_comes_is_waited_for() {
    let mut place = Place::one();
    let drawn = place.drawn(&[LoadStatement::new("one", "SELECT 1")]).await;
    let arrivals = Pace::Open { per_second: 200.0, arrivals: Arrivals::Even };
    let options = LoadOptions { pace: arrivals, duration: Duration::from_secs(8), ..closed(2) };
    let connector = place.connector();
    let stop = Stop::default();
    let load = tokio::spawn(async move { run(&connector, &drawn, &options, &stop, |_| {}).await });
    sleep(Duration::from_secs(1)).await;
    let restarted = tokio::task::spawn_blocking(move || {
        place.server.restart().expect("restarted");
        place
    });
    let _place = restarted.await.expect("no panic");
    let run = load.await.expect("no panic").expect("it ran");
    assert_eq!(run.reconnected, 2);
    assert_eq!(run.done + run.failed, 1_600, "requests waited: {:?}", run.failures);
    assert!(run.windows[7].done > 100, "{:?}", run.windows);
}

#[tokio::test]
async fn a_plan_that_changes_is_prepared_anew() {
    for place in Place::all() {
        place.setup("CREATE TABLE t (n int); INSERT INTO t VALUES (1)").await;
        let drawn = place.drawn(&[LoadStatement::new("one", "SELECT * FROM t")]).await;
        let crowd = users(8, 0);
        let options = LoadOptions { duration: Duration::from_secs(2), pipeline: 4, pace: crowd, ..closed(2) };
        let change = async {
            sleep(Duration::from_millis(800)).await;
            place.setup("ALTER TABLE t ADD COLUMN text text").await;
        };
        let (run, ()) = tokio::join!(place.run(&drawn, &options), change);
        let changed = count(&run, &FailureKind::PlanChanged);
        assert!((2..=8).contains(&changed) && changed == run.failed, "{:?}", run.failures);
        assert_eq!((run.prepared_again, run.reconnected), (2, 0));
        assert!(run.windows[1].done > 100, "{:?}", run.windows);
    }
}
