//! Files and history that do not fit: each is one clear error, and nothing is changed.

use crate::harness::{Database, Folder, Ran, pgrefit};

const A: (&str, &str) = ("V1__a.sql", "CREATE TABLE a (id int);\n-- end\n");
const B: (&str, &str) = ("V2__b.sql", "CREATE TABLE b (id int);\n");
const C: (&str, &str) = ("V3__c.sql", "CREATE TABLE c (id int);\n");

fn run(command: &str, folder: &Folder, database: &Database) -> Ran {
    pgrefit([command]).inside(folder.path()).on(database).run()
}

/// A folder and a database on which its files were applied.
fn migrated(files: &[(&str, &str)]) -> (Folder, Database) {
    let (folder, database) = (Folder::new(files), Database::new());
    run("migrate", &folder, &database).expect(0);
    (folder, database)
}

/// Everything in the history, to see whether anything changed.
fn rows(database: &Database) -> String {
    let table = "refinery_schema_history";
    database.value(&format!("SELECT string_agg(h::text, '; ' ORDER BY version) FROM {table} h"))
}

#[test]
fn an_edited_file_is_shown_with_both_checksums_and_the_change() {
    let database = Database::new();
    let folder = Folder::new(&[("V1__first.sql", "CREATE TABLE first (id int);\n")]);
    pgrefit(["migrate"]).inside(folder.path()).on(&database).run().expect(0);
    let recorded = database.value("SELECT checksum FROM refinery_schema_history");
    folder.write("V1__first.sql", "CREATE TABLE first (id bigint);\n");
    let ran = pgrefit(["migrate"]).inside(folder.path()).on(&database).run().expect(12);
    ran.says(&["V1__first: file changed after it was applied", "pgrefit repair"]).shows(&[
        &recorded,
        "-CREATE TABLE first (id int);",
        "+CREATE TABLE first (id bigint);",
    ]);
}

#[test]
fn the_change_keeps_its_indentation() {
    let (folder, database) = migrated(&[("V1__a.sql", "CREATE TABLE a (\n    id int,\n    name text\n);\n")]);
    folder.write("V1__a.sql", "CREATE TABLE a (\n    id int,\n    name varchar\n);\n");
    let ran = run("status", &folder, &database).expect(12);
    for line in [" CREATE TABLE a (", "     id int,", "-    name text", "+    name varchar"] {
        assert!(
            ran.stdout.lines().any(|found| found.ends_with(line)),
            "{line:?} is missing in\n{}",
            ran.stdout
        );
    }
}

/// Applies `applied`, makes the folder hold `now`, and expects every command to refuse with these words.
fn diverged(applied: &[(&str, &str)], now: &[(&str, &str)], parts: &[&str]) {
    let (folder, database) = migrated(applied);
    for (name, _) in applied {
        folder.remove(name);
    }
    for (name, text) in now {
        folder.write(name, text);
    }
    let before = rows(&database);
    for command in ["migrate", "plan"] {
        run(command, &folder, &database).expect(12).says(parts);
    }
    let dry = pgrefit(["migrate", "--dry-run"]).inside(folder.path()).on(&database).run();
    dry.expect(12).says(parts);
    let told = run("status", &folder, &database).expect(12);
    told.shows(&parts[..1]);
    assert_eq!(rows(&database), before);
    assert!(!database.has_table("late"));
}

#[test]
fn files_and_history_that_do_not_fit_stop_every_run() {
    let late = ("V2__late.sql", "CREATE TABLE late ();");
    diverged(&[A, B, C], &[A, C], &["V2__b", "applied, file missing", "bring the file back"]);
    diverged(&[A, C], &[A, late, C], &["V2__late", "not applied, out of order", "begin its name with U"]);
    diverged(&[A, B], &[A], &["V2__b", "applied by a newer release", "use that release or a later one"]);
    diverged(&[A, B, C], &[A], &["V2__b", "applied by a newer release", "(and 1 more)"]);
    diverged(&[A], &[("V1__renamed.sql", A.1)], &["V1__renamed", "file changed after it was applied"]);
    diverged(
        &[A],
        &[("V1__a.sql", "CREATE TABLE a ();"), ("V2__late.sql", "CREATE TABLE late ();")],
        &["V1__a", "file changed after it was applied", "restore the file"],
    );
}

#[test]
fn a_file_that_says_its_order_does_not_matter_is_applied_late() {
    let (folder, database) = migrated(&[A, C]);
    folder.write("U2__late.sql", "CREATE TABLE late ();");
    run("migrate", &folder, &database).expect(0).shows(&["1 migration applied", "U2__late"]);
    assert_eq!(database.history(), ["1:a", "2:late", "3:c"]);
    run("migrate", &folder, &database).expect(0).shows(&["up to date at V3"]);
}

/// A database whose recorded rows are changed by hand and put back again.
struct Changed {
    folder: Folder,
    database: Database,
}

impl Changed {
    fn new() -> Self {
        let (folder, database) = migrated(&[A, B]);
        database.sql("CREATE TABLE saved AS TABLE refinery_schema_history");
        Self { folder, database }
    }

    /// Expects `status` and `migrate` to end with this code, and `status` to say these words.
    #[track_caller]
    fn check(&self, change: &str, code: i32, parts: &[&str]) {
        self.database.sql(change);
        let told = run("status", &self.folder, &self.database).expect(code);
        let all = told.stdout + &told.stderr;
        let flat = all.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in parts {
            assert!(flat.contains(part), "{change}: {part:?} is missing in\n{all}");
        }
        run("migrate", &self.folder, &self.database).expect(code);
        for form in ["json", "markdown"] {
            let call = pgrefit(["status", "--format", form]).inside(self.folder.path());
            call.on(&self.database).run().expect(code);
        }
        self.database
            .sql("TRUNCATE refinery_schema_history; INSERT INTO refinery_schema_history TABLE saved");
    }
}

#[test]
fn rows_written_by_hand_are_judged_not_stumbled_over() {
    let changed = Changed::new();
    let set = |change: &str, code: i32, parts: &[&str]| {
        let sql = format!("UPDATE refinery_schema_history SET {change} WHERE version = 2");
        changed.check(&sql, code, parts);
    };
    set("applied_on = 'last tuesday'", 0, &["last tuesday", "up to date at V2"]);
    set("applied_on = NULL", 0, &["up to date at V2"]);
    set("name = NULL", 0, &["V2__b", "up to date at V2"]);
    set("checksum = 'abc'", 12, &["V2__b", "file changed after it was applied", "not a number"]);
    set("checksum = NULL", 12, &["V2__b", "not a number"]);
    set("checksum = '-1'", 12, &["V2__b"]);
    set("version = -2", 12, &["-2"]);
    let check = |sql: &str, code: i32, parts: &[&str]| changed.check(sql, code, parts);
    check("INSERT INTO refinery_schema_history VALUES (0, NULL, NULL, NULL)", 12, &["file missing"]);
    check("DELETE FROM pgrefit_migration", 0, &["up to date at V2"]);
    check("DROP TABLE pgrefit_migration", 0, &["up to date at V2"]);
    let odd = "ALTER TABLE refinery_schema_history DROP CONSTRAINT refinery_schema_history_pkey, \
               ALTER version DROP NOT NULL; INSERT INTO refinery_schema_history VALUES (NULL, 'x', '', '1')";
    check(odd, 2, &["has a row without a version", "WHERE version IS NULL"]);
}

#[test]
fn a_table_that_is_no_history_is_not_touched() {
    let check = |table: &str, parts: &[&str]| {
        let (folder, database) = (Folder::new(&[A]), Database::new());
        database.sql(table);
        for command in ["migrate", "status", "plan", "repair"] {
            run(command, &folder, &database).expect(2).says(parts);
        }
        assert!(!database.has_table("a") && !database.has_table("pgrefit_migration"), "{table}");
    };
    let no = "is not a migration history";
    let other = "another history table in pgrefit.toml";
    let table = "CREATE TABLE refinery_schema_history";
    let rest = "name text, applied_on text, checksum text";
    check(&format!("{table} (version text, {rest})"), &[no, "version is text", other]);
    check(&format!("{table} ({rest})"), &[no, other]);
    check(&format!("{table} (version int, label text)"), &[no, other]);
    check("CREATE VIEW refinery_schema_history AS SELECT 1 AS version", &[no, other]);
    check(
        &format!(
            "{table}_base (version int, {rest}); CREATE VIEW refinery_schema_history AS TABLE refinery_schema_history_base"
        ),
        &[no, other],
    );
}

#[test]
fn a_history_of_another_name_is_used() {
    let (folder, database) = (Folder::new(&[A, B]), Database::new());
    let name = "My \"History\"";
    let run = |command: &str| {
        let call = pgrefit([command]).inside(folder.path()).on(&database);
        call.env("PGREFIT_MIGRATIONS_HISTORY_TABLE", name).run()
    };
    run("migrate").expect(0).shows(&["2 migrations applied"]);
    run("migrate").expect(0).shows(&["up to date at V2"]);
    assert_eq!(database.value("SELECT count(*) FROM \"My \"\"History\"\"\""), "2");
    assert!(!database.has_table("refinery_schema_history"));
}

#[test]
fn cosmetic_changes_do_not_stop_a_run_but_are_told() {
    let check = |text: &str| {
        let (folder, database) = migrated(&[A]);
        let before = rows(&database);
        folder.write("V1__a.sql", text);
        run("status", &folder, &database)
            .expect(0)
            .shows(&["applied, file reformatted", "repair --cosmetic"]);
        folder.write(B.0, B.1);
        run("migrate", &folder, &database)
            .expect(0)
            .shows(&["1 migration applied", "applied, file reformatted"]);
        assert_eq!(database.history(), ["1:a", "2:b"]);
        assert!(rows(&database).starts_with(&before), "{text:?}");
    };
    check("CREATE TABLE a (id int);\r\n-- end\r\n");
    check("\u{feff}CREATE TABLE a (id int);\n-- end\n");
    check("CREATE TABLE a (id int);   \n-- end\n\n\n");
    check("-- Why this table exists.\nCREATE TABLE a (\n    id int -- the key\n);\n");
}

#[test]
fn status_ends_with_zero_unless_files_and_history_do_not_fit() {
    let (folder, database) = (Folder::new(&[A, B]), Database::new());
    run("status", &folder, &database).expect(0).shows(&[
        "V1__a",
        "V2__b",
        "pending",
        "2 migrations are pending",
    ]);
    assert!(!database.has_table("refinery_schema_history"));
    pgrefit(["migrate", "--target", "1"]).inside(folder.path()).on(&database).run().expect(0);
    run("status", &folder, &database).expect(0).shows(&["V1__a applied", "1 migration is pending"]);
    run("migrate", &folder, &database).expect(0);
    run("status", &folder, &database).expect(0).shows(&["V2__b applied", "up to date at V2"]);
    folder.write(A.0, "CREATE TABLE a ();");
    run("status", &folder, &database).expect(12).shows(&["fail:", "1 of the versions do not fit"]);
}

#[test]
fn status_tells_machines_every_state() {
    let (folder, database) = migrated(&[A, B, C]);
    folder.write(A.0, "CREATE TABLE a ();");
    folder.remove(B.0);
    folder.write(C.0, C.1.trim_end());
    folder.write("V4__d.sql", "SELECT 1;");
    folder.write("V5__e.sql", "SELECT 1;");
    let call = pgrefit(["status", "--format", "json", "--target", "4"]).inside(folder.path());
    let ran = call.on(&database).run().expect(12);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let migrations = report["tables"]["migrations"].as_array().unwrap();
    let state = |row: &serde_json::Value| format!("{} {}", row["name"], row["state"]).replace('"', "");
    assert_eq!(
        migrations.iter().map(state).collect::<Vec<_>>(),
        [
            "V1__a file changed after it was applied",
            "V2__b applied, file missing",
            "V3__c applied, file reformatted",
            "V4__d pending",
            "V5__e above the target",
        ]
    );
    assert_eq!(report["outcome"]["exit_code"], 12);
    assert_eq!(report["facts"]["version"], 3);
    assert_eq!(report["facts"]["pending"], 1);
    assert!(migrations[0]["applied_on"].is_string() && migrations[3]["applied_on"].is_null());
    let objects: Vec<_> = report["findings"].as_array().unwrap().iter().map(|f| &f["object"]).collect();
    assert_eq!(objects, ["V1__a", "V2__b", "V3__c"]);
}
