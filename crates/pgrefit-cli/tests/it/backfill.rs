//! Statements in batches: every row exactly once, whatever its key, whoever is killed, whoever writes meanwhile.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use crate::concurrency::{finish, until};
use crate::harness::{Database, Folder, Pgrefit, pgrefit};

const SOON: Duration = Duration::from_secs(20);

/// A database at V1, with a backfill as V2.
fn prepared(setup: &str, backfill: &str) -> (Database, Folder) {
    let database = Database::new();
    let folder = Folder::new(&[("V1__setup.sql", setup)]);
    run(&database, &folder).run().expect(0);
    folder.write("V2__backfill.sql", backfill);
    (database, folder)
}

fn run(database: &Database, folder: &Folder) -> Pgrefit {
    pgrefit(["migrate"]).inside(folder.path()).on(database)
}

/// How many rows the journal says were written.
const WRITTEN: &str = "SELECT rows FROM pgrefit_step WHERE version = 2";

/// Keys of every kind: the columns, their names, and what fills them from `i`.
const KEYS: &[(&str, &str, &str)] = &[
    ("id bigint PRIMARY KEY", "id", "i * 7 - 5000"),
    ("id uuid PRIMARY KEY", "id", "md5(i::text)::uuid"),
    ("id text PRIMARY KEY", "id", "chr(33 + i % 90) || '''\\' || i"),
    ("id text COLLATE \"C\" PRIMARY KEY", "id", "chr(1000 + i % 90) || E'\\n' || i"),
    ("id char(12) PRIMARY KEY", "id", "'k ' || i"),
    ("\"Id\" numeric(12, 3) PRIMARY KEY", "\"Id\"", "i / 8.0"),
    ("at timestamptz PRIMARY KEY", "at", "timestamptz '2024-01-01' + i * interval '7 hours 0.000001 s'"),
    ("a text, \"B\" date, PRIMARY KEY (a, \"B\")", "a, \"B\"", "'k' || i % 13, date '2000-01-01' + i"),
    ("a int NOT NULL, b uuid NOT NULL, UNIQUE (b, a)", "a, b", "i % 2, md5((i / 2)::text)::uuid"),
    ("raw bytea PRIMARY KEY", "raw", "sha256(i::text::bytea)"),
    ("score float8 PRIMARY KEY", "score", "i / 3.0::float8"),
    ("address inet PRIMARY KEY", "address", "inet '10.0.0.0' + i"),
];

#[test]
fn every_row_once_by_any_key() {
    for (columns, names, values) in KEYS {
        let setup = format!(
            "CREATE TABLE \"Odd.Name\" ({columns}, n int NOT NULL);\n\
             INSERT INTO \"Odd.Name\" ({names}, n) SELECT {values}, 0 FROM generate_series(1, 1000) AS i;\n"
        );
        let backfill = "-- pgrefit:backfill batch=64\nUPDATE \"Odd.Name\" AS \"T\" SET n = \"T\".n + 1;\n";
        let (database, folder) = prepared(&setup, backfill);
        run(&database, &folder).run().expect(0);
        let counts = "SELECT string_agg(DISTINCT n::text, ' '), count(*) FROM \"Odd.Name\"";
        assert_eq!(database.value(counts), "1", "{columns}");
        assert_eq!(database.value(WRITTEN), "1000", "{columns}");
    }
}

#[test]
fn killed_three_times_and_resumed() {
    let setup = "CREATE TABLE counted (id uuid PRIMARY KEY, n int NOT NULL);\n\
                 INSERT INTO counted SELECT md5(i::text)::uuid, 0 FROM generate_series(1, 5000) AS i;\n";
    // Small batches with pauses between them, so that there is time to kill.
    let backfill = "-- pgrefit:backfill batch=20 target=1ms pause=20ms\nUPDATE counted SET n = n + 1;\n";
    let so_far = WRITTEN;
    let (database, folder) = prepared(setup, backfill);
    // The journal is a table from here on.
    let stop = Stop::at("batch-open", &folder);
    let mut first = stop.arm(run(&database, &folder)).start();
    stop.wait();
    first.kill().unwrap();
    first.wait().unwrap();
    for moment in [3, 11, 23] {
        let before = database.value(so_far);
        let mut child = run(&database, &folder).start();
        until("a batch is committed", SOON, || database.value(so_far) != before);
        thread::sleep(Duration::from_millis(moment));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert_ne!(database.value("SELECT count(*) FROM counted WHERE n = 0"), "0", "killed too late");
    folder.write("V2__backfill.sql", backfill.replace(" target=1ms pause=20ms", ""));
    run(&database, &folder).run().expect(0);
    assert_eq!(database.value("SELECT string_agg(DISTINCT n::text, ' ') FROM counted"), "1");
    assert_eq!(database.value(WRITTEN), "5000");
}

/// A failpoint of a run.
struct Stop {
    place: &'static str,
    file: PathBuf,
}

impl Stop {
    fn at(place: &'static str, folder: &Folder) -> Self {
        Self { place, file: folder.path().join("stop") }
    }

    fn arm(&self, run: Pgrefit) -> Pgrefit {
        run.env("PGREFIT_FAILPOINT", format!("{}={}", self.place, self.file.display()))
    }

    fn wait(&self) {
        until(self.place, SOON, || self.file.exists());
    }

    fn release(&self) {
        std::fs::remove_file(&self.file).unwrap();
    }
}

#[test]
fn without_a_key_there_are_no_batches() {
    for key in ["id int", "id int UNIQUE", "id int NOT NULL, UNIQUE (id) DEFERRABLE"] {
        let setup = format!("CREATE TABLE counted ({key}, n int);\nINSERT INTO counted VALUES (1, 0);\n");
        let (database, folder) = prepared(&setup, "-- pgrefit:backfill\nUPDATE counted SET n = n + 1;\n");
        run(&database, &folder).run().expect(11).says(&["counted", "key"]);
        assert_eq!(database.value("SELECT n FROM counted"), "0", "{key}");
        assert_eq!(database.history(), ["1:setup"], "{key}");
    }
}

const TAGGED: &str = "CREATE TABLE tagged (id int PRIMARY KEY, tag text, n int NOT NULL DEFAULT 0);\n\
                      INSERT INTO tagged SELECT i * 10 FROM generate_series(1, 1000) AS i;\n";

/// Runs a backfill; after its first batch somebody else writes.
fn with_somebody_else(database: &Database, folder: &Folder, sql: &str) {
    let stop = Stop::at("batch-committed", folder);
    let child = stop.arm(run(database, folder)).start();
    stop.wait();
    database.sql(sql);
    stop.release();
    finish(child).expect(0);
}

/// What comes behind the cursor is swept up, and what is done is not done again.
#[test]
fn rows_that_are_still_wanted_are_swept_up() {
    let backfill = "-- pgrefit:backfill batch=100\n\
                    UPDATE tagged SET tag = 'x', n = n + 1 WHERE tag IS NULL;\n";
    let (database, folder) = prepared(TAGGED, backfill);
    with_somebody_else(&database, &folder, "INSERT INTO tagged (id) VALUES (1), (15), (5005), (99999)");
    assert_eq!(database.value("SELECT string_agg(DISTINCT concat(tag, n), ' ') FROM tagged"), "x1");
    assert_eq!(database.value(WRITTEN), "1004");
}

/// Without a condition nobody can tell what is done: one way through the table, and no row twice.
#[test]
fn rows_that_come_meanwhile_are_not_done_twice() {
    let (database, folder) =
        prepared(TAGGED, "-- pgrefit:backfill batch=100\nUPDATE tagged SET n = n + 1;\n");
    with_somebody_else(&database, &folder, "INSERT INTO tagged (id) VALUES (1), (15), (5005), (99999)");
    assert_eq!(database.value("SELECT count(*) FROM tagged WHERE id % 10 = 0 AND n <> 1"), "0");
    assert_eq!(
        database.value("SELECT string_agg(n::text, ' ' ORDER BY id) FROM tagged WHERE id % 10 <> 0"),
        "0 0 1 0"
    );
}

/// The condition still holds for some rows that are done, but for none of those in the first batch.
#[test]
fn a_condition_that_converges_in_the_first_batch_only() {
    let setup = "CREATE TABLE levels (id int PRIMARY KEY, level int NOT NULL, n int NOT NULL DEFAULT 0);\n\
                 INSERT INTO levels SELECT i, CASE WHEN i <= 100 THEN 4 ELSE 1 END FROM generate_series(1, 1000) AS i;\n";
    let backfill = "-- pgrefit:backfill batch=100\n\
                    UPDATE levels SET level = level + 1, n = n + 1 WHERE level < 5;\n";
    let (database, folder) = prepared(setup, backfill);
    run(&database, &folder).run().expect(0);
    assert_eq!(database.value("SELECT string_agg(DISTINCT n::text, ' ') FROM levels"), "1");
}
