//! `pgrefit.toml`, its variables, `config show`.

use serde_json::Value;

use crate::harness::{Database, Folder, Pgrefit, Ran, pgrefit};

/// A call in a folder with this `pgrefit.toml`.
fn with(text: &str, arguments: &[&str]) -> (Folder, Pgrefit) {
    let folder = Folder::new(&[("V1__a.sql", "CREATE TABLE a ();")]);
    std::fs::write(folder.path().join("pgrefit.toml"), text).unwrap();
    let call = pgrefit(arguments).inside(folder.path());
    (folder, call)
}

/// Value and origin of a key in `config show --format json`.
fn shown(ran: &Ran, key: &str) -> (String, String) {
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let rows = report["tables"]["config"].as_array().unwrap();
    let row = rows.iter().find(|row| row["key"] == key).unwrap_or_else(|| panic!("no {key} in {report}"));
    let text = |name: &str| row[name].as_str().unwrap().to_owned();
    (text("value"), text("origin"))
}

#[test]
fn every_value_is_shown_with_where_it_comes_from() {
    let text = "[migrations]\nlock_timeout = \"3s\"\nlock_budget = \"90s\"\n";
    let (_folder, call) = with(text, &["config", "show", "--format", "json"]);
    let ran = call.env("PGREFIT_MIGRATIONS_LOCK_TIMEOUT", "4s").run().expect(0);
    let check = |key: &str, value: &str, origin: &str| {
        assert_eq!(shown(&ran, key), (value.to_owned(), origin.to_owned()));
    };
    check("migrations.lock_timeout", "4s", "variable PGREFIT_MIGRATIONS_LOCK_TIMEOUT");
    check("migrations.lock_budget", "90s", "pgrefit.toml");
    check("migrations.runner_wait", "10min", "default");
    check("migrations.history_table", "refinery_schema_history", "default");
    check("baseline.accept_differences", "", "default");
}

#[test]
fn without_a_file_everything_is_default() {
    let folder = Folder::new(&[]);
    let show = pgrefit(["config", "show", "--format", "json"]).without("PGREFIT_POLICY_ENVIRONMENT");
    let ran = show.inside(folder.path()).run().expect(0);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let rows = report["tables"]["config"].as_array().unwrap();
    assert!(!rows.is_empty() && rows.iter().all(|row| row["origin"] == "default"), "{report}");
    pgrefit(["config", "show"])
        .inside(folder.path())
        .run()
        .expect(0)
        .shows(&["migrations.lock_timeout 2s default"]);
}

#[test]
fn a_flag_wins_over_a_variable_wins_over_the_file() {
    let database = Database::new();
    let seen = |flag: &[&str], variable: Option<&str>| {
        let (folder, _) = with("[migrations]\nlock_timeout = \"3s\"\n", &[]);
        database.sql("DROP TABLE IF EXISTS seen, refinery_schema_history, pgrefit_migration");
        folder.write("V1__a.sql", "CREATE TABLE seen AS SELECT current_setting('lock_timeout') AS value;");
        let arguments = [&["migrate"], flag].concat();
        let mut call = pgrefit(arguments).inside(folder.path()).on(&database);
        if let Some(variable) = variable {
            call = call.env("PGREFIT_MIGRATIONS_LOCK_TIMEOUT", variable);
        }
        call.run().expect(0);
        database.value("SELECT value FROM seen")
    };
    assert_eq!(seen(&[], None), "3s");
    assert_eq!(seen(&[], Some("4s")), "4s");
    assert_eq!(seen(&["--lock-timeout", "5s"], Some("4s")), "5s");
    assert_eq!(seen(&["--lock-timeout", "500ms"], None), "500ms");
}

#[test]
fn a_directive_wins_over_everything() {
    let database = Database::new();
    let folder = Folder::new(&[(
        "V1__a.sql",
        "-- pgrefit:lock-timeout 700ms\n-- pgrefit:statement-timeout 8s\n\
         CREATE TABLE seen AS SELECT current_setting('lock_timeout') || ' ' || current_setting('statement_timeout') AS v;",
    )]);
    pgrefit(["migrate", "--lock-timeout", "5s"]).inside(folder.path()).on(&database).run().expect(0);
    assert_eq!(database.value("SELECT v FROM seen"), "700ms 8s");
}

#[test]
fn files_that_cannot_be_used_are_refused_by_every_command() {
    let check = |text: &str, parts: &[&str]| {
        for arguments in [&["config", "show"][..], &["migrate"], &["status"]] {
            let (_folder, call) = with(text, arguments);
            call.env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nowhere").run().expect(2).says(parts);
        }
    };
    check(
        "[migrations]\nlock_timout = \"3s\"\n",
        &[
            "failed to read pgrefit.toml",
            "unknown key `migrations.lock_timout`",
            "did you mean `migrations.lock_timeout`?",
        ],
    );
    check("[migration]\ndir = \"x\"\n", &["unknown key `migration.dir`", "did you mean `migrations.dir`?"]);
    check("color = 1\n", &["unknown key `color`", "pgrefit config show"]);
    check(
        "[migrations]\nlock_timeout = 3\n",
        &["`migrations.lock_timeout`", "(pgrefit.toml)", "a duration", "not `3`"],
    );
    check("[migrations]\nlock_timeout = \"3 parsecs\"\n", &["a duration", "not `3 parsecs`"]);
    check("[migrations]\ndir = 3\n", &["`migrations.dir`", "a text", "not `3`"]);
    check("[migrations]\ndir = [\"a\"]\n", &["`migrations.dir`", "a text"]);
    check("[baseline]\nversion = \"one\"\n", &["`baseline.version`", "a whole number"]);
    check("[baseline]\naccept_differences = \"a\"\n", &["`baseline.accept_differences`", "a list of texts"]);
    check("[migrations.lock_timeout]\nseconds = 3\n", &["`migrations.lock_timeout"]);
    check("[migrations\n", &["failed to read pgrefit.toml", "line 1"]);
    check("migrations = 3\n", &["unknown key `migrations`"]);
}

#[test]
fn wrong_values_say_where_they_were_written() {
    let check = |variable: Option<(&str, &str)>, arguments: &[&str], parts: &[&str]| {
        let (_folder, mut call) = with("", arguments);
        if let Some((name, value)) = variable {
            call = call.env(name, value);
        }
        call.env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nowhere").run().expect(2).says(parts);
    };
    check(
        Some(("PGREFIT_MIGRATIONS_LOCK_TIMEOUT", "soon")),
        &["config", "show"],
        &["`migrations.lock_timeout` (variable PGREFIT_MIGRATIONS_LOCK_TIMEOUT)", "a duration", "`soon`"],
    );
    check(None, &["migrate", "--lock-timeout", "soon"], &["`migrations.lock_timeout` (flag)", "`soon`"]);
    check(Some(("PGREFIT_BASELINE_VERSION", "")), &["config", "show"], &["a whole number"]);
}

#[test]
fn a_configuration_that_was_named_must_exist() {
    let folder = Folder::new(&[]);
    let run = || pgrefit(["config", "show"]).inside(folder.path());
    let named = pgrefit(["config", "show", "--config", "other.toml"]).inside(folder.path()).run();
    named.expect(2).says(&["failed to read other.toml", "No such file"]);
    run().env("PGREFIT_CONFIG", "other.toml").run().expect(2).says(&["failed to read other.toml"]);
    std::fs::write(folder.path().join("other.toml"), "[migrations]\nlock_timeout = \"9s\"\n").unwrap();
    run()
        .env("PGREFIT_CONFIG", "other.toml")
        .run()
        .expect(0)
        .shows(&["migrations.lock_timeout 9s other.toml"]);
}

#[test]
fn a_configuration_that_cannot_be_read_is_an_error() {
    let folder = Folder::new(&[]);
    let file = folder.path().join("pgrefit.toml");
    let run = || pgrefit(["config", "show"]).inside(folder.path()).run();
    std::fs::create_dir(&file).unwrap();
    run().expect(2).says(&["failed to read pgrefit.toml", "directory"]);
    std::fs::remove_dir(&file).unwrap();
    std::fs::write(&file, b"[migrations]\ndir = \"\xff\"\n").unwrap();
    run().expect(2).says(&["failed to read pgrefit.toml", "UTF-8"]);
}

#[test]
fn the_configured_folder_and_table_are_used() {
    let text = "[migrations]\ndir = \"sql/schema\"\nhistory_table = \"log\"\n";
    let ((folder, call), database) = (with(text, &["migrate"]), Database::new());
    let schema = folder.path().join("sql/schema");
    std::fs::create_dir_all(&schema).unwrap();
    std::fs::write(schema.join("V7__here.sql"), "CREATE TABLE here ();").unwrap();
    call.on(&database).run().expect(0).shows(&["V7__here"]);
    assert_eq!(database.value("SELECT version || name FROM log"), "7here");
    assert!(!database.has_table("a"));
}
