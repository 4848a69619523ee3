//! Many databases: canaries, waves, the rule to stop by, going on after whatever has happened.

mod shards;

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::concurrency::{finish, until};
use crate::harness::{Folder, Ran, pgrefit};
use shards::{MIGRATIONS, Shards};

/// The rows of a result, as `name: outcome, exit`.
fn rows(ran: &Ran) -> Vec<String> {
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let rows = report["tables"]["databases"].as_array().unwrap().iter();
    let text = |value: &serde_json::Value| value.to_string().replace('"', "");
    rows.map(|row| format!("{}: {}, {}", text(&row["name"]), text(&row["outcome"]), text(&row["exit_code"])))
        .collect()
}

fn count(rows: &[String], outcome: &str) -> usize {
    rows.iter().filter(|row| row.contains(&format!(": {outcome}, "))).count()
}

/// The rule that is asked for in the name of the test is seen at work: a broken database in an early wave stops the run, the
/// mended one is tried again, one that cannot be reached leaves 75, one that is there costs nothing.
#[test]
fn fifty_databases_on_two_servers_come_to_where_they_should() {
    let mut shards = Shards::on_two_servers(50);
    shards.migrate(5);
    shards.obstruct(2);
    let url = shards.unreachable(30);

    let ran = shards.migrate_all(&["--format", "json", "--parallel", "8"]).expect(13);
    let told = rows(&ran);
    assert_eq!((count(&told, "reached"), count(&told, "failed"), count(&told, "not begun")), (3, 1, 46));
    assert_eq!(told[2], "t-002: failed, 13");
    assert!(ran.stdout.contains("already exists"), "{}", ran.stdout);

    // Again, as it is: what was reached is passed over, the broken one stops the run once more.
    let ran = shards.migrate_all(&["--format", "json", "--resume"]).expect(13);
    assert_eq!(count(&rows(&ran), "reached before"), 3);
    assert!(ran.stdout.contains("goes on with"), "{}", ran.stdout);

    shards.sql(2, "DROP TABLE second");
    let ran = shards.migrate_all(&["--resume", "--parallel", "8"]).expect(75);
    ran.shows(&["t-002", "reached before", "was there", "t-030", "try again", "failed to reach"])
        .shows(&["49 of 50 databases reached, 1 failed", "--resume to go on"]);

    shards.set_url(30, &url);
    let ran = shards.migrate_all(&["--format", "json", "--resume"]).expect(0);
    let told = rows(&ran);
    assert_eq!((count(&told, "reached before"), count(&told, "reached")), (49, 1));
    for index in 0..50 {
        assert_eq!(shards.version(index), "2", "{index}");
    }
    plans_and_changes(&shards);
}

/// What becomes of a fleet that is done, when a migration is added.
fn plans_and_changes(shards: &Shards) {
    shards.fleet(&["plan"]).run().expect(0).shows(&["50 databases: 50: up to date at V2"]);
    shards.folder.write("V3__third.sql", "CREATE TABLE third (id int);\n");
    let ran = shards.migrate_all(&["--only", "t-007,t-008", "--resume"]).expect(0);
    ran.says(&["the migrations, or the target, have changed since the run of"])
        .shows(&["2 of 2 databases reached"]);
    shards.fleet(&["plan"]).run().expect(0).shows(&["48: V3..V3", "2: up to date at V3"]);
    let ran = shards.fleet(&["status", "--format", "json", "--label", "half=even"]).run().expect(0);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&report["facts"]["databases"], &report["facts"]["pending"]), (&25.into(), &24.into()));
}

#[test]
fn a_failed_canary_stops_everything() {
    let mut shards = Shards::new(4);
    shards.obstruct(3);
    shards.mark_canary(3);
    let ran = shards.migrate_all(&["--stop-ratio", "100%"]).expect(13);
    ran.shows(&["canary", "3 not begun: the canary t-003 failed"]);
    assert_eq!((0..3).map(|index| shards.version(index)).collect::<String>(), "");
    // Nothing was learnt from a second run without a change; from a mended canary is.
    shards.sql(3, "DROP TABLE second");
    shards.migrate_all(&["--resume"]).expect(0);
    assert_eq!(shards.version(0), "2");
}

#[test]
fn a_killed_run_leaves_no_work_behind_and_is_gone_on_with() {
    let shards = Shards::new(6);
    shards.folder.write(
        "V3__slow.sql",
        "SELECT pg_sleep(coalesce(nullif(current_setting('pace.seconds', true), ''), '0')::float8);\n",
    );
    // Four of six hang, so that two have ended when the run is killed.
    (2..6).for_each(|index| shards.set(index, "SET pace.seconds = '600'"));
    let mut child = shards.fleet(&["migrate", "--wave", "100%", "--parallel", "2"]).start();
    until("two of the others are at work", Duration::from_secs(30), || shards.at_work(2..6) == 2);
    child.kill().unwrap();
    child.wait().unwrap();
    until("nobody is at work", Duration::from_secs(15), || shards.at_work(0..6) == 0);
    (2..6).for_each(|index| shards.set(index, "RESET pace.seconds"));
    let ran = shards.migrate_all(&["--resume", "--format", "json"]).expect(0);
    assert_eq!(count(&rows(&ran), "reached before"), 2, "{}", ran.stdout);
    assert!(ran.stdout.contains("2 reached and 0 failed before, 2 interrupted"), "{}", ran.stdout);
    (0..6).for_each(|index| assert_eq!(shards.version(index), "3"));
}

#[test]
fn ctrl_c_ends_those_at_work_in_order_and_begins_no_other() {
    let shards = Shards::new(6);
    shards.folder.write("V3__slow.sql", "SELECT pg_sleep(600);\n");
    let child = shards.fleet(&["migrate", "--canary", "0", "--wave", "100%", "--parallel", "3"]).start();
    until("three are at work", Duration::from_secs(30), || shards.at_work(0..6) == 3);
    let started = Instant::now();
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGINT).unwrap();
    let ran = finish(child).expect(75);
    assert!(started.elapsed() < Duration::from_secs(12), "{:?}", started.elapsed());
    assert_eq!(shards.at_work(0..6), 0);
    ran.shows(&["0 of 6 databases reached, 3 failed, 3 not begun: interrupted"]);
    // What was committed before the slow one stays.
    assert_eq!((shards.version(0), shards.version(5)), ("2".to_owned(), String::new()));
    assert!(shards.journal().contains("\"step\":\"stops\",\"why\":\"interrupted\""));
}

#[test]
fn an_entry_of_an_indexed_job_is_the_command_itself() {
    let shards = Shards::new(3);
    shards.obstruct(1);
    let of = |index: &str| shards.fleet(&["migrate"]).env("JOB_COMPLETION_INDEX", index).run();
    of("0").expect(0).shows(&["2 migrations applied, verified"]);
    of("0").expect(0).shows(&["up to date at V2"]);
    of("1").expect(13).says(&["already exists"]);
    of("3").expect(2).says(&["there is no entry 3 in", "it has 3, counted from 0"]);
    assert_eq!(shards.version(2), "");
    let ran = shards.fleet(&["status", "--entry", "2"]).run().expect(0);
    ran.shows(&["2 migrations are pending"]);
    shards.fleet(&["plan", "--entry", "1"]).run().expect(0);
}

/// As a run leaves it that has applied everything and could not verify it.
const NOT_VERIFIED: &str = "
    CREATE TABLE pgrefit_run (id text PRIMARY KEY, started_at timestamptz NOT NULL DEFAULT now(), finished_at timestamptz,
        environment text NOT NULL, from_version int8, to_version int8, applied int4, exit_code int2, summary text,
        evidence_sha256 text, started_by text NOT NULL DEFAULT session_user, tool text NOT NULL);
    INSERT INTO pgrefit_run (id, finished_at, environment, exit_code, summary, tool)
    VALUES ('one', now(), 'production', 15, 'a query is slower', 'pgrefit')";

#[test]
fn what_could_not_be_verified_is_not_there_for_being_asked_again() {
    let shards = Shards::new(2);
    shards.migrate(0);
    shards.sql(0, NOT_VERIFIED);
    for arguments in [&["--canary", "0"][..], &["--canary", "0", "--resume"]] {
        let ran =
            shards.migrate_all(&[arguments, &["--wave", "100%", "--stop-ratio", "100%"]].concat()).expect(15);
        ran.shows(&["1 of 2 databases reached", "ended with 15: a query is slower"]);
    }
}

#[test]
fn what_databases_are_like_is_told_by_group() {
    let mut shards = Shards::new(5);
    shards.migrate(0);
    shards.migrate(4);
    shards.sql(4, "UPDATE refinery_schema_history SET version = 7 WHERE version = 2");
    shards.unreachable(3);
    let ran = shards.fleet(&["plan"]).run().expect(12);
    ran.shows(&["5 databases:", "1: up to date at V2", "2: V1..V2", "1: not reached", "1: diverged"]);
    let ran = shards.fleet(&["status"]).run().expect(12);
    ran.shows(&["1 up to date, 2 pending, 1 diverged, 1 not seen", "failed to reach"]);
    let ran = shards.fleet(&["status", "--only", "t-003"]).run().expect(75);
    ran.shows(&["1 database: 1 not seen"]);
    // A table without a primary key, in two of them.
    (0..2).for_each(|index| shards.sql(index, "CREATE TABLE loose (id int)"));
    let audit = ["audit", "--checks", "constraints", "--only", "t-000,t-001,t-003", "--fail-on", "none"];
    let ran = shards.fleet(&audit).run().expect(75);
    ran.shows(&["loose", "(all 2 databases)", "2 of 3 databases audited", "t-003", "failed to reach"]);
}

#[test]
fn two_runs_of_one_fleet_do_not_meet() {
    let shards = Shards::new(1);
    shards.folder.write("V3__slow.sql", "SELECT pg_sleep(2);\n");
    let first = shards.fleet(&["migrate"]).start();
    until("the first is at work", Duration::from_secs(20), || shards.at_work(0..1) == 1);
    shards.migrate_all(&["--resume"]).expect(75).says(&["another run of this fleet is at work"]);
    finish(first).expect(0);
}

#[test]
fn what_is_wrong_with_a_list_is_told_before_anything_is_done() {
    let check = |list: &str, arguments: &[&str], expected: &str| {
        let folder = Folder::new(MIGRATIONS);
        std::fs::write(folder.path().join("list.toml"), list).unwrap();
        let all = ["fleet", "migrate", "--list", "list.toml"].iter().chain(arguments);
        pgrefit(all).inside(folder.path()).run().expect(2).says(&[expected]);
    };
    let good = "[[database]]\nname = 'a'\nurl_env = 'NO_SUCH_URL'\n";
    check("[[database]]\nnam = 'a'\n", &[], "line 2: unknown key `nam`");
    check(good, &["--only", "b"], "there is no database `b` in the list");
    check(good, &["--target", "9"], "9");
    check(good, &["--resume=none.jsonl"], "there is no journal none.jsonl");
    check(good, &["--wave", "0"], "neither a number of databases");
    check(good, &[], "the variable NO_SUCH_URL is not set");
}
