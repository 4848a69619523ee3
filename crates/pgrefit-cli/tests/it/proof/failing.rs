//! Runs that end badly: on the copy, where nothing is lost, and on the live database, where the way out is forward.

use super::Shop;
use crate::harness::Database;

#[test]
fn what_fails_on_the_copy_does_not_reach_the_live_database() {
    let check = |sql: &str, variables: &[(&str, &str)], words: &[&str]| {
        let shop = Shop::pending(sql);
        let mut call = shop.call(&["migrate"]);
        for (name, value) in variables {
            call = call.env(name, value);
        }
        call.run().expect(18).says(words);
        assert!(shop.is_untouched());
        assert_eq!(shop.evidence()["outcome"]["exit_code"], 18);
        let stages = shop.evidence()["stages"].to_string();
        assert!(stages.contains("\"rehearse\"") && !stages.contains("\"apply\""), "{stages}");
    };
    check("ALTER TABLE books ADD CONSTRAINT few CHECK (shelf < 5);", &[], &["the rehearsal failed", "few"]);
    check("DELETE FROM books WHERE id = 7;", &[], &["the content is not as before"]);
    check(
        "ALTER TABLE books ALTER shelf TYPE bigint; SELECT pg_sleep(0.3);",
        &[("PGREFIT_POLICY_STALL_MAX", "100ms")],
        &["the rehearsal failed", "public.books"],
    );
    check("ALTER TABLE books RENAME COLUMN shelf TO place;", &[], &["the rehearsal failed"]);
}

/// A statement that makes something else on the server that listens on this port: a rehearsal cannot know.
fn depends_on(port: u16) -> String {
    format!(
        "DO $$ BEGIN\n  IF current_setting('port') = '{port}' THEN CREATE TABLE notes (id int PRIMARY KEY);\n  \
         ELSE CREATE TABLE notes (id bigint PRIMARY KEY, body text); END IF;\nEND $$;\n"
    )
}

#[test]
fn a_failed_verification_ends_with_a_draft_that_leads_forward() {
    let database = Database::new();
    let pending = depends_on(database.server.port());
    let shop = Shop::on(database, &pending);
    let ran = shop.run(&["migrate"]).expect(15).shows(&["the verification failed", "not as rehearsed"]);
    assert!(ran.stdout.contains("notes"), "{}", ran.stdout);
    let draft = std::fs::read_to_string(shop.last_run().join("roll-forward.sql")).unwrap();
    assert_eq!(shop.evidence()["roll_forward"].as_str(), Some(draft.as_str()));
    assert_eq!(shop.database.value("SELECT exit_code FROM pgrefit_run"), "15");
    shop.run(&["migrate"]).expect(0).shows(&["ended with 15"]);
    shop.folder.write("V3__roll_forward.sql", &draft);
    shop.run(&["migrate"]).expect(0).shows(&["1 migration applied, verified"]);
    let columns = "SELECT string_agg(attname || ' ' || atttypid::regtype, ', ' ORDER BY attnum) FROM pg_attribute \
                   WHERE attrelid = 'notes'::regclass AND attnum > 0 AND NOT attisdropped";
    assert_eq!(shop.database.value(columns), "id bigint, body text");
}

#[test]
fn a_backup_that_cannot_be_taken_is_16_and_changes_nothing() {
    let shop = Shop::new();
    let adapter = |variables: &[(&str, &str)], exit: i32, words: &[&str]| {
        let mut call = shop.call(&["migrate"]);
        for (name, value) in variables {
            call = call.env(name, value);
        }
        call.run().expect(exit).says(words);
        assert!(shop.is_untouched());
    };
    adapter(&[("PGREFIT_BACKUP_ADAPTER", "pgdump")], 2, &["`pgdump` is not one of"]);
    adapter(&[("PGREFIT_BACKUP_SAMPLE", "0")], 2, &["backup.sample"]);
    adapter(
        &[("PGREFIT_BACKUP_ADAPTER", "command"), ("PGREFIT_BACKUP_COMMAND", "/bin/false")],
        16,
        &["false"],
    );
    adapter(&[("PGREFIT_BACKUP_SAMPLE", "10")], 11, &["policy.backup_strength is compared"]);
}

#[test]
fn an_invalid_index_that_a_killed_run_left_keeps_nobody_from_mending_it() {
    let shop = Shop::pending("CREATE INDEX CONCURRENTLY books_title_idx ON books (title);");
    shop.database.sql("CREATE INDEX books_title_idx ON books (title)");
    shop.database
        .sql("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'books_title_idx'::regclass");
    shop.run(&["migrate"]).expect(0);
    let valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'books_title_idx'::regclass";
    assert_eq!(shop.database.value(valid), "t");
    // One that has nothing to do with it is a remark.
    shop.database.sql("CREATE INDEX other_idx ON books (shelf)");
    shop.database.sql("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'other_idx'::regclass");
    shop.folder.write("V3__isbn.sql", "ALTER TABLE books ADD COLUMN isbn text;");
    shop.run(&["migrate"]).expect(0).shows(&["public.other_idx"]);
}
