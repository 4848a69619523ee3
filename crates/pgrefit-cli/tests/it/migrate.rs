//! `pgrefit migrate` on a database of its own migrations.

use crate::harness::{Database, Folder, pgrefit, versions};

const TWO: &[(&str, &str)] = &[
    (
        "V1__first.sql",
        "CREATE TABLE first (id int PRIMARY KEY, name text);\nINSERT INTO first VALUES (1, 'a');\n",
    ),
    ("V2__second.sql", "ALTER TABLE first ADD COLUMN note text;\n"),
];

#[test]
fn pending_migrations_are_applied_once() {
    for version in versions() {
        let database = Database::on(version);
        let folder = Folder::new(TWO);
        pgrefit(["migrate"])
            .inside(folder.path())
            .on(&database)
            .run()
            .expect(0)
            .shows(&["2 migrations applied"]);
        pgrefit(["migrate"]).inside(folder.path()).on(&database).run().expect(0).shows(&["up to date at V2"]);
        assert_eq!(database.history(), ["1:first", "2:second"]);
        assert_eq!(database.value("SELECT count(*) FROM first WHERE note IS NULL"), "1");
    }
}

#[test]
fn a_dry_run_changes_nothing() {
    let database = Database::new();
    let folder = Folder::new(TWO);
    let ran = pgrefit(["migrate", "--dry-run"]).inside(folder.path()).on(&database).run().expect(0);
    ran.shows(&["V2__second", "2 migrations are pending"]);
    assert!(!database.has_table("first") && !database.has_table("refinery_schema_history"));
}

#[test]
fn a_target_is_not_passed() {
    let database = Database::new();
    let folder = Folder::new(TWO);
    pgrefit(["migrate", "--target", "1"]).inside(folder.path()).on(&database).run().expect(0);
    assert_eq!(database.history(), ["1:first"]);
    let ran = pgrefit(["migrate", "--target", "7"]).inside(folder.path()).on(&database).run().expect(2);
    ran.says(&["there is no migration with version 7"]);
}

#[test]
fn what_a_file_defers_runs_with_its_settings_and_within_its_limits() {
    let deferred = |body: &str| {
        format!(
            "CREATE SCHEMA app; CREATE TABLE app.log (id int); SET search_path = app; CREATE TABLE t (id int);\n\
             CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; RETURN NULL; END $$;\n\
             CREATE CONSTRAINT TRIGGER later AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED\n\
                 FOR EACH ROW EXECUTE FUNCTION note();\nINSERT INTO t VALUES (1);\n"
        )
    };
    let check = |text: &str, code: i32| {
        let (database, folder) = (Database::new(), Folder::new(&[("V1__x.sql", text)]));
        let ran = pgrefit(["migrate"]).inside(folder.path()).on(&database).run().expect(code);
        assert_eq!(database.has_table("app.log"), code == 0, "{ran:?}");
    };
    check(&deferred("INSERT INTO log VALUES (1)"), 0);
    check(&format!("-- pgrefit:statement-timeout 200ms\n{}", deferred("PERFORM pg_sleep(2)")), 13);
}

#[test]
fn an_index_of_a_partitioned_table_may_wait_for_its_partitions() {
    let text = "CREATE TABLE p (id int) PARTITION BY RANGE (id);\n\
                CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9);\nCREATE INDEX i ON ONLY p (id);\n";
    let (database, folder) = (Database::new(), Folder::new(&[("V1__p.sql", text)]));
    pgrefit(["migrate"]).inside(folder.path()).on(&database).run().expect(0);
}

#[test]
fn a_failed_run_tells_what_it_has_applied() {
    let (database, folder) = (Database::new(), Folder::new(&[TWO[0], ("V2__bad.sql", "SELECT 1/0;\n")]));
    let ran = pgrefit(["migrate"]).inside(folder.path()).on(&database).run().expect(13);
    ran.shows(&["V1__first applied", "V2__bad pending", "info: 1 migration is pending"])
        .says(&["division by zero"]);
}

#[test]
fn a_role_that_may_write_to_the_history_needs_no_more() {
    let (database, folder) = (Database::new(), Folder::new(&[TWO[0]]));
    pgrefit(["migrate"]).inside(folder.path()).on(&database).run().expect(0);
    let role = format!("writer_{}", database.name);
    database.sql(&format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'write'; CREATE SCHEMA app AUTHORIZATION {role};\n\
         REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"
    ));
    folder.write("V2__app.sql", "CREATE TABLE app.t (id int);\n");
    let url = database.url_as(&role, "write");
    pgrefit(["migrate"]).inside(folder.path()).env("DATABASE_URL", url).run().expect(0);
    assert!(database.has_table("app.t"));
}
