//! Two sides in turn on a real server.

use std::collections::BTreeMap;
use std::time::Duration;

use pgrefit_bench::Error;
use pgrefit_bench::benchmark::{
    BenchOptions, Ending, Side, Versus, VersusOptions, compare_stored, run, versus,
};
use pgrefit_bench::versus::{Comparison, Terms, Verdict, judge};
use pgrefit_load::{LoadOptions, LoadStatement, Pace};
use pgrefit_pg::Stop;

use super::benchmarking::{by_id, guard, workload};
use super::place::Place;

fn options(pairs: usize, round_ms: u64) -> VersusOptions {
    let load = LoadOptions {
        pace: Pace::Closed { users: 1, think: Duration::ZERO },
        warm_up: Duration::from_millis(50),
        duration: Duration::from_millis(round_ms),
        drain: Duration::from_secs(1),
        ..LoadOptions::default()
    };
    VersusOptions { bench: BenchOptions { load, guard: guard(), ..BenchOptions::default() }, pairs }
}

fn sides(place: &Place, setups: [Option<&str>; 2]) -> [Side; 2] {
    let [a, b] = setups.map(|sql| sql.map(str::to_owned));
    let side = |name: &str, setup| Side { name: name.to_owned(), connector: place.connector(), setup };
    [side("A", a), side("B", b)]
}

fn judged(versus: &Versus) -> Comparison {
    judge(&versus.pairs, &BTreeMap::new(), &Terms::default())
}

#[tokio::test]
async fn an_index_that_is_gone_is_found_and_its_plan_named() {
    for place in Place::all().await {
        let sql = "SELECT count(*) FROM documents WHERE source = 's7'";
        let mix = workload([by_id(), LoadStatement::new("by-source", sql)]);
        let setups = [
            "CREATE INDEX IF NOT EXISTS documents_source ON documents (source)",
            "DROP INDEX IF EXISTS documents_source",
        ];
        let versus =
            versus(&sides(&place, setups.map(Some)), &mix, &options(12, 150), &Stop::default(), &|_| {})
                .await;
        let versus = versus.expect("compared");
        assert_eq!((&versus.ending, versus.pairs.len()), (&Ending::Completed, 12));
        let comparison = judged(&versus);
        let [by_id, by_source] = &comparison.statements[..] else { panic!("{comparison:?}") };
        assert_eq!(by_source.verdict, Verdict::Slower, "{by_source:?}");
        assert_ne!(by_id.verdict, Verdict::NotMeasured, "{by_id:?}");
        let plans = versus.plan_findings();
        assert!(
            plans
                .iter()
                .any(|it| it.check == "query-index-lost" && it.object.as_deref() == Some("by-source")),
            "{plans:?}"
        );
        // A is what is left.
        let left = "SELECT count(*) FROM pg_indexes WHERE indexname = 'documents_source'";
        let rows = place.admin().await.simple(left).await.expect("asked");
        assert_eq!(rows[0][0].as_deref(), Some("1"));
    }
}

#[tokio::test]
async fn settings_of_the_sessions_are_a_side() {
    let place = Place::new().await;
    let [a, mut b] = sides(&place, [None, None]);
    b.connector =
        b.connector.with_start_settings(&[("enable_indexscan", "off"), ("enable_bitmapscan", "off")]);
    let versus = versus(&[a, b], &workload([by_id()]), &options(12, 100), &Stop::default(), &|_| {})
        .await
        .expect("compared");
    let comparison = judged(&versus);
    assert_eq!(comparison.verdict, Verdict::Slower, "{comparison:?}");
    assert!(comparison.all.ratio > 2.0);
    assert!(!versus.plan_findings().is_empty());
}

#[tokio::test]
async fn a_setup_that_fails_and_a_request_to_stop_leave_a() {
    let place = Place::new().await;
    let stop = Stop::default();
    let broken = sides(&place, [Some("CREATE TABLE IF NOT EXISTS side_a ()"), Some("SELECT 1 / 0")]);
    let failed = versus(&broken, &workload([by_id()]), &options(8, 100), &stop, &|_| {}).await;
    assert!(matches!(&failed, Err(Error::Setup { side, .. }) if side == "B"), "{failed:?}");
    let setups =
        sides(&place, [Some("DROP TABLE IF EXISTS side_b"), Some("CREATE TABLE IF NOT EXISTS side_b ()")]);
    let mix = workload([by_id()]);
    let options = options(50, 200);
    let running = versus(&setups, &mix, &options, &stop, &|_| {});
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(2500)).await;
        stop.request();
    };
    let (stopped, ()) = tokio::join!(running, stopping);
    let stopped = stopped.expect("the pairs until then");
    assert!(stopped.ending == Ending::Stopped && stopped.pairs.len() < 50, "{}", stopped.pairs.len());
    let rows = place.admin().await.simple("SELECT to_regclass('side_b')").await.expect("asked");
    assert_eq!(rows[0][0], None);
}

/// A set-up of B that takes long is cancelled and over before that of A is run once more: else it would come after it.
#[tokio::test]
async fn a_setup_that_runs_when_it_is_stopped_is_ended_on_the_server() {
    let place = Place::new().await;
    let stop = Stop::default();
    let slow = "CREATE TABLE side_b (); SELECT pg_sleep(60)";
    let setups = sides(&place, [Some("DROP TABLE IF EXISTS side_b"), Some(slow)]);
    let (mix, options) = (workload([by_id()]), options(8, 100));
    let running = versus(&setups, &mix, &options, &stop, &|_| {});
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        stop.request();
    };
    let (stopped, ()) = tokio::join!(running, stopping);
    assert!(matches!(stopped, Err(Error::Stopped)), "{stopped:?}");
    let left = "SELECT (SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'CREATE TABLE side_b%'), \
                to_regclass('side_b')";
    let rows = place.admin().await.simple(left).await.expect("asked");
    assert_eq!((rows[0][0].as_deref(), rows[0][1].as_deref()), (Some("0"), None));
}

#[tokio::test]
async fn kept_results_are_compared_with_what_they_have() {
    let place = Place::new().await;
    let VersusOptions { mut bench, .. } = options(1, 200);
    bench.repeat = 6;
    let mix = workload([by_id()]);
    let fast = run(&place.connector(), &mix, &bench, &Stop::default(), &|_| {}).await.expect("a result");
    let slow_way =
        place.connector().with_start_settings(&[("enable_indexscan", "off"), ("enable_bitmapscan", "off")]);
    let slow = run(&slow_way, &mix, &bench, &Stop::default(), &|_| {}).await.expect("a result");
    assert_eq!((fast.rounds.len(), slow.rounds.len()), (6, 6));
    let check = |a, b, expected: Verdict| {
        let compared = compare_stored(a, b);
        assert_eq!(compared.verdicts, [("by-id".to_owned(), expected)], "{compared:?}");
        compared
    };
    let slower = check(&fast, &slow, Verdict::Slower);
    assert!(slower.findings.iter().any(|it| it.check == "query-index-lost"), "{:?}", slower.findings);
    check(&slow, &fast, Verdict::Faster);
    check(&fast, &fast, Verdict::NoDifferenceShown);
    let mut once = fast.clone();
    once.rounds.truncate(1);
    check(&once, &slow, Verdict::NotMeasured);
}

/// Ten milliseconds against eleven, and ten against ten: by sleeping, which no load of the machine makes shorter.
#[tokio::test]
async fn a_tenth_is_found_and_nothing_is_found_in_the_same() {
    let place = Place::new().await;
    let sleeping = |ms: u32| {
        format!(
            "CREATE OR REPLACE FUNCTION nap() RETURNS int LANGUAGE sql AS $$ SELECT 1 FROM pg_sleep({ms} / 1000.0) $$; \
             SELECT 1"
        )
    };
    let mix = workload([LoadStatement::new("nap", "SELECT nap()")]);
    let compared = async |b: u32| {
        let setups = [sleeping(10), sleeping(b)];
        let sides = sides(&place, [Some(setups[0].as_str()), Some(setups[1].as_str())]);
        versus(&sides, &mix, &options(16, 250), &Stop::default(), &|_| {}).await.expect("compared")
    };
    let slower = judged(&compared(11).await);
    assert_eq!(slower.verdict, Verdict::Slower, "{slower:?}");
    // By a level at which a false alarm does not come in a thousand runs of this test.
    let same = compared(10).await;
    let terms = Terms { alpha: 0.001, ..Terms::default() };
    let same = judge(&same.pairs, &BTreeMap::new(), &terms);
    assert_eq!(same.verdict, Verdict::NoDifferenceShown, "{same:?}");
}
