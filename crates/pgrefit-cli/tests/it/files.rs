//! Folders of migrations that cannot be used: each is one clear error, and nothing is recorded. Files that fail: the place,
//! the server's words, and a database as it was before.

use crate::harness::{Database, Folder, Ran, pgrefit};

const HISTORY: &str = "refinery_schema_history";

fn migrate(folder: &Folder, database: &Database) -> Ran {
    pgrefit(["migrate"]).inside(folder.path()).on(database).run()
}

/// A folder and a database on which its files were applied.
fn migrated(files: &[(&str, &str)]) -> (Folder, Database) {
    let (folder, database) = (Folder::new(files), Database::new());
    migrate(&folder, &database).expect(0);
    (folder, database)
}

#[test]
fn folders_that_cannot_be_used_are_refused() {
    let database = Database::new();
    let check = |files: &[(&str, &str)], parts: &[&str]| {
        migrate(&Folder::new(files), &database).expect(2).says(parts);
        assert!(!database.has_table(HISTORY) && !database.has_table("good"), "{files:?}");
    };
    let good = ("V1__good.sql", "CREATE TABLE good ();");
    let stray = |name: &'static str, parts: &[&str]| {
        let title = format!("migrations/{name} is not named like a migration");
        check(&[good, (name, "")], &[&[title.as_str(), "hint:"], parts].concat());
    };
    stray("notes.txt", &["does not end in .sql", "move anything else out of the folder"]);
    stray("v2__lower.sql", &["capital V or U"]);
    stray("V2__add-index.sql", &["letters, digits and underscores"]);
    stray("V2__upper.SQL", &["does not end in .sql"]);
    stray("V1.2__decimal.sql", &["not a whole number"]);
    stray("|1__pipe.sql", &["capital V or U"]);
    stray("V2_single.sql", &["two underscores"]);
    stray("V__none.sql", &["not a whole number"]);
    check(&[good, ("V99999999999999999999__x.sql", "")], &["version 99999999999999999999 is too large"]);
    check(
        &[good, ("V01__again.sql", "")],
        &["version 1 is used twice", "migrations/V01__again.sql", "migrations/V1__good.sql", "hint:"],
    );
    check(&[], &["no migrations in migrations", "pgrefit new"]);
    check(
        &[good, ("V2__x.sql", "SELECT 1;\n-- pgrefit:lock-timeot 2s\n")],
        &["migrations/V2__x.sql", "line 2", "`pgrefit:lock-timeot`", "did you mean `pgrefit:lock-timeout`?"],
    );
    check(
        &[good, ("V2__x.sql", "-- pgrefit:lock-timeout soon\n")],
        &["migrations/V2__x.sql", "line 1", "a duration such as", "`soon`"],
    );
}

#[test]
fn the_cause_of_a_wrong_directive_is_said_once() {
    let folder = Folder::new(&[("V1__x.sql", "-- pgrefit:fase expand\n")]);
    let ran = migrate(&folder, &Database::new()).expect(2);
    assert_eq!(ran.stderr.matches("unknown directive").count(), 1, "{}", ran.stderr);
}

#[test]
fn a_file_that_is_not_text_is_refused_with_the_place() {
    let (folder, database) = (Folder::new(&[]), Database::new());
    folder.write("V1__x.sql", b"CREATE TABLE good ();\n-- caf\xe9\n");
    let ran = migrate(&folder, &database).expect(2);
    ran.says(&["migrations/V1__x.sql is not valid UTF-8 (line 2, column 7)", "save the file as UTF-8"]);
    assert!(!database.has_table("good"));
}

#[test]
fn a_folder_that_is_not_there_is_an_error_when_it_was_named() {
    let (folder, database) = (Folder::new(&[]), Database::new());
    let parts = ["failed to read nowhere", "No such file", "--migrations DIR"];
    let run = |arguments: &[&str]| pgrefit(arguments).inside(folder.path()).on(&database);
    run(&["migrate", "--migrations", "nowhere"]).run().expect(2).says(&parts);
    run(&["status"]).env("PGREFIT_MIGRATIONS_DIR", "nowhere").run().expect(2).says(&parts);
    std::fs::write(folder.path().join("pgrefit.toml"), "[migrations]\ndir = \"nowhere\"\n").unwrap();
    run(&["plan"]).run().expect(2).says(&parts);
    assert!(!database.has_table(HISTORY));
}

#[test]
fn what_cannot_be_read_is_never_passed_over() {
    let database = Database::new();
    let check = |spoil: fn(&std::path::Path), parts: &[&str]| {
        let folder = Folder::new(&[("V1__good.sql", "CREATE TABLE good ();")]);
        spoil(&folder.migrations().join("V2__bad.sql"));
        migrate(&folder, &database).expect(2).says(parts);
        assert!(!database.has_table("good"));
    };
    check(
        |path| std::os::unix::fs::symlink("gone.sql", path).unwrap(),
        &["failed to read migrations/V2__bad.sql", "No such file", "check the path"],
    );
    check(
        |path| std::os::unix::fs::symlink("V2__bad.sql", path).unwrap(),
        &["failed to read migrations/V2__bad.sql", "symbolic links"],
    );
    check(|path| std::fs::create_dir(path).unwrap(), &["migrations/V2__bad.sql"]);
}

#[test]
fn files_and_folders_without_permission_are_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    // Nothing is closed to root.
    if nix::unistd::geteuid().is_root() {
        return;
    }
    let database = Database::new();
    let folder = Folder::new(&[("V1__good.sql", "CREATE TABLE good ();")]);
    let file = folder.migrations().join("V1__good.sql");
    let close = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    close(&file, 0o000);
    migrate(&folder, &database).expect(2).says(&["failed to read migrations/V1__good.sql", "denied"]);
    close(&file, 0o600);
    close(&folder.migrations(), 0o000);
    let ran = migrate(&folder, &database);
    close(&folder.migrations(), 0o700);
    ran.expect(2).says(&["failed to read migrations", "denied"]);
}

#[test]
fn a_timestamp_needs_a_wide_history() {
    let stamp = "V20260131120000__late.sql";
    let (folder, database) = migrated(&[("V1__first.sql", "CREATE TABLE first ();")]);
    folder.write(stamp, "CREATE TABLE late ();");
    let alter = "ALTER TABLE \"public\".\"refinery_schema_history\" ALTER COLUMN version TYPE int8";
    migrate(&folder, &database).expect(2).says(&["version 20260131120000 does not fit", "int4", alter]);
    assert_eq!(database.history(), ["1:first"]);
    assert!(!database.has_table("late"));
    database.sql(alter);
    migrate(&folder, &database).expect(0).shows(&["1 migration applied"]);
    assert_eq!(database.history(), ["1:first", "20260131120000:late"]);
    migrate(&folder, &database).expect(0).shows(&["up to date at V20260131120000"]);
}

#[test]
fn a_history_that_begins_with_a_timestamp_is_wide() {
    let (folder, database) = migrated(&[("V20260131120000__late.sql", "CREATE TABLE late ();")]);
    assert_eq!(database.value(&format!("SELECT pg_typeof(version) FROM {HISTORY}")), "bigint");
    migrate(&folder, &database).expect(0).shows(&["up to date at V20260131120000"]);
}

#[test]
fn a_failed_statement_is_shown_with_its_place_and_leaves_nothing() {
    let mut lines = vec!["-- filler"; 20];
    lines[1] = "CREATE TABLE half_way ();";
    lines[5] = "UPDATE first SET";
    lines[6] = "  nmae = 'b'";
    lines[7] = "  WHERE id = 1;";
    let text = lines.join("\n");
    let folder = Folder::new(&[
        ("V1__first.sql", "CREATE TABLE first (id int, name text);"),
        ("V2__broken.sql", &text),
        ("V3__never.sql", "CREATE TABLE never ();"),
    ]);
    let database = Database::new();
    let ran = migrate(&folder, &database).expect(13).says(&[
        "failed to apply V2__broken",
        "column \"nmae\" of relation \"first\" does not exist",
        "--> migrations/V2__broken.sql:7:3",
        "SQLSTATE 42703",
    ]);
    assert!(ran.stderr.contains("  7 |   nmae = 'b'\n    |   ^\n"), "{}", ran.stderr);
    assert_eq!(database.history(), ["1:first"]);
    assert!(!database.has_table("half_way") && !database.has_table("never"));
    folder.write("V2__broken.sql", text.replace("nmae", "name"));
    migrate(&folder, &database).expect(0).shows(&["2 migrations applied"]);
}

/// A database with a table `first`, on which files are run that must fail and leave everything as it was.
struct Untouched {
    folder: Folder,
    database: Database,
    fingerprint: String,
}

impl Untouched {
    fn new() -> Self {
        let first = ("V1__first.sql", "CREATE TABLE first (id int PRIMARY KEY, name text);");
        let (folder, database) = migrated(&[first]);
        let fingerprint = database.fingerprint();
        Self { folder, database, fingerprint }
    }

    #[track_caller]
    fn fails(&self, text: &str, code: i32, parts: &[&str]) {
        self.folder.write("V2__x.sql", text);
        let ran = migrate(&self.folder, &self.database);
        assert_eq!(ran.code, Some(code), "{text}\n{}\n{}", ran.stdout, ran.stderr);
        ran.says(parts);
        assert_eq!(self.database.history(), ["1:first"], "{text}");
        assert_eq!(self.database.fingerprint(), self.fingerprint, "{text}");
        assert_eq!(self.database.value("SELECT count(*) FROM first"), "0", "{text}");
    }
}

#[test]
fn errors_are_placed_as_well_as_the_server_tells() {
    let untouched = Untouched::new();
    let at = |place: &str| format!("--> migrations/V2__x.sql:{place}");
    untouched.fails(
        "SELECT nme FROM first;",
        13,
        &[&at("1:8"), "SQLSTATE 42703", "hint: Perhaps you meant to reference the column \"first.name\"."],
    );
    // The server tells no position: the statement's own, behind the comment that stands before it.
    untouched.fails(
        "INSERT INTO first VALUES (1);\nINSERT INTO first VALUES (2);\n\n-- again\nINSERT INTO first\nVALUES (1);\n",
        13,
        &[&at("5:1"), "SQLSTATE 23505", "duplicate key", "Key (id)=(1) already exists."],
    );
    untouched.fails(
        "CREATE TABLE a ();\nSELECT 'äöü', €uro FROM first;\n",
        13,
        &[&at("2:15"), "SQLSTATE 42703"],
    );
    untouched.fails(
        "CREATE TABLE a ();\n\nDO $$\nBEGIN\n  PERFORM 1 / 0;\nEND $$;\n",
        13,
        &[&at("3:1"), "SQLSTATE 22012", "division by zero"],
    );
    // What the parser does not understand goes to the server whole.
    untouched.fails("CREATE TABLE a ();\nSELEC 1;\n", 13, &[&at("2:1"), "SQLSTATE 42601", "\"SELEC\""]);
    untouched.fails(
        "CREATE TABLE a ();\nCREATE TABLE b ();\nSELEC 1;\n",
        13,
        &[&at("3:1"), "SQLSTATE 42601"],
    );
    untouched.fails("CREATE TABLE a (;\n", 13, &[&at("1:17"), "SQLSTATE 42601"]);
}

#[test]
fn what_cannot_be_in_a_migration_is_refused_before_anything_runs() {
    let untouched = Untouched::new();
    let check = |statement: &str, reason: &str| {
        let place = "migrations/V2__x.sql:3:1: ";
        untouched.fails(
            &format!("CREATE TABLE a ();\n-- then\n{statement};\n"),
            11,
            &[place, reason, "hint:"],
        );
    };
    let ends = "ends the transaction that the migration runs in";
    for statement in ["COMMIT", "BEGIN", "START TRANSACTION", "END", "ROLLBACK", "ABORT", "COMMIT AND CHAIN"]
    {
        check(statement, ends);
    }
    check("COPY first FROM STDIN", "COPY … FROM STDIN needs psql to send its rows");
    check("\\connect other", "the line is a command of psql");
    // The parser does not understand the first statement, so that the file cannot be taken apart.
    untouched.fails(
        "SET NAMES 'UTF8';\nVACUUM first;\n",
        11,
        &["migrations/V2__x.sql:2:1: ", "must run on its own", "put it into a file of its own"],
    );
}

#[test]
fn the_transaction_cannot_be_ended_from_within() {
    let untouched = Untouched::new();
    let at = "--> migrations/V2__x.sql:2:1";
    untouched.fails("CREATE TABLE a ();\nDO $$ BEGIN COMMIT; END $$;\n", 13, &[at, "SQLSTATE 2D000"]);
    untouched.fails(
        "CREATE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN ROLLBACK; END';\nCALL p();\n",
        13,
        &[at, "SQLSTATE 2D000"],
    );
}

#[test]
fn the_transaction_cannot_be_ended_by_a_file_that_is_not_understood() {
    let untouched = Untouched::new();
    // `SET NAMES` is PostgreSQL's, but not every parser's.
    for rest in ["SELECT 1 / 0", "SELECT 1", "BEGIN; SELECT 1"] {
        let text = format!("SET NAMES 'UTF8';\nCREATE TABLE a ();\nCOMMIT;\n{rest};\n");
        untouched.fails(&text, 11, &["migrations/V2__x.sql:3:1", "ends the transaction"]);
    }
}

#[test]
fn a_migration_that_fails_at_commit_is_not_recorded() {
    let untouched = Untouched::new();
    untouched.fails(
        "CREATE TABLE later (id int REFERENCES first DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO later VALUES (7);\n",
        13,
        &["failed to commit V2__x", "foreign key constraint", "Key (id)=(7) is not present", "SQLSTATE 23503"],
    );
}

#[test]
fn rows_sent_to_the_client_do_no_harm() {
    let (_, database) = migrated(&[
        ("V1__a.sql", "CREATE TABLE a AS SELECT generate_series(1, 10000) AS id;\nSELECT * FROM a;\n"),
        ("V2__b.sql", "DO $$ BEGIN RAISE NOTICE 'hello'; RAISE WARNING 'careful'; END $$;\n"),
    ]);
    assert_eq!(database.history(), ["1:a", "2:b"]);
}

#[test]
fn copy_to_the_client_is_refused() {
    let untouched = Untouched::new();
    for statement in ["COPY first TO STDOUT", "COPY (SELECT 1) TO STDOUT (FORMAT csv)"] {
        let text = format!("CREATE TABLE a ();\n{statement};\nCREATE TABLE b ();\n");
        untouched.fails(&text, 11, &["migrations/V2__x.sql:2:1", "COPY"]);
    }
}

#[test]
fn settings_of_one_file_do_not_leak_into_the_next() {
    let check = |statement: &str, setting: &str| {
        let database = Database::new();
        database.sql(&format!("GRANT ALL ON SCHEMA public TO {}", role(&database)));
        let statement = statement.replace("ROLE_NAME", &role(&database));
        let first = format!("CREATE SCHEMA other;\n{statement};\n");
        let second = format!("CREATE TABLE seen AS SELECT current_setting('{setting}') AS value;\n");
        let folder = Folder::new(&[("V1__set.sql", &first), ("V2__seen.sql", &second)]);
        let expected = database.value(&format!("SELECT current_setting('{setting}')"));
        migrate(&folder, &database).expect(0);
        assert_eq!(database.value("SELECT value FROM public.seen"), expected, "{statement}");
    };
    check("SET search_path = other", "search_path");
    check("SELECT set_config('search_path', '', false)", "search_path");
    check("SET ROLE ROLE_NAME", "role");
    check("SET SESSION AUTHORIZATION ROLE_NAME", "session_authorization");
    check("SET check_function_bodies = off", "check_function_bodies");
    check("SET default_table_access_method = 'heap'; SET work_mem = '7MB'", "work_mem");
    check("SET standard_conforming_strings = off", "standard_conforming_strings");
    check("SET session_replication_role = replica", "session_replication_role");
    check("SET default_transaction_read_only = on", "default_transaction_read_only");
}

#[test]
fn a_file_may_reset_its_own_settings() {
    let (folder, database) =
        migrated(&[("V1__a.sql", "SET work_mem = '7MB';\nCREATE TABLE a ();\nRESET ALL;\n")]);
    migrate(&folder, &database).expect(0).shows(&["up to date at V1"]);
}

/// A role that exists for this database only, made when first asked for. Roles belong to the whole server.
fn role(database: &Database) -> String {
    let role = format!("r_{}", database.name);
    if database.value(&format!("SELECT count(*) FROM pg_roles WHERE rolname = '{role}'")) == "0" {
        database.sql(&format!("CREATE ROLE {role}"));
    }
    role
}

#[test]
fn files_without_statements_are_recorded() {
    let (folder, database) = migrated(&[
        ("V1__comment.sql", "-- nothing\n/* at all */\n"),
        ("V2__empty.sql", ""),
        ("V3__x.sql", ";"),
    ]);
    assert_eq!(database.history(), ["1:comment", "2:empty", "3:x"]);
    migrate(&folder, &database).expect(0).shows(&["up to date at V3"]);
}

#[test]
fn a_file_of_another_editor_is_applied() {
    let (folder, database) = migrated(&[
        ("V1__bom.sql", "\u{feff}CREATE TABLE bom (id int);\n"),
        ("V2__windows.sql", "-- one\r\nCREATE TABLE windows (\r\n  id int\r\n);\r\n"),
    ]);
    assert!(database.has_table("bom") && database.has_table("windows"));
    migrate(&folder, &database).expect(0).shows(&["up to date at V2"]);
}

#[test]
fn a_migration_may_have_thousands_of_statements() {
    let inserts: Vec<String> = (0..3000).map(|id| format!("INSERT INTO many VALUES ({id});\n")).collect();
    let text = format!("CREATE TABLE many (id int PRIMARY KEY);\n{}", inserts.concat());
    let (folder, database) = migrated(&[("V1__many.sql", &text)]);
    assert_eq!(database.value("SELECT count(*) FROM many"), "3000");
    let again =
        text.replace("CREATE TABLE many (id int PRIMARY KEY);", "DELETE FROM many;").replace("(2999)", "(1)");
    folder.write("V2__again.sql", again);
    let ran = migrate(&folder, &database).expect(13);
    ran.says(&["--> migrations/V2__again.sql:3001:1", "SQLSTATE 23505"]);
    assert_eq!(database.value("SELECT max(id) FROM many"), "2999");
}

#[test]
fn names_and_texts_reach_the_server_as_written() {
    let text = "CREATE TABLE \"Mixed Case\" (\"quo\"\"te\" int, \"select\" text DEFAULT 'it''s', ünï text);\n\
        INSERT INTO \"Mixed Case\" VALUES (1, E'a\\\\b\\'', $x$ $$ ; -- no comment $x$);\n\
        COMMENT ON TABLE \"Mixed Case\" IS 'C:\\temp; ${1}';\n";
    let (folder, database) = migrated(&[("V1__odd_Näme.sql", text)]);
    assert_eq!(database.history(), ["1:odd_Näme"]);
    assert_eq!(database.value("SELECT sql FROM pgrefit_migration"), text);
    let row = "SELECT concat_ws('|', \"quo\"\"te\", \"select\", ünï) FROM \"Mixed Case\"";
    assert_eq!(database.value(row), "1|a\\b'| $$ ; -- no comment ");
    let comment = "SELECT obj_description('\"Mixed Case\"'::regclass)";
    assert_eq!(database.value(comment), "C:\\temp; ${1}");
    migrate(&folder, &database).expect(0).shows(&["up to date at V1"]);
}

#[test]
fn everything_goes_into_the_schema_that_the_url_names() {
    let check = |schema: &str, option: &str| {
        let database = Database::new();
        database.sql(&format!("CREATE SCHEMA {schema}"));
        let folder = Folder::new(&[("V1__a.sql", "CREATE TABLE a ();"), ("V2__b.sql", "CREATE TABLE b ();")]);
        let url = format!("{}?options=-csearch_path%3D{option}", database.url());
        let run = || pgrefit(["migrate"]).inside(folder.path()).on(&database).env("DATABASE_URL", &url).run();
        run().expect(0).shows(&["2 migrations applied"]);
        run().expect(0).shows(&["up to date at V2"]);
        let tables = database.value(
            "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relkind = 'r' \
             AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname !~ '^(pg_|information|public)')",
        );
        assert_eq!(tables, "a b pgrefit_migration refinery_schema_history", "{schema}");
        assert!(!database.has_table("public.refinery_schema_history"));
    };
    check("app", "app");
    check("\"Mixed Case\"\"s\"", "%22Mixed%5C%20Case%22%22s%22");
}
