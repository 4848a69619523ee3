//! What goes wrong: a run that is killed, stopped, or not alone; a role with few privileges; the live server given as the copy.

use std::time::Duration;

use pgrefit_pg::{Migrator, Stop};
use pgrefit_tune::indexes::{Error, Event, Options, Statement, WritableCopy, find};

use super::place::{Place, rows, standing};

const SETUP: &str = "CREATE TABLE t (id int PRIMARY KEY, a int, b text);
INSERT INTO t SELECT n, n % 4000, repeat('x', 50) FROM generate_series(1, 20000) AS n";

fn statement() -> Statement {
    Statement::given("by a", "SELECT * FROM t WHERE a = $1").with_args(vec![vec![Some("7".to_owned())]])
}

fn options() -> Options {
    Options { rounds: 1, ..Options::default() }
}

#[tokio::test]
async fn the_live_server_is_not_taken_for_a_copy() {
    let (live, other) = (Place::new(), Place::new());
    drop(live.database("copy", SETUP).await);
    let refused = WritableCopy::beside(&live.connector("postgres"), live.connector("copy")).await;
    assert!(matches!(refused, Err(Error::IsLive { .. })), "{refused:?}");
    let taken = WritableCopy::beside(&live.connector("postgres"), other.connector("postgres")).await;
    assert!(taken.is_ok(), "{taken:?}");
}

#[tokio::test]
async fn a_second_run_is_refused_and_leftovers_are_dropped() {
    let place = Place::new();
    let mut session = place.database("app", SETUP).await;
    let before = standing(&mut session).await;
    session
        .batch("CREATE INDEX pgrefit_try_1 ON t (b); COMMENT ON INDEX pgrefit_try_1 IS 'pgrefit: a candidate that is being measured'")
        .await
        .expect("left");
    let (first, second) = (place.copy("app"), place.copy("app"));
    let (stop, statements, options) = (Stop::default(), [statement()], options());
    let mut refused = None;
    let mut count = 0;
    let mut on_event = |event: Event| count += usize::from(matches!(event, Event::Building { .. }));
    let mut nothing = |_: Event| ();
    let all = Box::pin(find(&first, &statements, &options, &stop, &mut on_event));
    let again = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        refused = Some(Box::pin(find(&second, &statements, &options, &stop, &mut nothing)).await);
    };
    let (found, ()) = tokio::join!(all, again);
    let found = found.expect("found");
    assert!(matches!(refused, Some(Err(Error::Busy))), "{refused:?}");
    assert!(
        found.notes.iter().any(|note| note.starts_with("1 indexes that a killed run had left")),
        "{:?}",
        found.notes
    );
    assert_eq!(standing(&mut session).await, before);
    assert!(count >= 1);
}

#[tokio::test]
async fn a_run_that_is_stopped_leaves_nothing() {
    let place = Place::new();
    let mut session = place.database("app", SETUP).await;
    let before = standing(&mut session).await;
    let slow = Statement::given("slow", "SELECT pg_sleep(20) FROM t WHERE a = $1 LIMIT 1")
        .with_args(vec![vec![Some("7".to_owned())]]);
    let stop = Stop::default();
    let mut on_event = |event: Event| {
        if matches!(event, Event::Measuring { .. }) {
            let stop = stop.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(300)).await;
                stop.request();
            });
        }
    };
    let begun = std::time::Instant::now();
    let copy = place.copy("app");
    let stopped = Box::pin(find(&copy, &[slow, statement()], &options(), &stop, &mut on_event)).await;
    assert!(matches!(stopped, Err(Error::Stopped)), "{stopped:?}");
    assert!(begun.elapsed() < Duration::from_secs(10), "the statement was cancelled");
    assert_eq!(standing(&mut session).await, before);
}

#[tokio::test]
async fn a_run_whose_backend_is_killed_is_cleaned_up_by_the_next() {
    let place = Place::new();
    let mut session = place.database("app", SETUP).await;
    let before = standing(&mut session).await;
    let slow = Statement::given("slow", "SELECT pg_sleep(20) FROM t WHERE a = $1 LIMIT 1")
        .with_args(vec![vec![Some("7".to_owned())]]);
    let (copy, stop, options) = (place.copy("app"), Stop::default(), options());
    let mut nothing = |_: Event| ();
    let both = [slow, statement()];
    let run = Box::pin(find(&copy, &both, &options, &stop, &mut nothing));
    let (lost, ()) = tokio::join!(run, kill_when_it_sleeps(&place));
    assert!(matches!(lost, Err(Error::Database { .. })), "{lost:?}");
    assert_ne!(standing(&mut session).await, before, "the candidate is still there");
    let found = place.find("app", &[statement()], &options).await;
    assert!(found.notes[0].contains("that a killed run had left"), "{:?}", found.notes);
    assert_eq!(standing(&mut session).await, before);
}

async fn kill_when_it_sleeps(place: &Place) {
    let mut admin: Migrator = place.connector("postgres").migrator().await.expect("a session");
    let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE '%EXECUTE%' AND wait_event = 'PgSleep'";
    for _ in 0..300 {
        if rows(&mut admin, sql).await[0][0] != "0" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nothing slept");
}

#[tokio::test]
async fn a_statement_beyond_the_limit_counts_with_it() {
    let place = Place::new();
    drop(place.database("app", SETUP).await);
    let slow = Statement::given(
        "slow",
        "SELECT count(*) FROM t AS x, t AS y WHERE x.a = $1 AND md5(y.b || x.id) = 'z'",
    )
    .with_args(vec![vec![Some("7".to_owned())]])
    .with_budget(Duration::from_millis(10));
    let limit = Duration::from_millis(20);
    let found = place.find("app", &[slow], &Options { statement_limit: limit, ..options() }).await;
    let one = &found.statements[0];
    assert!(one.cut_before && one.cut_after && !one.keeps_budget(), "{found:#?}");
    assert!((one.before_ms - 20.0).abs() < 0.01);
}

#[tokio::test]
async fn an_owner_without_superuser_rights_is_enough() {
    let place = Place::new();
    let mut admin = place.connector("postgres").migrator().await.expect("a session");
    admin.batch("CREATE ROLE owner LOGIN PASSWORD 'owner'").await.expect("made");
    admin.batch("CREATE DATABASE app OWNER owner").await.expect("made");
    let mut session = place.connector_of("owner", "app").migrator().await.expect("a session");
    session.batch("CREATE SCHEMA own").await.expect("made");
    session.batch(&format!("SET search_path = own; {SETUP}")).await.expect("set up");
    session.batch("ALTER ROLE owner SET search_path = own, public").await.expect("set");
    let other = Place::new();
    let copy = WritableCopy::beside(&other.connector("postgres"), place.connector_of("owner", "app"))
        .await
        .expect("a copy");
    let mut nothing = |_: Event| ();
    let found = Box::pin(find(&copy, &[statement()], &options(), &Stop::default(), &mut nothing))
        .await
        .expect("found");
    let kept: Vec<String> =
        found.kept.iter().map(|kept| format!("{} {}", kept.table, kept.definition)).collect();
    assert_eq!(kept, ["own.t (a)"], "{found:#?}");
    assert!(found.kept[0].write.is_some(), "{:?}", found.notes);
}

#[tokio::test]
async fn a_build_that_takes_too_long_or_cannot_be_is_told() {
    let place = Place::new();
    let setup = "CREATE TABLE t (id int PRIMARY KEY, a int, b text);
        INSERT INTO t SELECT n, n % 4000, repeat(md5(n::text), 5 + n / 19999 * 2000) FROM generate_series(1, 20000) AS n;
        ALTER TABLE t ALTER b SET STORAGE EXTERNAL; UPDATE t SET b = b || 'x' WHERE id = 20000";
    drop(place.database("app", setup).await);
    let long =
        Statement::given("long", "SELECT id FROM t WHERE b = $1").with_args(vec![vec![Some("x".to_owned())]]);
    let found = place.find("app", &[long], &options()).await;
    let reasons: Vec<&str> = found.rejected.iter().map(|one| one.reason.as_str()).collect();
    assert!(reasons.iter().any(|why| why.contains("index row")), "{found:#?}");
    let short = Options { build_limit: Duration::from_millis(1), ..options() };
    let by_a = place.find("app", &[statement()], &short).await;
    assert!(by_a.rejected.iter().any(|one| one.reason.contains("statement timeout")), "{by_a:#?}");
}
