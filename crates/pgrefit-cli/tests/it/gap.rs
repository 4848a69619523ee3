//! Strong locks: they are not asked for while somebody with a long transaction is in the way, so that nobody queues up.

use std::time::{Duration, Instant};

use crate::concurrency::{Bystander, finish, runners, until};
use crate::harness::{Database, Folder, pgrefit};

const SETUP: &str = "CREATE TABLE p (id int PRIMARY KEY);\n\
                     CREATE TABLE t (id int PRIMARY KEY, p int) PARTITION BY RANGE (id);\n\
                     CREATE TABLE \"T 1\" PARTITION OF t FOR VALUES FROM (0) TO (10);\n\
                     CREATE TABLE c (id int REFERENCES p);\n";

/// Somebody holds a lock for two seconds; a reader and a writer must not notice that a migration wants one.
fn check(held: &str, wanted: &str, others: &[&str]) {
    let (database, folder) = (Database::new(), Folder::new(&[("V1__t.sql", SETUP)]));
    pgrefit(["migrate"]).inside(folder.path()).on(&database).run().expect(0);
    folder.write("V2__x.sql", wanted);
    let mut holder = Bystander::on(&database);
    holder.sql(&format!("BEGIN; {held}"));
    std::thread::sleep(Duration::from_millis(300));
    let child = pgrefit(["migrate"]).inside(folder.path()).on(&database).start();
    until("the runner has begun", Duration::from_secs(10), || runners(&database, "true") >= 2);
    let mut bystander = Bystander::on(&database);
    let (start, mut slowest) = (Instant::now(), Duration::ZERO);
    while start.elapsed() < Duration::from_secs(2) {
        for sql in others {
            let asked = Instant::now();
            bystander.sql(&format!("BEGIN; {sql}; ROLLBACK"));
            slowest = slowest.max(asked.elapsed());
        }
        assert_eq!(database.history(), ["1:t"], "{held}");
    }
    holder.sql("ROLLBACK");
    finish(child).expect(0).says(&["V2__x waits for a gap: backend"]);
    assert!(slowest < Duration::from_millis(350), "{held}: {slowest:?}");
    assert_eq!(database.history(), ["1:t", "2:x"]);
}

const READ: &str = "SELECT * FROM t";
const WRITE: &str = "INSERT INTO t VALUES (1)";

#[test]
fn nobody_waits_behind_a_lock_that_cannot_be_granted() {
    check("SELECT FROM t", "ALTER TABLE t ADD COLUMN x int;\n", &[READ, WRITE]);
    check(
        "INSERT INTO t VALUES (2)",
        "CREATE TRIGGER g AFTER INSERT ON t EXECUTE FUNCTION suppress_redundant_updates_trigger();\n",
        &[READ, WRITE],
    );
}

#[test]
fn partitions_and_the_other_ends_of_foreign_keys_are_looked_at() {
    check("SELECT FROM \"T 1\"", "ALTER TABLE t ADD COLUMN x int;\n", &["SELECT FROM \"T 1\"", WRITE]);
    check("SELECT FROM p", "DROP TABLE c;\n", &["SELECT FROM p", "INSERT INTO p VALUES (1)"]);
    check(
        "INSERT INTO p VALUES (1)",
        "ALTER TABLE t ADD FOREIGN KEY (p) REFERENCES p;\n",
        &["INSERT INTO p VALUES (2)", WRITE],
    );
}

#[test]
fn without_a_look_others_queue_up() {
    let (database, folder) = (Database::new(), Folder::new(&[("V1__t.sql", SETUP)]));
    pgrefit(["migrate"]).inside(folder.path()).on(&database).run().expect(0);
    folder.write("V2__x.sql", "ALTER TABLE t ADD COLUMN x int;\n");
    let mut holder = Bystander::on(&database);
    holder.sql("BEGIN; SELECT FROM t");
    let child = pgrefit(["migrate", "--wait-for-gap=false", "--lock-timeout", "1s"])
        .inside(folder.path())
        .on(&database)
        .start();
    until("the runner waits", Duration::from_secs(10), || {
        runners(&database, "wait_event_type = 'Lock'") == 1
    });
    let (mut bystander, asked) = (Bystander::on(&database), Instant::now());
    bystander.sql("SELECT * FROM t");
    assert!(asked.elapsed() > Duration::from_millis(300), "{:?}", asked.elapsed());
    holder.sql("ROLLBACK");
    finish(child).expect(0);
}

/// A role that may not see when transactions began finds out by looking twice.
#[test]
fn a_role_that_sees_little_waits_all_the_same() {
    let (database, folder) =
        (Database::new(), Folder::new(&[("V1__t.sql", "CREATE TABLE own.t (id int);\n")]));
    let role = format!("{}_owner", database.name);
    database.sql(&format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'pw-of-the-owner'; CREATE SCHEMA own AUTHORIZATION {role};\
         ALTER ROLE {role} SET search_path = own"
    ));
    let url = database.url_as(&role, "pw-of-the-owner");
    let call = |arguments: &[&str]| {
        pgrefit(arguments).inside(folder.path()).env("DATABASE_URL", &url).secret("pw-of-the-owner")
    };
    call(&["migrate"]).run().expect(0);
    folder.write("V2__x.sql", "ALTER TABLE t ADD COLUMN x int;\n");
    let mut holder = Bystander::on(&database);
    holder.sql("BEGIN; SELECT FROM own.t");
    let ran = call(&["migrate", "--lock-budget", "2s"]).run().expect(75);
    ran.says(&["in the way: backend", "ACCESS SHARE on own.t"]);
    holder.sql("ROLLBACK");
    call(&["migrate"]).run().expect(0);
}

#[test]
fn several_strong_locks_in_one_file_are_warned_of() {
    let (database, folder) = (Database::new(), Folder::new(&[("V1__t.sql", SETUP)]));
    folder.write("V2__x.sql", "ALTER TABLE p ADD COLUMN x int;\nALTER TABLE c ADD COLUMN x int;\n");
    pgrefit(["migrate", "--target", "1"]).inside(folder.path()).on(&database).run().expect(0);
    let ran = pgrefit(["plan"]).inside(folder.path()).on(&database).run().expect(0);
    ran.shows(&[
        "warn[several-strong-locks]: waits for c while it keeps everybody out of p",
        "pgrefit migrate split",
    ]);
}
