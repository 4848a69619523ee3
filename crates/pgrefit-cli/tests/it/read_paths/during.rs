//! The application goes on while the tables are filled: nothing it writes, changes or deletes meanwhile is lost or stays.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::{BEFORE, FUNCTIONS, assert_exact, documents, migrate, repository, with_pgvector};
use crate::concurrency::Bystander;
use crate::harness::{Database, pgrefit};

/// A database before the tables are made, with documents of every kind.
fn before(version: u32, n: u32) -> Database {
    let database = Database::on(version);
    migrate(&database, &["--target", BEFORE]);
    database.sql(FUNCTIONS);
    database.sql(&documents(n));
    database
}

/// What one writer does in its turn; the numbers of two writers do not meet, but all choose among the same documents.
fn turn(writer: u32, turn: u32, count: u32) -> String {
    let n = (turn * 7919 + writer * 104_729) % count + 1;
    let new = 1_000_000 * (writer + 1) + turn;
    match (turn + writer) % 7 {
        0 => format!(
            "INSERT INTO documents (id, doc_type, source_name, doc_path, content) VALUES (some_id({new}), 'rust', 'written', '{new}', some_text({n}))"
        ),
        1 => format!("UPDATE documents SET content = some_text({n} + {turn}) WHERE id = some_id({n})"),
        2 => format!("UPDATE documents SET embedding = some_vector({turn}) WHERE id = some_id({n})"),
        3 => format!("DELETE FROM documents WHERE id = some_id({n})"),
        4 => format!("UPDATE documents SET source_name = 'source' || {turn} % 9, embedding = NULL WHERE id = some_id({n})"),
        5 => format!(
            "INSERT INTO documents (id, doc_type, source_name, doc_path, content) VALUES (some_id({n}), 'rust', 'again', '{n}', some_text({turn}))
             ON CONFLICT (id) DO UPDATE SET content = EXCLUDED.content, metadata = '{{\"crate_name\": \"again\"}}'"
        ),
        _ => format!(
            "BEGIN; DELETE FROM documents WHERE id = some_id({n}); SELECT pg_sleep(0.01);
             INSERT INTO documents (id, doc_type, source_name, doc_path, content) VALUES (some_id({n}), 'rust', 'back', '{n}', 'back'); COMMIT"
        ),
    }
}

/// Writes until it is told to stop, and says how often it wrote.
fn write(database: &Database, writer: u32, count: u32, is_over: &AtomicBool) -> u32 {
    let mut session = Bystander::on(database);
    let mut written = 0;
    while !is_over.load(Ordering::Relaxed) {
        session.sql(&turn(writer, written, count));
        written += 1;
    }
    written
}

#[test]
fn writers_go_on_while_the_tables_are_filled() {
    for version in with_pgvector() {
        let (count, is_over) = (3000, AtomicBool::new(false));
        let database = before(version, count);
        let written: Vec<u32> = thread::scope(|scope| {
            let write = |writer| {
                let (database, is_over) = (&database, &is_over);
                scope.spawn(move || write(database, writer, count, is_over))
            };
            let writers: Vec<_> = (0..4).map(write).collect();
            let migrate =
                pgrefit(["migrate"]).inside(&repository()).env("PGREFIT_MIGRATIONS_BATCH_TARGET", "10ms");
            let ran = migrate.on(&database).run();
            is_over.store(true, Ordering::Relaxed);
            ran.expect(0);
            writers.into_iter().map(|writer| writer.join().unwrap()).collect()
        });
        assert!(written.iter().all(|&written| written > 20), "{written:?}");
        assert_exact(&database, "a migration with writers");
    }
}

/// Deletes of a snapshot that is older than the row beside the document cannot see that row: it is removed in the end.
#[test]
fn a_delete_with_an_old_snapshot_leaves_no_stray() {
    for version in with_pgvector() {
        let database = before(version, 300);
        migrate(&database, &["--target", "26"]);
        let mut old = Bystander::on(&database);
        old.sql("BEGIN ISOLATION LEVEL REPEATABLE READ");
        old.sql("SELECT count(*) FROM documents");
        migrate(&database, &["--target", "28"]);
        old.sql("DELETE FROM documents WHERE doc_path LIKE '%4.rs'");
        old.sql("COMMIT");
        let strays = "SELECT count(*) FROM documents_search WHERE id NOT IN (SELECT id FROM documents)";
        assert_ne!(database.value(strays), "0", "else this test shows nothing");
        // One of them comes back, with other words, before it is looked for.
        database.sql(
            "INSERT INTO documents (id, doc_type, source_name, doc_path, content) VALUES (some_id(4), 'rust', 'back', 'back', 'back')",
        );
        migrate(&database, &[]);
        assert_eq!(database.value(strays), "0");
        assert_exact(&database, "the strays are gone");
    }
}
