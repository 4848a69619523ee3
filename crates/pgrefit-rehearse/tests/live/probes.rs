//! Probes in the message of a live run: the same run, with times and locks.

use std::fmt::Write as _;
use std::time::Duration;

use pgrefit_history::{Applied, Error, Observe, apply_observed};
use pgrefit_pg::{Connector, RunnerLock, Stop};

use super::place::{BOUNDS, Place, TABLE, files};

const SETUP: &str =
    "CREATE TABLE a (id int PRIMARY KEY, n int); INSERT INTO a SELECT g, g FROM generate_series(1, 1000) g;
    CREATE TABLE b (id int PRIMARY KEY);";

async fn run(connector: &Connector, texts: &[&str], observe: Observe<'_>) -> Result<Vec<Applied>, Error> {
    let mut lock = RunnerLock::acquire(connector, Duration::from_secs(5), |_| {}).await.expect("a lock");
    let (stop, files) = (Stop::default(), files(texts));
    let mut quiet = |_: pgrefit_history::Event<'_>| {};
    let run = apply_observed(connector, &mut lock, &files, TABLE, None, BOUNDS, &stop, &mut quiet, observe);
    Box::pin(run).await
}

#[tokio::test]
async fn a_live_run_tells_times_and_locks() {
    for place in Place::all() {
        let connector = place.database("probed", SETUP).await;
        let texts = [
            "-- one\nALTER TABLE a ADD COLUMN x int;; SELECT pg_sleep(0.2), 'pgrefit' FROM a LIMIT 1;\nSET ROLE pg_monitor;\n\
             RESET ROLE; CREATE TEMP TABLE t (id int); INSERT INTO b VALUES (1) -- no semicolon",
            "CREATE INDEX CONCURRENTLY a_n ON a (n); CREATE INDEX b_id ON b (id);\n-- pgrefit:backfill\n\
             UPDATE a SET x = n WHERE x IS NULL;",
        ];
        let applied = run(&connector, &texts, Observe::Probes).await.expect("applied");
        let numbers: Vec<usize> = applied[0].probed.iter().map(|probed| probed.number).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
        let slow: Vec<bool> =
            applied[0].probed.iter().map(|probed| probed.duration >= Duration::from_millis(200)).collect();
        assert_eq!(slow, [false, true, false, false, false, false]);
        let held = |applied: &Applied| -> Vec<String> {
            applied
                .held
                .iter()
                .map(|lock| format!("{} {} {}", lock.step, lock.relation, lock.mode.sql()))
                .collect()
        };
        assert_eq!(held(&applied[0]), ["1 public.a ACCESS EXCLUSIVE", "1 public.b ROW EXCLUSIVE"]);
        assert!(applied[0].held[0].open >= Duration::from_millis(200));
        let numbers: Vec<usize> = applied[1].probed.iter().map(|probed| probed.number).collect();
        assert_eq!(numbers, [1, 2, 3]);
        assert_eq!(held(&applied[1]), ["2 public.b SHARE", "2 public.b_id ACCESS EXCLUSIVE"]);
        // What ran is what runs without probes.
        let plain = run(&place.database("plain", SETUP).await, &texts, Observe::Not).await.expect("applied");
        assert!(plain.iter().all(|file| file.probed.is_empty() && file.held.is_empty()));
    }
}

#[tokio::test]
async fn errors_keep_their_places() {
    let failing = [
        "SELECT 1;\n  SELECT 'é', nothing FROM a;",
        "SELECT 'é';\n\n  INSERT INTO a VALUES (1);\nSELECT 2;",
        "INSERT INTO a VALUES (1);",
        "SELECT 1;\nDO $$ BEGIN RAISE 'no'; END $$",
        "SELECT 1;\nSELEC 2;",
        "SELECT 1;\nCREATE TABLE c (id int REFERENCES a DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO c VALUES (-1);",
        "VACUUM a; SELECT 1;\n SELECT 1/0;",
    ];
    for place in Place::all() {
        for (index, sql) in failing.iter().enumerate() {
            let mut told = Vec::new();
            for (name, observe) in [("plain", Observe::Not), ("probed", Observe::Probes)] {
                let connector = place.database(&format!("{name}_{index}"), SETUP).await;
                let error = run(&connector, &[sql], observe).await.expect_err(sql);
                told.push(match error {
                    Error::PartWay { source, .. } => format!("part way: {source:?}"),
                    error => format!("{error:?}"),
                });
            }
            // Positions of the server are those in what was sent; the place in the file is what counts.
            let places: Vec<&str> =
                told.iter().map(|text| text.split("source:").next().unwrap_or_default()).collect();
            assert_eq!(places[0], places[1], "{sql}");
        }
    }
}

/// What probes cost: the shortest of some runs, by turns, because whatever else the machine does makes them longer only.
#[tokio::test]
async fn probes_cost_little() {
    const STATEMENTS: usize = 400;
    let place = Place::one();
    let mut sql = String::new();
    for number in 0..STATEMENTS {
        let _ = writeln!(sql, "ALTER TABLE a ALTER COLUMN n SET DEFAULT {number};");
    }
    let mut shortest = [Duration::MAX; 2];
    for round in 0..6 {
        for (index, observe) in [Observe::Not, Observe::Probes].into_iter().enumerate() {
            let connector = place.database(&format!("cost_{index}_{round}"), SETUP).await;
            let applied = run(&connector, &[&sql], observe).await.expect("applied");
            assert_eq!(applied[0].probed.len(), index * STATEMENTS);
            shortest[index] = shortest[index].min(applied[0].duration);
        }
    }
    let each = shortest[1].saturating_sub(shortest[0]) / u32::try_from(STATEMENTS).expect("a number");
    assert!(each < Duration::from_micros(200), "{each:?} a statement: {shortest:?}");
}
