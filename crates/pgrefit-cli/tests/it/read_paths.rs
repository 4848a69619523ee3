//! The tables beside the documents (V23 and later) are exact: whatever writes, however it writes, while they are filled and
//! after.

mod during;
mod rights;
mod search;

use std::path::{Path, PathBuf};

use crate::concurrency::Bystander;
use crate::harness::{Database, pgrefit, versions};

/// The last migration before the tables beside the documents.
const BEFORE: &str = "22";

/// Rows that are wrong, one query for each table: all must find none.
const WRONG: &[(&str, &str)] = &[
    (
        "documents_search",
        "SELECT count(*) FROM documents_search AS s FULL JOIN documents AS d USING (id)
         WHERE (s.created_at, s.words) IS DISTINCT FROM
             (d.created_at, document_words(d.doc_type, d.source_name, d.doc_path, d.metadata, d.content))",
    ),
    (
        "documents_signs",
        "SELECT count(*) FROM documents_signs AS s
         FULL JOIN (SELECT * FROM documents WHERE embedding IS NOT NULL) AS d USING (id)
         WHERE (s.doc_type, s.source_name, s.signs) IS DISTINCT FROM
             (d.doc_type, d.source_name, binary_quantize(d.embedding)::bit(3072))",
    ),
    (
        "document_counts",
        "SELECT count(*) FROM (
             SELECT doc_type, source_name, crate_name, crate_version, sum(documents), sum(embedded), sum(tokens), sum(characters)
             FROM document_counts GROUP BY 1, 2, 3, 4 HAVING sum(documents) <> 0 OR sum(embedded) <> 0 OR sum(tokens) <> 0
         ) AS counted (doc_type, source_name, crate_name, crate_version, documents, embedded, tokens, characters)
         FULL JOIN (
             SELECT doc_type, source_name, metadata->>'crate_name', metadata->>'crate_version',
                 count(*), count(embedding), coalesce(sum(token_count), 0), sum(length(content))
             FROM documents GROUP BY 1, 2, 3, 4
         ) AS actual (doc_type, source_name, crate_name, crate_version, documents, embedded, tokens, characters)
         ON (counted.doc_type, counted.source_name) = (actual.doc_type, actual.source_name)
             AND counted.crate_name IS NOT DISTINCT FROM actual.crate_name
             AND counted.crate_version IS NOT DISTINCT FROM actual.crate_version
         WHERE (counted.documents, counted.embedded, counted.tokens, counted.characters) IS DISTINCT FROM
             (actual.documents, actual.embedded, actual.tokens, actual.characters)",
    ),
];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn migrate(database: &Database, arguments: &[&str]) {
    pgrefit(["migrate"].iter().chain(arguments)).inside(&repository()).on(database).run().expect(0);
}

/// Versions of PostgreSQL under test that have pgvector.
fn with_pgvector() -> impl Iterator<Item = u32> {
    versions().into_iter().filter(|&version| Database::on(version).server.binaries().has_pgvector)
}

/// Functions of the tests: texts and vectors from a number.
const FUNCTIONS: &str = "
    CREATE FUNCTION some_text(n int) RETURNS text LANGUAGE sql AS $$
        SELECT string_agg(md5((n * i)::text) || ' word' || (n + i) % 97, E'\\n') FROM generate_series(1, 1 + n % 40) AS i $$;
    CREATE FUNCTION some_vector(n int) RETURNS vector LANGUAGE sql AS $$
        SELECT array_agg(sin(n + i * (1 + n % 7)))::vector(3072) FROM generate_series(1, 3072) AS i $$;
    CREATE FUNCTION some_id(n int) RETURNS uuid LANGUAGE sql AS 'SELECT md5(n::text)::uuid';";

/// Documents 1 … n, one of four with an embedding, of eight sources.
fn documents(n: u32) -> String {
    format!(
        "INSERT INTO documents (id, doc_type, source_name, doc_path, content, metadata, embedding, token_count)
         SELECT some_id(n), CASE n % 3 WHEN 0 THEN 'ebpf' ELSE 'rust' END, 'source' || n % 8, 'src/part_' || n || '.rs',
             some_text(n), jsonb_build_object('format', 'rustdoc', 'crate_name', 'crate' || n % 5, 'crate_version', '1.' || n % 2),
             CASE n % 4 WHEN 0 THEN some_vector(n) END, NULLIF(n % 11, 0)
         FROM generate_series(1, {n}) AS n"
    )
}

/// A migrated database with documents.
fn migrated(version: u32) -> Database {
    let database = Database::on(version);
    migrate(&database, &[]);
    database.sql(FUNCTIONS);
    database.sql(&documents(400));
    database
}

#[track_caller]
fn assert_exact(database: &Database, after: &str) {
    for (table, sql) in WRONG {
        assert_eq!(database.value(sql), "0", "{table} after {after}");
    }
}

/// Everything that changes documents, in turn: each finds what the ones before it left.
const CHANGES: &[&str] = &[
    "INSERT INTO documents (doc_type, source_name, doc_path, content) VALUES ('solana', 'new', 'a', 'b')",
    "UPDATE documents SET content = 'other words' WHERE id IN (SELECT id FROM documents ORDER BY id LIMIT 30)",
    "UPDATE documents SET content = content, token_count = 7 WHERE doc_path LIKE '%1.rs'",
    "UPDATE documents SET token_count = NULL WHERE doc_path LIKE '%2.rs'",
    "UPDATE documents SET doc_type = 'ebpf', source_name = 'moved' WHERE doc_path LIKE '%3.rs'",
    "UPDATE documents SET metadata = metadata || '{\"crate_version\": \"2.0\", \"topic\": \"it''s \\\\ odd\"}' WHERE doc_path LIKE '%4.rs'",
    "UPDATE documents SET metadata = '{}' WHERE doc_path LIKE '%14.rs'",
    "UPDATE documents SET embedding = some_vector(3) WHERE doc_path LIKE '%5.rs'",
    "UPDATE documents SET embedding = NULL WHERE doc_path LIKE '%8.rs'",
    "UPDATE documents SET id = gen_random_uuid(), doc_path = doc_path || '.moved' WHERE doc_path LIKE '%20.rs'",
    "UPDATE documents SET created_at = '2020-01-01' WHERE doc_path LIKE '%6.rs'",
    "DELETE FROM documents WHERE doc_path LIKE '%7.rs'",
    "INSERT INTO documents (id, doc_type, source_name, doc_path, content, embedding)
     SELECT some_id(n), 'rust', 'upserted', 'upserted' || n, some_text(n + 1), some_vector(n) FROM generate_series(350, 450) AS n
     ON CONFLICT (id) DO UPDATE SET content = EXCLUDED.content, source_name = EXCLUDED.source_name, embedding = EXCLUDED.embedding",
    "INSERT INTO documents (doc_type, source_name, doc_path, content) VALUES ('rust', 'upserted', 'upserted450', 'again'), ('rust', 'upserted', 'x', 'new')
     ON CONFLICT (doc_type, source_name, doc_path) DO UPDATE SET content = EXCLUDED.content",
    "INSERT INTO documents (doc_type, source_name, doc_path, content) VALUES ('rust', 'upserted', 'x', 'not taken') ON CONFLICT DO NOTHING",
    "MERGE INTO documents AS d USING (SELECT some_id(n) AS id, n FROM generate_series(1, 500) AS n) AS s ON d.id = s.id
     WHEN MATCHED AND s.n % 9 = 0 THEN DELETE
     WHEN MATCHED AND s.n % 2 = 0 THEN UPDATE SET content = d.content || ' merged'
     WHEN NOT MATCHED THEN INSERT (id, doc_type, source_name, doc_path, content) VALUES (s.id, 'rust', 'merged', s.n::text, 'merged')",
    "WITH gone AS (DELETE FROM documents WHERE doc_path LIKE '%9.rs' RETURNING doc_path)
     INSERT INTO documents (doc_type, source_name, doc_path, content) SELECT 'rust', 'copied', doc_path, 'copy' FROM gone",
    "BEGIN; DELETE FROM documents; ROLLBACK",
    "BEGIN; INSERT INTO documents (doc_type, source_name, doc_path, content) VALUES ('rust', 's', 'p1', 'c');
     SAVEPOINT a; UPDATE documents SET content = 'undone', source_name = 'undone'; ROLLBACK TO a; COMMIT",
    "DO $$ BEGIN
         EXECUTE format('COPY documents TO %L (FORMAT binary)', current_setting('data_directory') || '/' || current_database());
         DELETE FROM documents;
         EXECUTE format('COPY documents FROM %L (FORMAT binary)', current_setting('data_directory') || '/' || current_database());
     END $$",
];

#[test]
fn whatever_writes() {
    for version in with_pgvector() {
        let database = migrated(version);
        assert_exact(&database, "the first documents");
        for change in CHANGES {
            database.sql(change);
            assert_exact(&database, change);
        }
        assert_ne!(database.value("SELECT count(*) FROM documents"), "0");
        database.sql("TRUNCATE documents");
        for table in ["documents_search", "documents_signs", "document_counts"] {
            assert_eq!(database.value(&format!("SELECT count(*) FROM {table}")), "0", "{table}");
        }
        database.sql(&documents(50));
        assert_exact(&database, "TRUNCATE and new documents");
    }
}

/// The same statement counts what there was before the triggers, and repairs what was written without them.
#[test]
fn counts_are_put_right() {
    let database = migrated(18);
    let count = include_str!("../../../../migrations/V24__count_documents.sql");
    let rows = database.value("SELECT count(*) FROM document_counts");
    database.sql(count);
    assert_eq!(database.value("SELECT count(*) FROM document_counts"), rows, "there was nothing to count");
    database.sql(
        "ALTER TABLE documents DISABLE TRIGGER USER; DELETE FROM documents WHERE source_name = 'source1'",
    );
    database.sql("UPDATE documents SET source_name = 'source2' WHERE source_name = 'source3'; ALTER TABLE documents ENABLE TRIGGER USER");
    assert_ne!(database.value(WRONG[2].1), "0");
    database.sql(count);
    assert_eq!(database.value(WRONG[2].1), "0");
}

/// Counting makes nobody wait who did not wait before: two transactions write the same two sources, in opposite order.
#[test]
fn writers_of_one_source_do_not_wait_for_each_other() {
    let database = migrated(18);
    let insert = |path: &str, source: &str| {
        format!(
            "INSERT INTO documents (doc_type, source_name, doc_path, content) VALUES ('rust', '{source}', '{path}', 'text');"
        )
    };
    let (mut one, mut other) = (Bystander::on(&database), Bystander::on(&database));
    for session in [&mut one, &mut other] {
        session.sql("SET lock_timeout = '1ms'");
        session.sql("BEGIN");
    }
    // Often enough that both fold.
    for n in 0..100 {
        one.sql(&(insert(&format!("one {n}"), "source1") + &insert(&format!("one {n}"), "source2")));
        other.sql(&(insert(&format!("other {n}"), "source2") + &insert(&format!("other {n}"), "source1")));
    }
    one.sql("COMMIT");
    other.sql("COMMIT");
    assert_exact(&database, "both");
    let rows: u32 =
        database.value("SELECT count(*) FROM document_counts WHERE source_name = 'source1'").parse().unwrap();
    assert!(rows < 150, "{rows} rows: nothing was folded");
}

/// In a transaction that sees one snapshot throughout, counts do not conflict either.
#[test]
fn one_snapshot_throughout_is_no_error() {
    let database = migrated(18);
    let mut repeatable = Bystander::on(&database);
    repeatable.sql("BEGIN ISOLATION LEVEL REPEATABLE READ");
    repeatable.sql("SELECT count(*) FROM documents");
    for n in 0..60 {
        database.sql(&format!("INSERT INTO documents (doc_type, source_name, doc_path, content) VALUES ('rust', 'source1', 'r{n}', 'text')"));
    }
    for n in 0..60 {
        repeatable.sql(&format!("INSERT INTO documents (doc_type, source_name, doc_path, content) VALUES ('rust', 'source1', 'q{n}', 'text')"));
    }
    repeatable.sql("COMMIT");
    assert_exact(&database, "both");
}
