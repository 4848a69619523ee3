//! What a trace says, held against what is known of the server: locks, rewrites, scans, rows.

use pgrefit_rehearse::{FileTrace, RelationKind, StatementTrace, StepWay};

use super::place::{Place, rehearse, strongest};

const SETUP: &str = "
    CREATE TABLE a (id int PRIMARY KEY, n int NOT NULL, t text, v varchar(20));
    INSERT INTO a SELECT g, g, g::text, g::text FROM generate_series(1, 5000) g;
    CREATE INDEX a_n ON a (n);
    CREATE TABLE b (id int PRIMARY KEY, a_id int, n int);
    INSERT INTO b SELECT g, g, g FROM generate_series(1, 3000) g;
    CREATE TABLE p (id int NOT NULL, n int) PARTITION BY RANGE (id);
    CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
    CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);
    INSERT INTO p SELECT g, g FROM generate_series(0, 19) g;
    CREATE VIEW w AS SELECT id, n FROM b;
    CREATE MATERIALIZED VIEW m AS SELECT id, n FROM b;
    CREATE UNIQUE INDEX m_id ON m (id);
    CREATE SEQUENCE s;
    CREATE TYPE mood AS ENUM ('glad');
    CREATE TABLE toasted (id int, long text);
    INSERT INTO toasted SELECT g, string_agg(md5(g::text || h), '') FROM generate_series(1, 20) g, generate_series(1, 200) h GROUP BY g;
    ANALYZE;";

/// Each is a migration of its own, on what the ones before have left. The locks of what runs outside of a transaction are
/// gone when it ends; `alone.rs` looks at them.
const TRUTHS: &[(&str, &str)] = &[
    ("ALTER TABLE a ADD COLUMN x int", "a ACCESS EXCLUSIVE"),
    ("ALTER TABLE a ADD COLUMN y int NOT NULL DEFAULT 5", "a ACCESS EXCLUSIVE"),
    (
        "ALTER TABLE a ADD COLUMN z uuid NOT NULL DEFAULT gen_random_uuid()",
        // Once for the rows, and once for each index.
        "a ACCESS EXCLUSIVE | rewrites a | reads 15000 of a",
    ),
    ("ALTER TABLE a ALTER COLUMN n TYPE bigint", "a ACCESS EXCLUSIVE | rewrites a | reads 15000 of a"),
    ("ALTER TABLE a ALTER COLUMN v TYPE varchar(40)", "a ACCESS EXCLUSIVE"),
    ("ALTER TABLE a ALTER COLUMN v TYPE text", "a ACCESS EXCLUSIVE"),
    ("ALTER TABLE a ALTER COLUMN v SET NOT NULL", "a ACCESS EXCLUSIVE | reads 5000 of a"),
    ("ALTER TABLE a ADD CONSTRAINT a_positive CHECK (n > 0)", "a ACCESS EXCLUSIVE | reads 5000 of a"),
    ("ALTER TABLE a ADD CONSTRAINT a_large CHECK (n < 99999) NOT VALID", "a ACCESS EXCLUSIVE"),
    ("ALTER TABLE a VALIDATE CONSTRAINT a_large", "a SHARE UPDATE EXCLUSIVE | reads 5000 of a"),
    (
        "ALTER TABLE b ADD CONSTRAINT b_a FOREIGN KEY (a_id) REFERENCES a NOT VALID",
        "a SHARE ROW EXCLUSIVE, b SHARE ROW EXCLUSIVE",
    ),
    (
        "ALTER TABLE b VALIDATE CONSTRAINT b_a",
        "a ROW SHARE, b SHARE UPDATE EXCLUSIVE | reads 5000 of a | reads 3000 of b",
    ),
    ("CREATE INDEX a_v ON a (v)", "a SHARE | reads 5000 of a"),
    ("CREATE INDEX CONCURRENTLY a_t ON a (t)", " | reads 10000 of a"),
    ("DROP INDEX CONCURRENTLY a_t", ""),
    ("DROP INDEX a_v", "a ACCESS EXCLUSIVE"),
    ("REINDEX INDEX a_n", "a ACCESS EXCLUSIVE | rewrites a_n | reads 5000 of a"),
    ("UPDATE b SET n = n + 1", "b ROW EXCLUSIVE | reads 3000 of b | updates 3000 of b"),
    ("DELETE FROM b WHERE id > 2990", "b ROW EXCLUSIVE | deletes 10 of b"),
    // With a value in the key: of NULL the check opens the other table and closes it at once, which is seen or not seen.
    (
        "INSERT INTO b SELECT g, g FROM generate_series(4001, 4100) g",
        "a ROW SHARE, b ROW EXCLUSIVE | inserts 100 of b",
    ),
    ("LOCK TABLE b IN EXCLUSIVE MODE", "b EXCLUSIVE"),
    (
        "CREATE TRIGGER b_t BEFORE UPDATE ON b FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "b SHARE ROW EXCLUSIVE",
    ),
    ("VACUUM b", ""),
    ("VACUUM FULL b", " | rewrites b | reads 6180 of b"),
    ("ANALYZE a", "a SHARE UPDATE EXCLUSIVE"),
    ("CREATE OR REPLACE VIEW w AS SELECT id, n, a_id FROM b", "b ACCESS SHARE, w ACCESS EXCLUSIVE"),
    (
        "REFRESH MATERIALIZED VIEW CONCURRENTLY m",
        "b ACCESS SHARE, m EXCLUSIVE | reads 3090 of b | reads 6000 of m | inserts 3090 of m | deletes 3000 of m",
    ),
    (
        "REFRESH MATERIALIZED VIEW m",
        "b ACCESS SHARE, m ACCESS EXCLUSIVE | rewrites m | reads 3090 of b | reads 3090 of m | inserts 3090 of m",
    ),
    ("ALTER SEQUENCE s INCREMENT 2", "s SHARE ROW EXCLUSIVE | rewrites s"),
    ("ALTER TYPE mood ADD VALUE 'sad'", ""),
    ("ALTER TABLE p DETACH PARTITION p2 CONCURRENTLY", ""),
    ("ALTER TABLE p ADD COLUMN x int", "p ACCESS EXCLUSIVE, p1 ACCESS EXCLUSIVE"),
    ("TRUNCATE p2", "p2 ACCESS EXCLUSIVE | empties p2"),
    ("COMMENT ON TABLE a IS 'x'", "a SHARE UPDATE EXCLUSIVE"),
    (
        "CREATE TABLE new (id int PRIMARY KEY); INSERT INTO new VALUES (1); ALTER TABLE new ADD x uuid DEFAULT gen_random_uuid()",
        "",
    ),
    ("DROP TABLE new, p2", "new ACCESS EXCLUSIVE, p2 ACCESS EXCLUSIVE"),
];

#[tokio::test]
async fn a_trace_says_what_the_server_does() {
    for place in Place::all() {
        let connector = place.database("truth", SETUP).await;
        let texts: Vec<&str> = TRUTHS.iter().map(|(sql, _)| *sql).collect();
        let trace = rehearse(&connector, &texts).await;
        assert_eq!(trace.failure, None);
        let mut wrong = Vec::new();
        for (file, (sql, expected)) in trace.files.iter().zip(TRUTHS) {
            let found = described(file);
            if found != *expected {
                wrong.push(format!("{sql}\n    expected {expected}\n    found    {found}"));
            }
        }
        assert_eq!(trace.files.len(), TRUTHS.len());
        assert!(wrong.is_empty(), "on {}:\n{}", place.major, wrong.join("\n"));
    }
}

#[tokio::test]
async fn what_parallel_workers_read_counts_too() {
    for place in Place::all() {
        let setup = "CREATE TABLE large (id int, n int); INSERT INTO large SELECT g, g FROM generate_series(1, 400000) g; \
                     ANALYZE";
        let connector = place.database("parallel", setup).await;
        let sql = "SET max_parallel_maintenance_workers = 2; CREATE INDEX large_n ON large (n);\n\
                   SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SELECT count(*) FROM large;";
        let trace = rehearse(&connector, &[sql]).await;
        let statements = &trace.files[0].steps[0].statements;
        let rows = |index: usize| statements[index].work.first().map_or(0, |work| work.rows_scanned);
        assert_eq!(rows(1) + rows(4), 800_000, "{statements:?}");
        assert!(rows(1) > 0 && rows(4) > 0);
    }
}

/// A migration of one step: its locks, and what its statements have done to tables that were there before.
fn described(file: &FileTrace) -> String {
    assert_eq!(file.steps.len(), 1, "{}", file.title);
    let step = &file.steps[0];
    let locks = if step.way == StepWay::Alone { Vec::new() } else { strongest(step) };
    let mut parts = vec![locks.join(", ")];
    for statement in &step.statements {
        parts.extend(rewrites(statement));
        parts.extend(work(statement));
    }
    parts.join(" | ")
}

fn rewrites(statement: &StatementTrace) -> Vec<String> {
    let old = statement.rewritten.iter().filter(|rewrite| rewrite.existed_before);
    // The indexes of a table that is written anew are written anew, too.
    let alone =
        |kind| kind != RelationKind::Toast && (kind != RelationKind::Index || statement.rewritten.len() == 1);
    old.filter(|rewrite| alone(rewrite.kind))
        .map(|rewrite| {
            let word = if rewrite.after_bytes == Some(0) { "empties" } else { "rewrites" };
            format!("{word} {}", rewrite.object.trim_start_matches("public."))
        })
        .collect()
}

fn work(statement: &StatementTrace) -> Vec<String> {
    let mut words = Vec::new();
    for work in statement.work.iter().filter(|work| work.existed_before) {
        let name = work.relation.trim_start_matches("public.");
        let counts = [
            ("reads", work.rows_scanned),
            ("inserts", work.rows_inserted),
            ("updates", work.rows_updated),
            ("deletes", work.rows_deleted),
        ];
        words.extend(
            counts
                .iter()
                .filter(|(_, count)| *count > 0)
                .map(|(word, count)| format!("{word} {count} of {name}")),
        );
    }
    words
}
