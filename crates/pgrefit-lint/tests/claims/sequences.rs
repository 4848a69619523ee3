//! Statements drawn at random: what a linter passes must keep nobody out for long, and what takes no strong lock by its
//! account must take none.

use std::fmt::Write as _;

use pgrefit_lint::{Linter, Options, Source};
use pgrefit_report::Status;
use pgrefit_sql::effects;

use crate::Done;
use crate::live::{self, Live, Watched};

/// How many scripts are drawn for each server.
const SCRIPTS: u32 = 250;
/// Fixed, so that a failure is found again.
const SEED: u64 = 20_26;

#[tokio::test]
async fn what_is_passed_keeps_nobody_out() {
    let mut wrong = Vec::new();
    for (major, live) in Live::all() {
        let mut owner = live.emptied().await;
        // Not every server has pgvector.
        let before = include_str!("../cases/before.sql").replace("    embedding vector(3072),\n", "");
        owner.batch(&before).await.expect("set up");
        owner.batch(include_str!("rows.sql")).await.expect("filled");
        let mut watcher = live.writer("claims").await;
        let tables = Watched::read(&mut watcher).await;
        let rows = tables.rows(&mut watcher).await;
        let mut random = fastrand::Rng::with_seed(SEED);
        let (mut ran, mut quiet, mut weak) = (0, 0, 0);
        for _ in 0..SCRIPTS {
            let script = drawn(&mut random);
            let mut session = live.writer("claims").await;
            let pid = live::pid(&mut session).await;
            let mut done = Done { rows: rows.clone(), ..Done::default() };
            session.batch("BEGIN").await.expect("begun");
            let mut failed = false;
            for statement in &script {
                if session.batch(statement).await.is_err() {
                    failed = true;
                    break;
                }
                let known = done.scanned.clone();
                tables.watch(&mut session, &mut watcher, &pid, &mut done).await;
                // What a query or a change of few rows reads is the planner's choice.
                if ["SELECT", "UPDATE", "DELETE", "INSERT"].iter().any(|word| statement.starts_with(word)) {
                    done.scanned = known;
                }
            }
            session.batch("ROLLBACK").await.expect("rolled back");
            if failed {
                continue;
            }
            ran += 1;
            let text = script.concat();
            let claimed = effects(&text, major).expect("it parses");
            let strong = claimed
                .iter()
                .any(|effect| effect.opaque || effect.locks.iter().any(|lock| lock.mode.blocks_writes()));
            let held: Vec<_> = done.locks.iter().filter(|(_, mode)| mode.blocks_writes()).collect();
            if !strong {
                weak += 1;
                if !held.is_empty() {
                    wrong.push(format!("{major}: claims no strong lock, holds {held:?}\n{text}"));
                }
            }
            if is_quiet(&before, &text, major) {
                quiet += 1;
                if !done.scanned.is_empty() || !done.rewritten.is_empty() {
                    wrong.push(format!(
                        "{major}: passed, reads {:?} and rewrites {:?}\n{text}",
                        done.scanned, done.rewritten
                    ));
                }
            }
        }
        // The property must have been asked often enough to mean something.
        assert!(
            ran > 100 && quiet > 20 && weak > 20,
            "{major}: {ran} ran, {quiet} were passed, {weak} are weak"
        );
    }
    assert!(wrong.is_empty(), "{} scripts:\n{}", wrong.len(), wrong.join("\n"));
}

/// Whether the linter has nothing to warn of.
fn is_quiet(before: &str, text: &str, major: u32) -> bool {
    let mut linter = Linter::new(Options { server_major: major, ..Options::default() });
    linter.learn(before);
    let judged = linter.judge(&Source { file: "V2__drawn.sql", text, is_migration: true });
    judged.findings.iter().all(|finding| finding.status < Status::Warn)
}

/// One to four statements.
fn drawn(random: &mut fastrand::Rng) -> Vec<String> {
    (0..random.usize(1..=4)).map(|_| statement(random)).collect()
}

fn statement(random: &mut fastrand::Rng) -> String {
    let mut text = random.choice(STATEMENTS).expect("a statement").to_owned() + ";\n";
    for (mark, words) in WORDS {
        while let Some(at) = text.find(mark) {
            let word = random.choice(words.iter()).expect("a word");
            text.replace_range(at..at + mark.len(), word);
        }
    }
    let mut unique = String::new();
    let _ = write!(unique, "n{}", random.u32(..));
    text.replace("<new>", &unique)
}

/// What the marks stand for.
const WORDS: [(&str, &[&str]); 6] = [
    ("<table>", &["documents", "lines", "logs", "keyless", "kinds"]),
    ("<column>", &["title", "price", "seen", "checked", "isbn", "address", "share", "content"]),
    (
        "<type>",
        &[
            "text",
            "varchar",
            "varchar(300)",
            "varchar(20)",
            "numeric(12,2)",
            "numeric",
            "bigint",
            "timestamptz",
            "inet",
            "int",
        ],
    ),
    ("<default>", &["0", "now()", "random()", "fixed()", "wobbly()", "NULL", "inlined()"]),
    ("<index>", &["documents_isbn_index", "lines_document", "logs_id"]),
    ("<not valid>", &["", " NOT VALID"]),
];

const STATEMENTS: [&str; 46] = [
    "ALTER TABLE <table> ADD COLUMN <new> int",
    "ALTER TABLE <table> ADD COLUMN <new> <type> DEFAULT NULL",
    "ALTER TABLE <table> ADD COLUMN <new> float8 DEFAULT <default>",
    "ALTER TABLE <table> ADD COLUMN <new> int NOT NULL DEFAULT 1",
    "ALTER TABLE <table> ADD COLUMN <new> int CHECK (<new> > 0)",
    "ALTER TABLE <table> ADD COLUMN <new> int UNIQUE",
    "ALTER TABLE <table> ADD COLUMN <new> bigint REFERENCES sources (id)",
    "ALTER TABLE <table> ADD COLUMN <new> percent",
    "ALTER TABLE <table> ADD COLUMN <new> int GENERATED ALWAYS AS (1 + 1) STORED",
    "ALTER TABLE <table> ADD COLUMN <new> bigserial",
    "ALTER TABLE documents ALTER COLUMN <column> TYPE <type>",
    "ALTER TABLE documents ALTER COLUMN weight TYPE <type>",
    "ALTER TABLE documents ALTER COLUMN region TYPE <type>",
    "ALTER TABLE documents ALTER COLUMN <column> SET NOT NULL",
    "ALTER TABLE documents ALTER COLUMN <column> DROP NOT NULL",
    "ALTER TABLE documents ALTER COLUMN <column> SET DEFAULT NULL",
    "ALTER TABLE documents ALTER COLUMN <column> SET STATISTICS 100",
    "ALTER TABLE documents ADD CONSTRAINT <new> CHECK (<column> IS NOT NULL)<not valid>",
    "ALTER TABLE documents VALIDATE CONSTRAINT price_positive",
    "ALTER TABLE lines ADD CONSTRAINT <new> FOREIGN KEY (document_id) REFERENCES documents (id)<not valid>",
    "ALTER TABLE lines ADD CONSTRAINT <new> UNIQUE (id, note)",
    "ALTER TABLE logs ADD CONSTRAINT <new> PRIMARY KEY USING INDEX logs_id",
    "ALTER TABLE keyless ADD CONSTRAINT <new> PRIMARY KEY USING INDEX keyless_id",
    "ALTER TABLE keyless ADD PRIMARY KEY (id)",
    "ALTER TABLE <table> SET (fillfactor = 80)",
    "ALTER TABLE <table> SET UNLOGGED",
    "ALTER TABLE events ATTACH PARTITION events_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')",
    "ALTER TABLE events ATTACH PARTITION events_2025_checked FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')",
    "CREATE TABLE <new> PARTITION OF partitioned FOR VALUES FROM (5000) TO (6000)",
    "CREATE TABLE <new> PARTITION OF events FOR VALUES FROM ('2030-01-01') TO ('2031-01-01')",
    "CREATE INDEX <new> ON <table> (id)",
    "CREATE INDEX <new> ON ONLY events (kind)",
    "DROP INDEX <index>",
    "REINDEX TABLE <table>",
    "CREATE TABLE <new> (id bigint PRIMARY KEY, document_id bigint REFERENCES documents (id))",
    "CREATE TABLE <new> (LIKE <table> INCLUDING ALL)",
    "CREATE VIEW <new> AS SELECT id FROM <table>",
    "CREATE TYPE <new> AS ENUM ('x')",
    "UPDATE documents SET title = 'x' WHERE id = 5",
    "DELETE FROM lines WHERE id IN (SELECT id FROM lines LIMIT 2)",
    "INSERT INTO kinds (id) VALUES (1000)",
    "SELECT count(*) FROM <table>",
    "COMMENT ON TABLE <table> IS 'x'",
    "GRANT SELECT ON <table> TO PUBLIC",
    "ANALYZE <table>",
    "DO $$ BEGIN ALTER TABLE lines ADD COLUMN <new> int DEFAULT 1; CREATE INDEX ON logs (line); END $$",
];
