//! `pgrefit plan` on real databases: what each statement locks, works on and costs there, what the rules say of it, and what
//! there is when the database cannot be looked at.

mod sql;

use serde_json::Value;

use crate::concurrency::Bystander;
use crate::harness::{Database, Folder, pgrefit};

/// A large table, an empty one, and one with something hanging on it.
const BASE: &str = "CREATE TABLE big (id int PRIMARY KEY, code varchar(20), note text, n int, proven int,\n\
                      CONSTRAINT proven_not_null CHECK (proven IS NOT NULL));\n\
                    CREATE TABLE small (id int PRIMARY KEY, note text);\n\
                    CREATE TABLE empty (id int);\n\
                    CREATE VIEW notes AS SELECT id, note FROM big;\n";

/// The database with `big` as large as the server would find it with 80 million rows in it.
fn live() -> (Database, Folder) {
    let (database, folder) = (Database::new(), Folder::new(&[("V1__base.sql", BASE)]));
    pgrefit(["migrate"]).inside(folder.path()).on(&database).run().expect(0);
    database.sql("INSERT INTO small SELECT i FROM generate_series(1, 100) i; ANALYZE small");
    // What VACUUM would write down of such a table.
    database.sql(
        "UPDATE pg_class SET relpages = 1500000, reltuples = 80000000 WHERE oid = 'big'::regclass; \
         UPDATE pg_class SET relpages = 200000 WHERE oid = 'big_pkey'::regclass",
    );
    (database, folder)
}

/// The plan of one more migration, as JSON, with its exit code.
#[track_caller]
fn plan(migration: &str, code: i32) -> Value {
    let (database, folder) = live();
    folder.write("V2__x.sql", migration);
    let ran = pgrefit(["plan", "--format", "json"]).inside(folder.path()).on(&database).run().expect(code);
    serde_json::from_str(&ran.stdout).unwrap()
}

/// `status check` of the findings, without mere notes.
fn findings(report: &Value) -> Vec<String> {
    let all = report["findings"].as_array().unwrap().iter();
    let told = all.filter(|finding| finding["status"] != "info" && finding["suppressed"].is_null());
    told.map(|it| format!("{} {}", it["status"].as_str().unwrap(), it["check"].as_str().unwrap())).collect()
}

/// What a finding of this check says.
#[track_caller]
fn message_of(report: &Value, check: &str) -> String {
    let mut all = report["findings"].as_array().unwrap().iter();
    all.find(|finding| finding["check"] == check).unwrap()["message"].as_str().unwrap().to_owned()
}

/// Fails unless the plan of a migration ends so, and finds this.
#[track_caller]
fn check(migration: &str, code: i32, expected: &[&str]) -> Value {
    let report = plan(migration, code);
    assert_eq!(findings(&report), expected, "{migration}");
    report
}

#[test]
fn severity_follows_the_database() {
    check("CREATE INDEX i ON empty (id);", 0, &[]);
    check("CREATE INDEX i ON small (note);", 0, &[]);
    let report = check("CREATE INDEX i ON big (note);", 1, &["fail index-without-concurrently"]);
    let message = message_of(&report, "index-without-concurrently");
    assert!(message.contains("11.4 GiB, 80M rows; about 3") && message.contains("min"), "{message}");
    check("CREATE INDEX CONCURRENTLY i ON big (note);", 0, &[]);
    check("ALTER TABLE big ALTER proven SET NOT NULL;", 0, &[]);
    check("ALTER TABLE big ALTER note SET NOT NULL;", 1, &["fail set-not-null-scan"]);
    check("ALTER TABLE big ALTER code TYPE varchar(40);", 0, &[]);
    check(
        "-- pgrefit:allow drop-column nobody reads it\nALTER TABLE big DROP COLUMN note;",
        1,
        &["fail dependent-object"],
    );
    check(
        "ALTER TABLE big ADD COLUMN x int;\nALTER TABLE small ADD COLUMN y int;",
        0,
        &["warn several-strong-locks"],
    );
}

#[test]
fn each_statement_has_a_row_with_what_it_comes_to() {
    let report = plan(
        "CREATE TABLE fresh (id int);\nALTER TABLE fresh ALTER id SET NOT NULL;\nALTER TABLE big ADD COLUMN x int;\n\
         ALTER TABLE big ALTER proven SET NOT NULL;\nALTER TABLE big ALTER n TYPE bigint;\n\
         CREATE INDEX CONCURRENTLY i ON big (note);\n-- pgrefit:backfill\nUPDATE big SET n = 1 WHERE n IS NULL;\n\
         UPDATE small SET note = '';",
        1,
    );
    let mut rows = Vec::new();
    for row in report["tables"]["statements"].as_array().unwrap() {
        let cell = |key: &str| row[key].as_str().unwrap_or("-").to_owned();
        let told = |key: &str, word| if row[key].is_null() { "?" } else { word };
        let known = [told("estimated_ms", "about"), told("held_ms", "held")].join(" ");
        let cells =
            [cell("statement"), cell("transaction"), cell("lock"), cell("work"), row["rows"].to_string()];
        rows.push(format!("{} | {known}", cells.join(" | ")));
    }
    let expected = [
        "CREATE TABLE fresh | 1 | - | - | null | ? ?",
        "ALTER TABLE fresh | 1 | - | - | null | ? ?",
        "ALTER TABLE big | 1 | ACCESS EXCLUSIVE on big | - | 80000000 | ? held",
        "ALTER TABLE big | 1 | ACCESS EXCLUSIVE on big | - | 80000000 | ? held",
        "ALTER TABLE big | 1 | ACCESS EXCLUSIVE on big | rewrite of big | 80000000 | about held",
        "CREATE INDEX CONCURRENTLY big | alone | - | index build on big | 80000000 | about ?",
        "UPDATE big | batches | - | change of some of big | 80000000 | ? ?",
        "UPDATE small | 2 | - | change of all of small | 100 | about ?",
    ];
    assert_eq!(rows, expected);
}

#[test]
fn what_is_made_in_the_same_run_is_nobodys_yet() {
    let folder = Folder::new(&[
        ("V1__a.sql", "CREATE TABLE a (id int PRIMARY KEY, b int);\nINSERT INTO a VALUES (1, 1);"),
        (
            "V2__b.sql",
            "CREATE INDEX i ON a (b);\nALTER TABLE a ALTER b SET NOT NULL;\nALTER TABLE a ALTER b TYPE bigint;",
        ),
    ]);
    let database = Database::new();
    let ran = pgrefit(["plan"]).inside(folder.path()).on(&database).run().expect(0);
    assert!(
        ran.stdout.contains("2 statements, unnoticed") && ran.stdout.contains("3 statements, unnoticed"),
        "{ran:?}"
    );
    // Once it is there, others may know of it.
    pgrefit(["migrate", "--target", "1"]).inside(folder.path()).on(&database).run().expect(0);
    pgrefit(["plan", "-v"])
        .inside(folder.path())
        .on(&database)
        .run()
        .expect(0)
        .shows(&["SHARE", "index build"]);
}

#[test]
fn a_lock_of_somebody_is_a_blind_spot_and_not_the_end() {
    let (database, folder) = live();
    folder.write(
        "V2__x.sql",
        "ALTER TABLE big ALTER proven SET NOT NULL;\nALTER TABLE small ALTER note SET NOT NULL;",
    );
    let mut holder = Bystander::on(&database);
    holder.sql("BEGIN; LOCK TABLE big");
    let start = std::time::Instant::now();
    let ran = pgrefit(["plan", "--format", "json"]).inside(folder.path()).on(&database).run().expect(1);
    assert!(start.elapsed() < std::time::Duration::from_secs(10), "{:?}", start.elapsed());
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    // The files before tell what is proven; no size tells that the other table is small.
    assert_eq!(
        findings(&report),
        ["blind database-not-seen", "warn several-strong-locks", "fail set-not-null-scan"]
    );
    let message = message_of(&report, "database-not-seen");
    assert!(message.contains("ACCESS EXCLUSIVE on big") && message.contains("backend "), "{message}");
    let rows = report["tables"]["statements"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]["rows"], &rows[0]["work"]), (2, &Value::Null, &Value::Null));
    holder.sql("ROLLBACK");
}

#[test]
fn a_role_that_may_not_read_gets_a_plan_all_the_same() {
    let (database, folder) = live();
    folder.write("V2__x.sql", "CREATE INDEX i ON big (note);");
    let role = format!("planner_{}", database.name);
    database.sql(&format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'plan'; GRANT SELECT ON refinery_schema_history, pgrefit_migration TO {role}"
    ));
    let plan = |level: &str| {
        pgrefit(["plan", "--fail-on", level])
            .env("DATABASE_URL", database.url_as(&role, "plan"))
            .inside(folder.path())
            .run()
    };
    // No privilege on any table is needed.
    plan("fail").expect(1).shows(&["11.4 GiB, 80M rows"]);
    database.sql("REVOKE SELECT ON pg_catalog.pg_constraint FROM public");
    plan("fail").expect(1).shows(&["[database-not-seen]", "pg_constraint", "let the role read pg_catalog"]);
    folder.write("V2__x.sql", "COMMENT ON TABLE big IS 'x';");
    plan("fail").expect(0).shows(&["[database-not-seen]"]);
    plan("warn").expect(1);
}

#[test]
fn the_failing_level_is_chosen_and_the_dry_run_is_the_same() {
    let (database, folder) = live();
    folder.write("V2__x.sql", "ALTER TABLE big ADD COLUMN x int;\nALTER TABLE small ADD COLUMN y int;");
    let run = |arguments: &[&str], code: i32| {
        let ran = pgrefit(arguments).inside(folder.path()).on(&database).run().expect(code);
        ran.shows(&["warn[several-strong-locks]", "1 to look at"]);
    };
    run(&["plan"], 0);
    run(&["plan", "--fail-on", "warn"], 1);
    run(&["migrate", "--dry-run"], 0);
    run(&["migrate", "--dry-run", "--fail-on", "warn"], 1);
    pgrefit(["migrate", "--fail-on", "warn"]).inside(folder.path()).on(&database).run().expect(2);
    // What cannot be run keeps its own code.
    folder.write("V2__x.sql", "CREATE INDEX i ON big (note);\nCOMMIT;");
    let ran = pgrefit(["plan"]).inside(folder.path()).on(&database).run().expect(11);
    ran.shows(&["fail[index-without-concurrently]"]);
    folder.write("V2__x.sql", "CREATE INDEX i ON big (note);");
    folder.write("V1__base.sql", format!("{BASE}SELECT 1;"));
    pgrefit(["plan"]).inside(folder.path()).on(&database).run().expect(12);
}

#[test]
fn hundreds_of_statements_stay_readable() {
    let many: String = (0..300).map(|i| format!("CREATE TABLE t{i} (id int);\n")).collect();
    let (database, folder) = (Database::new(), Folder::new(&[("V1__many.sql", &many)]));
    let ran = pgrefit(["plan"]).inside(folder.path()).on(&database).run().expect(0);
    assert!(ran.stdout.lines().count() < 20, "{}", ran.stdout);
    ran.shows(&["V1", "300 statements, unnoticed"]);
    let ran = pgrefit(["plan", "-v"]).inside(folder.path()).on(&database).run().expect(0);
    ran.shows(&["CREATE TABLE t299"]);
    let ran = pgrefit(["plan", "--format", "json"]).inside(folder.path()).on(&database).run().expect(0);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["tables"]["statements"].as_array().unwrap().len(), 300);
}
