//! Benchmarks of a real server: what comes back, what is kept, what is said to be missing, and what ends a run.

use std::time::{Duration, Instant};

use pgrefit_bench::Error;
use pgrefit_bench::benchmark::{BenchOptions, BenchResult, Ending, Seen, charts, findings, run, tables};
use pgrefit_bench::guard::{GuardLimits, Sign};
use pgrefit_load::{Arrivals, LoadOptions, LoadStatement, Pace, ParamSource, Params, Workload};
use pgrefit_pg::{Connector, Stop};
use pgrefit_report::Status;

use super::place::Place;

pub(crate) fn workload(statements: impl IntoIterator<Item = LoadStatement>) -> Workload {
    Workload { name: "test".to_owned(), statements: statements.into_iter().collect() }
}

pub(crate) fn by_id() -> LoadStatement {
    let params = Params::Each(vec![ParamSource::Integer { min: 1, max: 100_000 }]);
    LoadStatement { params, ..LoadStatement::new("by-id", "SELECT * FROM documents WHERE id = $1") }
}

fn by_source() -> LoadStatement {
    let sql = "SELECT 's' || n FROM generate_series(0, 99) n".to_owned();
    let params = Params::Each(vec![ParamSource::Query { sql, rows_max: 100 }]);
    LoadStatement { params, ..LoadStatement::new("by-source", "SELECT * FROM documents WHERE source = $1") }
}

/// A guard that looks often, after a short quiet.
pub(crate) fn guard() -> GuardLimits {
    let ms = Duration::from_millis;
    GuardLimits { every: ms(100), quiet: ms(300), ..GuardLimits::default() }
}

fn options(pace: Pace, duration_ms: u64) -> BenchOptions {
    let load = LoadOptions {
        connections: 2,
        pace,
        warm_up: Duration::from_millis(200),
        duration: Duration::from_millis(duration_ms),
        drain: Duration::from_secs(1),
        ..LoadOptions::default()
    };
    BenchOptions { load, guard: guard(), ..BenchOptions::default() }
}

fn open(per_second: f64) -> Pace {
    Pace::Open { per_second, arrivals: Arrivals::Poisson }
}

const CLOSED: Pace = Pace::Closed { users: 2, think: Duration::from_millis(5) };

async fn bench(connector: &Connector, workload: &Workload, options: &BenchOptions) -> BenchResult {
    run(connector, workload, options, &Stop::default(), &|_| {}).await.expect("a result")
}

fn checks(result: &BenchResult) -> Vec<(String, Status)> {
    findings(result).into_iter().map(|it| (it.check, it.status)).collect()
}

#[tokio::test]
async fn everything_that_came_back_is_kept() {
    for place in Place::all().await {
        let mix = workload([by_id(), by_source()]);
        let result = bench(&place.connector(), &mix, &options(open(200.0), 2000)).await;
        assert_eq!(result.ending, Ending::Completed, "{:?}", findings(&result));
        let query = result.query("by-id").expect("it ran");
        assert!(
            query.done > 100 && query.failed == 0 && query.p50 <= query.p95 && query.p95 <= query.max,
            "{query:?}"
        );
        // Plans, with blocks and the times of nodes.
        let plan = result.plan("by-id").expect("explained");
        assert!(plan.shape.as_ref().expect("a plan").outline().contains("documents_pkey"), "{plan:?}");
        assert!(plan.buffers.expect("counted").shared_hit_blocks > 0 && plan.execution_ms().is_some());
        assert_eq!((plan.values.len(), plan.relation_rows["public.documents"]), (1, 100_000));
        // Counters: those of this version, and a reason for the others.
        let counters = &result.counters;
        assert!(counters.database.counted().expect("counted")["xact_commit"] > 100.0, "{counters:?}");
        assert!(counters.cache_hit_ratio().expect("known") > 0.5);
        assert_eq!(counters.wal.counted().is_some(), place.major >= 14, "{counters:?}");
        assert_eq!(counters.io.counted().is_some(), place.major >= 16, "{counters:?}");
        assert!(counters.statements.missing().is_some_and(|why| !why.is_empty()), "{counters:?}");
        // Where it ran, who watched.
        assert_eq!(result.environment.version_num / 10_000, place.major);
        assert!(result.environment.setting("shared_buffers").is_some() && result.environment.server_is_local);
        assert!(result.watched.looks.len() > 10 && result.watched.blind.is_empty(), "{:?}", result.watched);
        assert!(result.load.client_rss_max_bytes > 0 && result.load.client_cpu > Duration::ZERO);
        assert!(
            !checks(&result).iter().any(|(_, status)| *status >= Status::Blind),
            "{:?}",
            findings(&result)
        );
        // A file gives it back.
        let text = result.to_json();
        assert!(!text.contains(&place.password()), "no password");
        let read = BenchResult::from_json(&text).expect("read");
        assert_eq!(read.load.all, result.load.all);
        assert_eq!((read.plans.len(), read.query("by-id").expect("there").done), (2, query.done));
        let other = text.replacen("\"schema_version\":1", "\"schema_version\":2", 1);
        assert!(BenchResult::from_json(&other).is_err_and(|why| why.contains("schema version 2")));
        assert!(BenchResult::from_json("{}").is_err() && BenchResult::from_json("no").is_err());
        assert_eq!((charts(&result).len(), tables(&result).len()), (3, 4));
    }
}

#[tokio::test]
async fn statements_are_counted_where_the_server_does() {
    let place = Place::start(18, &[("shared_preload_libraries", "pg_stat_statements")]);
    let mut admin = place.admin().await;
    admin.batch(super::place::SETUP).await.expect("set up");
    admin
        .batch("CREATE SCHEMA \"Odd one\"; CREATE EXTENSION pg_stat_statements SCHEMA \"Odd one\"")
        .await
        .expect("made");
    let result = bench(&place.connector(), &workload([by_id()]), &options(CLOSED, 1000)).await;
    let Seen::Counted(statements) = &result.counters.statements else {
        panic!("{:?}", result.counters.statements)
    };
    let calls = statements["by-id"]["calls"];
    let done = result.query("by-id").expect("it ran").done;
    // The warm-up is counted by the server, and not by us.
    assert!(calls >= f64::from(u32::try_from(done).expect("few")), "{calls} {done}");
    assert!(result.query("by-id").expect("it ran").server_mean_ms.is_some());
    assert!(checks(&result).contains(&("bench-closed-loop".to_owned(), Status::Info)));
}

#[tokio::test]
async fn budgets_failures_and_writes_are_told() {
    let place = Place::new().await;
    let slow = LoadStatement {
        budget: Duration::from_millis(10),
        ..LoadStatement::new("slow", "SELECT pg_sleep(0.03)")
    };
    let broken = LoadStatement::new("broken", "SELECT 1 / (random() * 0)::int");
    let writing = LoadStatement {
        writes: true,
        ..LoadStatement::new("writing", "INSERT INTO notes (body) VALUES ('x')")
    };
    let result = bench(&place.connector(), &workload([slow, broken, writing]), &options(CLOSED, 1000)).await;
    let found = findings(&result);
    let about = |check: &str| {
        found.iter().find(|it| it.check == check).unwrap_or_else(|| panic!("{check}: {found:?}"))
    };
    assert_eq!(about("bench-over-budget").object.as_deref(), Some("slow"));
    assert_eq!(about("bench-fails").object.as_deref(), Some("broken"));
    assert_eq!(result.left_out, ["writing"]);
    assert!(about("bench-left-out").message.contains("writing"));
    let mut admin = place.admin().await;
    assert_eq!(
        admin.simple("SELECT count(*) FROM notes").await.expect("counted")[0][0].as_deref(),
        Some("0")
    );
    let only = workload([LoadStatement { writes: true, ..LoadStatement::new("w", "DELETE FROM notes") }]);
    let refused = run(&place.connector(), &only, &options(CLOSED, 500), &Stop::default(), &|_| {}).await;
    assert!(matches!(refused, Err(Error::OnlyWrites)), "{refused:?}");
}

#[tokio::test]
async fn allowed_writes_are_run_and_explained_without_being_run_again() {
    let place = Place::new().await;
    let writing = LoadStatement {
        writes: true,
        ..LoadStatement::new("writing", "INSERT INTO notes (body) VALUES ('x')")
    };
    let mut options = options(open(50.0), 1000);
    options.load.read_only = false;
    let result = bench(&place.connector(), &workload([writing]), &options).await;
    let plan = result.plan("writing").expect("explained");
    assert!(plan.shape.is_some() && plan.analyzed.is_none() && plan.trouble.is_none(), "{plan:?}");
    let mut admin = place.admin().await;
    let rows = admin.simple("SELECT count(*) FROM notes").await.expect("counted");
    let rows: u64 = rows[0][0].as_deref().and_then(|text| text.parse().ok()).expect("a number");
    assert!(rows >= result.query("writing").expect("it ran").done && rows > 20, "{rows}");
}

/// The application and the benchmark were given one URL, which calls them alike: those who wait are others all the same.
#[tokio::test]
async fn a_database_that_suffers_ends_the_run() {
    let place = Place::new().await;
    let mut admin = place.connector_called("docserver").migrator().await.expect("a session");
    let limits = GuardLimits { waiting_more: 1, ..guard() };
    let options = BenchOptions { guard: limits, ..options(open(50.0), 20_000) };
    let (connector, mix, stop, begun) =
        (place.connector_called("docserver"), workload([by_id()]), Stop::default(), Instant::now());
    let running = run(&connector, &mix, &options, &stop, &|_| {});
    let suffering = async {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        admin.batch("BEGIN; LOCK TABLE notes").await.expect("locked");
        let waiting = (0..3).map(|_| async {
            let mut session = place.connector_called("docserver").migrator().await.expect("a session");
            let _ = session.batch("SET lock_timeout = '5s'; INSERT INTO notes (body) VALUES ('waits')").await;
        });
        let all = async { tokio::join!(waiting.collect::<futures_util::future::JoinAll<_>>()) };
        tokio::select! {
            _ = all => {}
            () = tokio::time::sleep(Duration::from_secs(4)) => {}
        }
        admin.batch("ROLLBACK").await.expect("unlocked");
    };
    let (result, ()) = tokio::join!(running, suffering);
    let result = result.expect("what came until then");
    let Ending::Suffered(suffering) = &result.ending else { panic!("{:?}", result.ending) };
    assert_eq!((suffering.sign, suffering.limit.as_str()), (Sign::LockWaits, "1"));
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert!(checks(&result).contains(&("bench-database-suffers".to_owned(), Status::Fail)));
    assert!(
        result.load.done > 0 && result.load.elapsed < Duration::from_secs(6),
        "{:?}",
        result.load.elapsed
    );
}

#[tokio::test]
async fn a_guard_that_was_ended_comes_back_and_one_that_cannot_ends_the_run() {
    let place = Place::new().await;
    let mut admin = place.admin().await;
    // Its session is ended alone: it opens another one.
    let (connector, mix, stop) = (place.connector(), workload([by_id()]), Stop::default());
    let options = options(open(50.0), 2500);
    let running = run(&connector, &mix, &options, &stop, &|_| {});
    let ending = async {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%MATERIALIZED%' AND pid <> pg_backend_pid()";
        admin.simple(sql).await.expect("ended");
    };
    let (result, ()) = tokio::join!(running, ending);
    assert_eq!(result.expect("a result").ending, Ending::Completed);
}

#[tokio::test]
async fn a_request_to_stop_keeps_what_came_until_then() {
    let place = Place::new().await;
    let (connector, mix, stop) = (place.connector(), workload([by_id()]), Stop::default());
    let (options, begun) = (options(open(50.0), 30_000), Instant::now());
    let running = run(&connector, &mix, &options, &stop, &|_| {});
    let stopping = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(stop.is_heeded());
        stop.request();
    };
    let (result, ()) = tokio::join!(running, stopping);
    let result = result.expect("what came until then");
    assert!(begun.elapsed() < Duration::from_secs(6) && result.load.done > 10, "{:?}", result.load.done);
    assert_eq!(result.ending, Ending::Stopped);
    assert!(checks(&result).contains(&("bench-stopped".to_owned(), Status::Blind)));
    // Before it began, there is nothing to keep.
    let stop = Stop::default();
    stop.request();
    let nothing = run(&connector, &mix, &options, &stop, &|_| {}).await;
    assert!(matches!(nothing, Err(Error::Stopped)), "{nothing:?}");
}

#[tokio::test]
async fn a_modest_role_is_told_what_it_cannot_see() {
    let place = Place::new().await;
    place.admin().await.batch("GRANT SELECT ON documents TO modest").await.expect("granted");
    let result = bench(&place.connector_of("modest"), &workload([by_id()]), &options(CLOSED, 800)).await;
    assert_eq!(result.ending, Ending::Completed);
    assert!(result.watched.blind[0].contains("pg_monitor"), "{:?}", result.watched.blind);
    assert!(result.watched.looks.iter().all(|look| look.active.is_none() && look.waiting.is_some()));
    assert!(checks(&result).contains(&("bench-guard-blind".to_owned(), Status::Info)));
}

#[tokio::test]
async fn a_server_that_is_gone_ends_the_run_and_the_result_is_kept() {
    let mut place = Place::new().await;
    let (connector, mix, stop) = (place.connector(), workload([by_id()]), Stop::default());
    let (options, begun) = (options(open(50.0), 30_000), Instant::now());
    let running = run(&connector, &mix, &options, &stop, &|_| {});
    let stopping = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        place.server.stop_mode(pgrefit_scratch::StopMode::Immediate).expect("stopped");
    };
    let (result, ()) = tokio::join!(running, stopping);
    let result = result.expect("what came until then");
    assert!(
        matches!(&result.ending, Ending::Suffered(it) if it.sign == Sign::NoAnswer),
        "{:?}",
        result.ending
    );
    assert!(begun.elapsed() < Duration::from_secs(20) && result.load.done > 10, "{:?}", begun.elapsed());
    assert!(result.counters.database.missing().is_some_and(|why| why.contains("could not be read")));
}
