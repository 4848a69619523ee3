//! The naive migration on one database, the files it is split into on another: both end with the same schema and rows.

use pgrefit_pg::introspect::{Scope, catalog};
use pgrefit_sql::{Script, Split, split};

use crate::live::Live;

const SETUP: &str = "CREATE TABLE a (id int PRIMARY KEY, n int NOT NULL, t text);
    INSERT INTO a SELECT g, g, g::text FROM generate_series(1, 12) g;
    CREATE TABLE b (id int, a_id int, n int, t text, \"Odd\" int);
    INSERT INTO b SELECT g, g, g, g::text, g FROM generate_series(1, 12) g;
    CREATE INDEX b_n ON b (n)";

/// Each is run whole and in parts.
const EQUAL: [&str; 12] = [
    "ALTER TABLE b ADD FOREIGN KEY (a_id) REFERENCES a ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED",
    "ALTER TABLE b ADD FOREIGN KEY (a_id) REFERENCES a, ADD CHECK (n > 0), ADD CHECK (n < a_id + 5)",
    "ALTER TABLE b ALTER n SET NOT NULL, ALTER \"Odd\" SET NOT NULL",
    "CREATE INDEX ON b (n, \"Odd\"); CREATE UNIQUE INDEX named ON b (lower(t)) WHERE n > 5; CREATE INDEX ON b ((n + 1))",
    "DROP INDEX b_n; REINDEX TABLE a",
    "ALTER TABLE b ADD UNIQUE (a_id, \"Odd\"), ADD PRIMARY KEY (id)",
    "ALTER TABLE b ADD CONSTRAINT k UNIQUE (a_id) INCLUDE (n) DEFERRABLE",
    "ALTER TABLE b ADD x uuid NOT NULL DEFAULT gen_random_uuid()",
    "ALTER TABLE b ADD x int DEFAULT 5 REFERENCES a CHECK (x > 0), ADD y int UNIQUE",
    "ALTER TABLE b ADD x double precision DEFAULT random() CHECK (x < 2), ALTER n SET DEFAULT 3",
    "UPDATE b SET n = n + 1; DELETE FROM b WHERE n > 8; INSERT INTO b (id) SELECT id + 1000 FROM a",
    "CREATE TABLE c (id int PRIMARY KEY, b_id int); CREATE INDEX ON c (b_id); CREATE INDEX ON b (id); ALTER TABLE a ADD z int",
];

#[tokio::test]
async fn parts_end_where_the_whole_ends() {
    for (major, live) in Live::all() {
        for (at, whole) in EQUAL.into_iter().enumerate() {
            let (one, other) = (format!("whole_{at}"), format!("parts_{at}"));
            run(&live, &one, &[whole.to_owned()]).await;
            run(&live, &other, &parts(whole, major)).await;
            assert_eq!(state(&live, &one).await, state(&live, &other).await, "{major}: {whole}");
        }
    }
}

/// The columns are in another order, so that only the column itself is compared.
#[tokio::test]
async fn a_column_of_a_new_type_has_the_same_values() {
    for (major, live) in Live::all() {
        for (at, whole) in [
            "ALTER TABLE b ALTER t TYPE int USING length(t) + n",
            "ALTER TABLE b ALTER n TYPE bigint",
            "ALTER TABLE b ALTER \"Odd\" TYPE text USING coalesce(b.\"Odd\"::text, 'none')",
            "ALTER TABLE a ALTER n TYPE numeric(20, 2)",
        ]
        .into_iter()
        .enumerate()
        {
            let late = "INSERT INTO b VALUES (101, 101, 101, '101', NULL); UPDATE b SET n = 7 WHERE id = 3";
            let (one, other) = (format!("whole_{at}"), format!("parts_{at}"));
            run(&live, &one, &[late.to_owned(), whole.to_owned()]).await;
            let mut steps = parts(whole, major);
            // After the trigger is there, and before the backfill.
            steps.insert(2, late.to_owned());
            run(&live, &other, &steps).await;
            let sql = "SELECT id, n, pg_typeof(n), t, pg_typeof(t) FROM a UNION ALL SELECT id, n, pg_typeof(n), \
                       concat(t, ' ', \"Odd\"), pg_typeof(t) FROM b ORDER BY 1, 2, 3, 4";
            let sql = sql.replace(", t, pg", ", t::text, pg");
            let rows = [live.rows(&one, &sql).await, live.rows(&other, &sql).await];
            assert_eq!(rows[0], rows[1], "{major}: {whole}");
        }
    }
}

fn parts(whole: &str, major: u32) -> Vec<String> {
    match split(whole, major).expect("it is split") {
        Split::Already => panic!("{whole} stays as it is"),
        Split::Parts(parts) => parts.into_iter().map(|part| part.sql).collect(),
    }
}

/// Runs each statement on its own, as in no transaction.
async fn run(live: &Live, database: &str, scripts: &[String]) {
    let mut session = live.database(database).await;
    session.batch(SETUP).await.expect("set up");
    for script in scripts {
        for statement in Script::parse(script).statements() {
            let sql = &script[statement.range.clone()];
            session.batch(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        }
    }
}

/// The fingerprint of the schema, and the rows that do not depend on chance.
async fn state(live: &Live, database: &str) -> (String, Vec<Vec<String>>) {
    let mut session = live.reader(database).await;
    let catalog = catalog(&mut session, &Scope::everything()).await.expect("a catalog");
    let rows = live.rows(database, "SELECT id, a_id, n, t, \"Odd\" FROM b ORDER BY id").await;
    (catalog.fingerprint().clone(), rows)
}
