//! Databases that refinery manages, before and after. The rows that refinery itself wrote are a recorded fixture, so that
//! no test needs it; where `refinery` is on PATH, it also has the last word.

use std::process::{Command, Stdio};

use crate::harness::{Database, Folder, Ran, pgrefit};

/// The migrations of a project that uses refinery.
pub(crate) const FILES: &[(&str, &str)] = &[
    ("V1__create_author.sql", include_str!("fixtures/refinery/V1__create_author.sql")),
    ("V2__create_book.sql", include_str!("fixtures/refinery/V2__create_book.sql")),
    ("V3__add_year_2.sql", include_str!("fixtures/refinery/V3__add_year_2.sql")),
];
const RECORDED: &str = include_str!("fixtures/refinery/recorded.sql");
const LATER: (&str, &str) = ("V4__later.sql", "CREATE TABLE later (id int);\n");

/// Version, name and checksum of every row: all that refinery compares.
const ROWS: &str = "SELECT string_agg(concat_ws(' ', version, name, checksum), E'\\n' ORDER BY version) \
                    FROM refinery_schema_history";

/// A database as refinery leaves it behind the first `count` files.
pub(crate) fn managed_by_refinery(count: usize) -> Database {
    let database = Database::new();
    for (_, text) in &FILES[..count] {
        database.sql(text);
    }
    database.sql(RECORDED);
    database.sql(&format!("DELETE FROM refinery_schema_history WHERE version > {count}"));
    database
}

fn run(command: &str, folder: &Folder, database: &Database) -> Ran {
    pgrefit([command]).inside(folder.path()).on(database).run()
}

#[test]
fn a_database_of_refinery_is_taken_as_it_is() {
    let (folder, database) = (Folder::new(FILES), managed_by_refinery(3));
    let before = database.value(ROWS);
    run("status", &folder, &database).expect(0).shows(&[
        "V1__create_author applied",
        "V2__create_book applied",
        "V3__add_year_2 applied",
        "up to date at V3",
    ]);
    run("repair", &folder, &database).expect(0).shows(&["nothing to repair"]);
    run("migrate", &folder, &database).expect(0).shows(&["up to date at V3"]);
    assert!(!database.has_table("pgrefit_migration"), "nothing is written where nothing is to be done");
    folder.write(LATER.0, LATER.1);
    run("migrate", &folder, &database).expect(0).shows(&["1 migration applied"]);
    let after = database.value(ROWS);
    assert!(after.starts_with(&before) && after.lines().count() == 4, "{after}");
}

#[test]
fn the_rows_are_those_that_refinery_writes() {
    let expected = managed_by_refinery(3).value(ROWS);
    for applied_before in 0..3 {
        let (folder, database) = (Folder::new(FILES), managed_by_refinery(applied_before));
        run("migrate", &folder, &database).expect(0);
        assert_eq!(database.value(ROWS), expected, "after {applied_before} of refinery's");
    }
}

#[test]
fn the_table_is_the_one_that_refinery_creates() {
    let columns = "SELECT string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull), ', ' \
                   ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'refinery_schema_history'::regclass AND attnum > 0";
    let (folder, database) = (Folder::new(FILES), Database::new());
    run("migrate", &folder, &database).expect(0);
    assert_eq!(database.value(columns), managed_by_refinery(0).value(columns));
    // refinery parses what it finds and panics on anything but RFC 3339.
    let parsed = "SELECT count(*) FROM refinery_schema_history WHERE applied_on::timestamptz > now() - interval '1 hour' \
                  AND applied_on ~ '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$'";
    assert_eq!(database.value(parsed), "3");
}

#[test]
fn without_the_applied_text_only_line_ends_and_blanks_are_cosmetic() {
    let check = |text: &str, code: i32, part: &str| {
        let (folder, database) = (Folder::new(FILES), managed_by_refinery(3));
        folder.write(FILES[0].0, text);
        run("status", &folder, &database).expect(code).shows(&["V1__create_author", part]);
    };
    let text = FILES[0].1;
    check(&text.replace('\n', "\r\n"), 0, "applied, file reformatted");
    check(text.trim_end(), 0, "applied, file reformatted");
    check(&format!("-- why\n{text}"), 12, "the text as applied is not known");
    check(&text.replace("int", "bigint"), 12, "file changed after it was applied");
}

#[test]
fn refinery_goes_on_where_pgrefit_ended() {
    if Command::new("refinery").arg("--version").stdout(Stdio::null()).status().is_err() {
        return;
    }
    let (folder, database) = (Folder::new(FILES), Database::new());
    let refinery = || {
        let mut command = Command::new("refinery");
        command
            .args(["migrate", "-d", "-m", "-e", "URL"])
            .env("URL", database.url())
            .current_dir(folder.path());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    run("migrate", &folder, &database).expect(0);
    folder.write(LATER.0, LATER.1);
    refinery();
    run("migrate", &folder, &database).expect(0).shows(&["up to date at V4"]);
    folder.write("V5__last.sql", "CREATE TABLE last ();\n");
    run("migrate", &folder, &database).expect(0).shows(&["1 migration applied"]);
    refinery();
    assert_eq!(database.history().len(), 5);
}
