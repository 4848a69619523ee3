//! Tuning at the command line: settings that a server of the same version takes, a pool measured, indexes found on a copy.
//!
//! What is applied to a live server is tested where a server can be had alone, in `pgrefit-tune`.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::concurrency::{finish, until};
use crate::harness::{Database, Folder, Pgrefit, pgrefit, sql_at, versions};

const EVENTS: &str = "
CREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, source text NOT NULL, at timestamptz NOT NULL, note text);
INSERT INTO events (source, at, note)
SELECT 's' || i % 500, timestamptz '2026-01-01 00:00+00' + i * interval '1 minute', repeat('x', 100)
FROM generate_series(1, 40000) AS i;
";

const QUERIES: &str = "
[[queries]]
name = 'latest-of-source'
sql = 'SELECT * FROM events WHERE source = $1 ORDER BY at DESC LIMIT 20'
weight = 10
args = [['s1'], ['s7'], ['s77']]

[[queries]]
name = 'by-id'
sql = 'SELECT * FROM events WHERE id = $1'
args = [['7'], ['700']]
";

const SLEEP: &str = "name = 'sleep'
[[statements]]
name = 'sleep'
sql = 'SELECT pg_sleep(0.01), $1::int'
params = [{ integer = [1, 9] }]
";

fn run(database: &Database, folder: &Path, arguments: &[&str]) -> Pgrefit {
    pgrefit(arguments).inside(folder).on(database)
}

fn prepared(major: u32) -> (Database, Folder) {
    let (database, folder) = (Database::on(major), Folder::new(&[("V1__events.sql", EVENTS)]));
    std::fs::write(folder.path().join("pgrefit.toml"), QUERIES).unwrap();
    run(&database, folder.path(), &["migrate"]).run().expect(0);
    (database, folder)
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The sizes of the table `memory_budget`, with the total at the end.
fn budget(report: &Value) -> Vec<u64> {
    let budget = &report["tables"]["memory_budget"];
    budget.as_array().unwrap().iter().map(|row| row["size_bytes"].as_u64().unwrap()).collect()
}

#[test]
fn settings_fit_into_the_memory_and_a_server_takes_them() {
    for major in versions() {
        let (database, folder) = (Database::on(major), Folder::new(&[]));
        let arguments = ["tune", "server", "--memory", "1GiB", "--cpus", "2", "--storage", "ssd"];
        let saved = ["--pools", "20", "--try", "--save", "tune.sql", "--format", "json"];
        let all: Vec<&str> = arguments.into_iter().chain(saved).collect();
        let report = json(&run(&database, folder.path(), &all).run().expect(0).stdout);
        assert_eq!(report["facts"]["trial_leads_back"], true, "{major}: {report}");
        assert_eq!(report["facts"]["trial_confirmed"], report["facts"]["proposals"], "{major}");
        let sizes = budget(&report);
        let (total, parts) = sizes.split_last().unwrap();
        assert!(*total <= 1 << 30 && parts.iter().sum::<u64>() == *total, "{major}: {sizes:?}");
        let script = std::fs::read_to_string(folder.path().join("tune.sql")).unwrap();
        let reset = std::fs::read_to_string(folder.path().join("tune.reset.sql")).unwrap();
        let count = |text: &str, word: &str| text.matches(word).count();
        assert_eq!(
            count(&script, "\nALTER SYSTEM SET "),
            count(&reset, "\nALTER SYSTEM "),
            "{script}{reset}"
        );
        // The way back of an earlier run may be the only one.
        let other = ["tune", "server", "--memory", "8GiB", "--save", "tune.sql"];
        let lost = "it is there already, and leads back to something else";
        run(&database, folder.path(), &other).run().expect(2).says(&["tune.reset.sql", lost, "--save"]);
        assert_eq!(std::fs::read_to_string(folder.path().join("tune.reset.sql")).unwrap(), reset);
        // Nothing was changed.
        assert_eq!(
            database.value("SELECT count(*) FROM pg_settings WHERE sourcefile LIKE '%auto.conf'"),
            "0"
        );
    }
}

#[test]
fn what_is_not_known_is_told_and_what_is_wrong_refused() {
    let (database, folder) = (Database::new(), Folder::new(&[]));
    let check = |arguments: &[&str], code: i32, parts: &[&str]| {
        let all: Vec<&str> = ["tune"].into_iter().chain(arguments.iter().copied()).collect();
        let ran = run(&database, folder.path(), &all).run().expect(code);
        let (text, flat) = (format!("{}{}", ran.stdout, ran.stderr), |text: &str| text.replace('\n', " "));
        assert!(parts.iter().all(|part| flat(&text).contains(part)), "{arguments:?}: {text}");
    };
    check(&["server"], 0, &["shared_buffers was not judged", "--memory"]);
    check(&["server", "--memory", "8gigs"], 2, &["no size"]);
    check(&["server", "--memory", "16MB"], 3, &["no memory budget"]);
    check(&["server", "--memory", "256MB"], 3, &["no memory budget", "--pools"]);
    check(&["server", "--apply"], 2, &["--save"]);
    check(&["pool"], 2, &["no [[queries]]", "docserver"]);
    check(&["pool", "docserver", "--users", "0"], 2, &["a closed loop needs a user"]);
    check(&["pool", "nowhere.toml"], 2, &["nowhere.toml"]);
    std::fs::write(folder.path().join("wrong.toml"), "nam = 'x'\n").unwrap();
    check(&["pool", "wrong.toml"], 2, &["did you mean \"name\"?"]);
    run(&database, folder.path(), &["tune", "pool", "docserver", "--write"])
        .env("PGREFIT_POLICY_ENVIRONMENT", "production")
        .run()
        .expect(11)
        .says(&["production database", "--write-to-production"]);
    check(&["indexes"], 3, &["pg_stat_statements"]);
    std::fs::write(folder.path().join("pgrefit.toml"), "[[queries]]\nname = 'one'\nsql = 'SELECT 1'\n")
        .unwrap();
    check(&["indexes"], 2, &["no backup of it", "pgrefit backup take"]);
    check(&["indexes", "--copy", &database.url()], 11, &["its server is the live one"]);
}

#[test]
fn a_pool_is_measured_and_its_points_obey_littles_law() {
    let (database, folder) = prepared(versions()[0]);
    std::fs::write(folder.path().join("sleep.toml"), SLEEP).unwrap();
    let arguments = [
        "tune",
        "pool",
        "sleep.toml",
        "--users",
        "8",
        "--size-max",
        "8",
        "--rounds",
        "1",
        "--duration",
        "1s",
    ];
    let all: Vec<&str> = arguments.into_iter().chain(["--no-validation", "--format", "json"]).collect();
    let ran = run(&database, folder.path(), &all).run();
    // Beside other tests the processors are busy, and then nothing may be recommended.
    assert!(matches!(ran.code, Some(0 | 3)), "{ran:?}");
    let report = json(&ran.stdout);
    let curve = report["tables"]["curve"].as_array().unwrap();
    let rates: Vec<f64> = curve.iter().map(|row| row["per_second"].as_f64().unwrap()).collect();
    assert_eq!(rates.len(), 6, "1, 2, 3, 4, 6, 8: {rates:?}");
    assert!(rates[5] > 3.0 * rates[0], "eight connections wait at the same time: {rates:?}");
    assert_eq!(report["facts"]["recommended_connections"].is_null(), ran.code == Some(3));
}

/// On a production database: others that wait for a lock end the sweep, also if they bear the name that the URL gives.
#[test]
fn a_sweep_ends_when_a_production_database_suffers() {
    let (database, folder) = prepared(versions()[0]);
    std::fs::write(folder.path().join("sleep.toml"), SLEEP).unwrap();
    let arguments = ["tune", "pool", "sleep.toml", "--users", "2", "--size-max", "2", "--duration", "20s"];
    let child = run(&database, folder.path(), &arguments)
        .env("PGREFIT_POLICY_ENVIRONMENT", "production")
        .env("PGAPPNAME", "app")
        .start();
    let sweeping = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                    AND application_name LIKE 'pgrefit/% tune pool %' AND query LIKE '%pg_sleep(0.01)%'";
    until("it sweeps", Duration::from_secs(30), || database.value(sweeping) != "0");
    let session = |sql: &str| {
        let sql = format!("SET application_name = 'app'; SET lock_timeout = '20s'; {sql}");
        let url = database.url();
        std::thread::spawn(move || sql_at(&url, &sql))
    };
    let holder = session("BEGIN; LOCK TABLE events; SELECT pg_sleep(5); COMMIT");
    let locked = "SELECT count(*) FROM pg_locks WHERE relation = 'events'::regclass AND mode = 'AccessExclusiveLock' AND granted";
    until("the table is locked", Duration::from_secs(10), || database.value(locked) == "1");
    let waiting: Vec<_> = (0..8).map(|_| session("SELECT count(*) FROM events")).collect();
    let ran = finish(child).expect(1);
    ran.says(&["the guard ended it, because the database suffers", "waited for locks", "run it on a copy"]);
    for thread in waiting.into_iter().chain([holder]) {
        thread.join().unwrap();
    }
}

#[test]
fn an_index_that_pays_is_found_on_a_copy_and_migrated() {
    let (database, folder) = prepared(versions()[0]);
    run(&database, folder.path(), &["backup", "take", "--unverified"]).run().expect(0);
    let before = database.fingerprint();
    let found = run(&database, folder.path(), &["tune", "indexes", "--write-migrations"]).run().expect(0);
    let found = found.shows(&["latest-of-source", "(source, at", "index-would-pay"]);
    assert_eq!(database.fingerprint(), before, "the live database was only read");
    let written: Vec<String> = std::fs::read_dir(folder.migrations())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("V2__"))
        .collect();
    assert_eq!(written.len(), 1, "{}", found.stdout);
    run(&database, folder.path(), &["lint"]).run().expect(0);
    run(&database, folder.path(), &["migrate"]).run().expect(0);
    let plan = database.sql("EXPLAIN SELECT * FROM events WHERE source = 's1' ORDER BY at DESC LIMIT 20");
    assert!(format!("{plan:?}").contains("idx_events_source_at"), "{plan:?}");
}

#[test]
fn what_settings_buy_is_measured_on_two_copies() {
    let (database, folder) = prepared(versions()[0]);
    let settings = ["tune", "server", "--memory", "1GiB", "--cpus", "2", "--pools", "20"];
    let tune = |more: &[&str]| run(&database, folder.path(), &[&settings, more].concat()).run();
    tune(&["--measure", "queries"]).expect(2).says(&["no backup of it", "pgrefit backup take"]);
    tune(&["--measure", "absent.toml"]).expect(2).says(&["absent.toml"]);
    tune(&["--pairs", "3"]).expect(2).says(&["--measure"]);
    run(&database, folder.path(), &["backup", "take", "--unverified"]).run().expect(0);
    let before = database.fingerprint();
    // Three pairs are too few for a verdict: nothing is set on their ground.
    let apply = ["--save", "tune.sql", "--apply", "--format", "json"];
    let ran = tune(&[&["--measure", "queries", "--pairs", "3"], &apply[..]].concat()).expect(11);
    let ran = ran.shows(&["too little was measured", "nothing was changed"]);
    assert!(!folder.path().join("tune.reset.sql").exists(), "a way back from nothing");
    let report = json(&ran.stdout);
    assert_eq!(report["facts"]["pairs"], 3, "{}", ran.stderr);
    assert_eq!(report["facts"]["measured_to_the_end"], true, "{report}");
    let compared = report["tables"]["compared"].as_array().unwrap();
    let names: Vec<&str> = compared.iter().filter_map(|row| row["query"].as_str()).collect();
    assert!(names.contains(&"latest-of-source") && names.contains(&"by-id"), "{names:?}");
    let mut queries = compared.iter().filter(|row| row["query"] != "in all");
    assert!(queries.all(|row| row["a_p50_ms"].as_f64() > Some(0.0)), "{compared:?}");
    assert_eq!(database.fingerprint(), before, "the live database was only read");
}
