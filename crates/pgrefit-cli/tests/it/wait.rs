//! Waiting for the migrations that an application needs.

use std::time::{Duration, Instant};

use crate::concurrency::finish;
use crate::harness::{Database, Folder, Ran, pgrefit};

const MIGRATIONS: &[(&str, &str)] = &[
    ("V1__first.sql", "CREATE TABLE first (id int PRIMARY KEY);\n"),
    ("V2__second.sql", "CREATE TABLE second (id int PRIMARY KEY);\n"),
];

fn wait(database: &Database, folder: &Folder, arguments: &[&str]) -> Ran {
    let all = ["wait"].iter().chain(arguments);
    pgrefit(all).inside(folder.path()).on(database).run()
}

fn migrate(database: &Database, folder: &Folder) {
    pgrefit(["migrate"]).inside(folder.path()).on(database).run().expect(0);
}

#[test]
fn what_is_there_is_not_waited_for() {
    let (database, folder) = (Database::new(), Folder::new(MIGRATIONS));
    migrate(&database, &folder);
    let started = Instant::now();
    wait(&database, &folder, &["--until-migrated"]).expect(0).shows(&["the database is at V2"]);
    wait(&database, &folder, &["--at-least", "1"]).expect(0);
    // A newer release has migrated: an older one that is restarted has what it needs.
    folder.remove("V2__second.sql");
    wait(&database, &folder, &["--until-migrated"]).expect(0);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[test]
fn what_is_missing_is_named_and_the_time_is_kept() {
    let (database, folder) = (Database::new(), Folder::new(MIGRATIONS));
    let check = |arguments: &[&str], expected: &str| {
        let timed = ["--timeout", "1s", "--interval", "200ms"];
        let started = Instant::now();
        let ran = wait(&database, &folder, &[arguments, &timed].concat()).expect(75);
        assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
        ran.says(&["waiting:", "failed to see the migrations within 1 s", expected]);
    };
    check(&["--until-migrated"], "no history of migrations yet");
    migrate(&database, &folder);
    folder.write("V3__third.sql", "SELECT 1;\n");
    check(&["--until-migrated"], "V3__third is not applied");
    check(&["--at-least", "3"], "V3 is not applied; the database is at V2");
}

#[test]
fn it_ends_when_somebody_migrates() {
    let (database, folder) = (Database::new(), Folder::new(MIGRATIONS));
    let all = ["wait", "--until-migrated", "--interval", "200ms"];
    let waiting = pgrefit(all).inside(folder.path()).on(&database).start();
    migrate(&database, &folder);
    finish(waiting).expect(0).shows(&["the database is at V2"]).says(&["waiting:"]);
}

/// The role of an application: it may read the history, and nothing else of pgrefit's.
#[test]
fn select_on_the_history_is_enough() {
    let (database, folder) = (Database::new(), Folder::new(MIGRATIONS));
    migrate(&database, &folder);
    let role = format!("app_{}", database.name);
    database.sql(&format!("CREATE ROLE {role} LOGIN PASSWORD 'hunter2'"));
    let as_role = |password: &str| {
        let call = pgrefit(["wait", "--until-migrated", "--timeout", "1s", "--interval", "200ms"]);
        let url = database.url_as(&role, password);
        call.inside(folder.path()).env("DATABASE_URL", url).secret("hunter2").run()
    };
    as_role("hunter2").expect(17).says(&["permission denied", "within 1 s"]);
    database.sql(&format!("GRANT SELECT ON refinery_schema_history TO {role}"));
    as_role("hunter2").expect(0);
    let started = Instant::now();
    as_role("wrong").expect(17).says(&["failed to log in"]);
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
}

#[test]
fn what_waiting_does_not_mend_ends_it_at_once() {
    let (database, folder) = (Database::new(), Folder::new(MIGRATIONS));
    migrate(&database, &folder);
    folder.write("V2__second.sql", "CREATE TABLE other (id int);\n");
    wait(&database, &folder, &["--until-migrated"]).expect(12).says(&["V2__second"]);
    let folder = Folder::new(MIGRATIONS);
    pgrefit(["wait", "--until-migrated"]).inside(folder.path()).run().expect(2);
    pgrefit(["wait"]).inside(folder.path()).on(&database).run().expect(2).says(&["--until-migrated"]);
    let nobody = "postgres://nobody@127.0.0.1:1/none";
    let all = ["wait", "--until-migrated", "--timeout", "1s", "--interval", "200ms"];
    let call = pgrefit(all).inside(folder.path()).env("DATABASE_URL", nobody);
    call.run().expect(75).says(&["failed to reach 127.0.0.1:1"]);
}
