//! What is measured of queries that work.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use pgrefit_bench::{Cut, Error, Event, Options, compare, measure};
use pgrefit_pg::Stop;
use pgrefit_report::Status;

use super::place::{Place, query, quick};

#[tokio::test]
async fn times_rows_plans_blocks_and_digests() {
    for place in Place::all().await {
        let by_source = query("by-source", "SELECT * FROM documents WHERE source = $1 AND size >= $2;")
            .with(&["s7", "0"])
            .with(&["s8", "500"]);
        let all = query("count", "SELECT count(*) FROM documents -- all of them");
        let options = Options { digests: true, ..Options::default() };
        let measured = place.measure(&[by_source, all], &options).await;
        assert_eq!(measured.version_num / 10_000, place.major);
        let found = measured.query("by-source").expect("it is there");
        assert_eq!((&found.trouble, found.cut, found.runs()), (&None, None, 20));
        assert_eq!(found.rows[0], Some(100));
        assert!(found.rows[1].expect("run") < 100);
        assert_eq!((found.plans.len(), found.digests.len(), found.digests[0].rows), (2, 2, 100));
        assert_ne!(found.digests[0], found.digests[1]);
        assert!(found.plans[0].outline().contains("documents_source"), "{}", found.plans[0].outline());
        assert_eq!(found.relation_rows["public.documents"], 100_000);
        assert!(found.buffers.expect("counted").shared_hit_blocks > 0);
        let timing = measured.query("count").and_then(|it| it.timing.clone()).expect("measured");
        assert!(timing.min <= timing.p50 && timing.p50 <= timing.p95 && timing.p95 <= timing.max);
        assert!(timing.min > Duration::from_micros(100), "{timing:?}");
    }
}

#[tokio::test]
async fn a_digest_does_not_depend_on_order() {
    let place = Place::new().await;
    let of = |name, sql| query(name, sql);
    let queries = [
        of("up", "SELECT id, source FROM documents WHERE size = 5 ORDER BY id"),
        of("down", "SELECT id, source FROM documents WHERE size = 5 ORDER BY id DESC"),
        of("fewer", "SELECT id, source FROM documents WHERE size = 5 AND id > 1000"),
        of("twice", "SELECT 1 AS a, 1 AS a UNION ALL SELECT 1, 1"),
        of("once", "SELECT 1 AS a, 1 AS a"),
    ];
    let measured = place.measure(&queries, &Options { digests: true, ..quick() }).await;
    let digest = |name: &str| measured.query(name).expect("it is there").digests[0].clone();
    assert_eq!(digest("up"), digest("down"));
    assert_ne!(digest("up"), digest("fewer"));
    assert_ne!(digest("twice"), digest("once"));
}

#[tokio::test]
async fn a_measurement_survives_a_file() {
    let place = Place::new().await;
    let options = Options { digests: true, ..quick() };
    let measured = place.measure(&[query("count", "SELECT count(*) FROM documents")], &options).await;
    let text = serde_json::to_string(&measured).expect("written");
    let read: pgrefit_bench::Measured = serde_json::from_str(&text).expect("read");
    assert_eq!(serde_json::to_string(&read).expect("written"), text);
    assert!(text.contains("p95_ms") && text.contains("budget_ms\":2000.0"), "{text}");
    assert_eq!(compare(Some(&measured), &read, &pgrefit_bench::Tolerance::default()), []);
}

#[tokio::test]
async fn sessions_share_the_runs() {
    let place = Place::new().await;
    let options = Options { sessions: 4, warmups: 0, ..Options::default() };
    let measured = place.measure(&[query("sleep", "SELECT pg_sleep(0.1)")], &options).await;
    assert_eq!((measured.sessions, measured.queries[0].runs()), (4, 20));
    // One by one they take two seconds.
    assert!(measured.elapsed < Duration::from_millis(1700), "{:?}", measured.elapsed);
}

#[tokio::test]
async fn limits_of_time_cut_it_short() {
    let place = Place::new().await;
    let sleep = |name| query(name, "SELECT pg_sleep(0.05)");
    let options = Options { warmups: 0, query_limit: Duration::from_millis(220), ..Options::default() };
    let measured = place.measure(&[sleep("a")], &options).await;
    assert_eq!(measured.queries[0].cut, Some(Cut::QueryLimit));
    assert!((1..=5).contains(&measured.queries[0].runs()), "{:?}", measured.queries[0]);
    let options = Options { total_limit: Duration::from_millis(300), ..Options::default() };
    let measured = place.measure(&[sleep("a"), sleep("b"), sleep("c")], &options).await;
    let [a, .., c] = &measured.queries[..] else { panic!("three") };
    assert!(a.runs() < 20 && a.cut == Some(Cut::TotalLimit), "{a:?}");
    assert_eq!((c.runs(), c.cut), (0, Some(Cut::TotalLimit)));
    let findings = compare(None, &measured, &pgrefit_bench::Tolerance::default());
    let of_c = findings.iter().find(|it| it.object.as_deref() == Some("c")).expect("told");
    assert_eq!((of_c.check.as_str(), of_c.status), ("query-not-measured", Status::Blind));
    let of_a = findings.iter().find(|it| it.object.as_deref() == Some("a")).expect("told");
    assert_eq!((of_a.check.as_str(), of_a.status), ("query-few-runs", Status::Info));
}

#[tokio::test]
async fn a_request_to_stop_cancels_the_query() {
    let place = Place::new().await;
    let (stop, begun) = (Stop::default(), Instant::now());
    let queries = [query("long", "SELECT pg_sleep(9)"), query("next", "SELECT 1")];
    let connector = place.connector();
    let options = Options::default();
    let measuring = measure(&connector, &queries, &options, &stop, &|_| {});
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(stop.is_heeded());
        stop.request();
    };
    let (measured, ()) = tokio::join!(measuring, stopping);
    let measured = measured.expect("as far as it came");
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(measured.interrupted && !stop.is_heeded());
    assert!(measured.queries.iter().all(|it| it.cut == Some(Cut::Stopped) && it.trouble.is_none()));
}

#[tokio::test]
async fn events_are_told_in_order() {
    let place = Place::new().await;
    let heard = Mutex::new(Vec::new());
    let queries = [query("a", "SELECT 1"), query("b", "SELECT 1 / 0")];
    let on_event = |event: Event<'_>| {
        heard.lock().expect("unpoisoned").push(match event {
            Event::Begun { query, number, total } => format!("{query} {number}/{total}"),
            Event::Done(done) => format!("{} {}", done.name, done.runs()),
        });
    };
    measure(&place.connector(), &queries, &quick(), &Stop::default(), &on_event).await.expect("measured");
    assert_eq!(*heard.lock().expect("unpoisoned"), ["a 1/2", "a 5", "b 2/2", "b 0"]);
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_refused() {
    let place = Place::new().await;
    let connector = place.connector();
    let ask = async |names: &[&str], options: Options| {
        let queries: Vec<_> = names.iter().map(|name| query(name, "SELECT 1")).collect();
        measure(&connector, &queries, &options, &Stop::default(), &|_| {}).await
    };
    assert!(matches!(ask(&["a", "a"], quick()).await, Err(Error::SameName(name)) if name == "a"));
    for options in [
        Options { runs: 0, ..quick() },
        Options { sessions: 0, ..quick() },
        Options { sessions: 65, ..quick() },
        Options { run_limit: Duration::ZERO, ..quick() },
    ] {
        assert!(matches!(ask(&["a"], options).await, Err(Error::Options(_))), "{options:?}");
    }
    assert!(ask(&[], quick()).await.expect("nothing to do").queries.is_empty());
}

#[tokio::test]
async fn a_request_to_stop_ends_the_attempt_to_connect() {
    // Takes connections and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
    let url = format!("postgres://u:p@{}/d?sslmode=disable", silent.local_addr().expect("an address"));
    let settings = pgrefit_pg::Settings::resolve(Some(&url), &|_| None).expect("settings");
    let limits = pgrefit_pg::Limits { connect: Duration::from_secs(20), ..Default::default() };
    let connector = pgrefit_pg::Connector::new(settings, "pgrefit/bench".to_owned(), limits);
    let (stop, begun, queries) = (Stop::default(), Instant::now(), [query("a", "SELECT 1")]);
    let (options, replaying) = (Options::default(), pgrefit_bench::ReplayOptions::default());
    let measuring = measure(&connector, &queries, &options, &stop, &|_| {});
    let replaying = pgrefit_bench::replay(&connector, &queries, &replaying, &stop);
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        stop.request();
    };
    let (measured, traffic, ()) = tokio::join!(measuring, replaying, stopping);
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(measured.expect("stopped").queries[0].cut, Some(Cut::Stopped));
    assert_eq!(traffic.expect("stopped").served, 0);
}
