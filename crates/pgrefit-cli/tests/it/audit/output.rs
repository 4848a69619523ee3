//! What is printed and saved: one exit code in every form, and a file that is judged as the database was.

use super::{Audited, audit, call, traps};
use crate::harness::{Database, Folder, Ran, pgrefit, versions};
use crate::output::{elements, report};

const FORMATS: &[&str] = &["text", "json", "markdown", "sarif", "junit", "github", "html", "prometheus"];

/// A database of which every check of the groups that are asked says that all is well.
const CLEAN: &str = "CREATE TABLE authors (id bigint PRIMARY KEY, name text NOT NULL);
    COMMENT ON TABLE authors IS 'Who wrote them';
    CREATE TABLE books (id bigint PRIMARY KEY, author bigint NOT NULL REFERENCES authors);
    COMMENT ON TABLE books IS 'What they wrote';
    CREATE INDEX books_author ON books (author)";

fn run(database: &Database, folder: &Folder, arguments: &[&str]) -> Ran {
    let all = ["audit"].iter().chain(arguments);
    pgrefit(all).inside(folder.path()).on(database).run()
}

#[test]
fn the_exit_code_is_the_same_in_every_form() {
    let (good, bad, folder) = (Database::new(), Database::new(), Folder::new(&[]));
    good.sql(CLEAN);
    bad.sql(
        "CREATE TABLE t (a int); CREATE UNIQUE INDEX t_a ON t (a); CREATE TABLE u (id bigint PRIMARY KEY)",
    );
    bad.sql("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 't_a'::regclass");
    let plain = bad.url_as("form_reader", "words");
    bad.sql(&format!("CREATE SEQUENCE s; DROP ROLE IF EXISTS form_reader_{0}; CREATE ROLE form_reader_{0} LOGIN PASSWORD 'words'", bad.name));
    let plain = plain.replace("form_reader", &format!("form_reader_{}", bad.name));
    for format in FORMATS {
        let form = ["--only", "indexes,sequences,constraints", "--format", format];
        run(&good, &folder, &form).expect(0);
        run(&good, &folder, &[&form[..], &["--live", "--fail-on", "warn"]].concat()).expect(0);
        run(&bad, &folder, &form).expect(1);
        run(&bad, &folder, &[&form[..], &["--fail-on", "none"]].concat()).expect(0);
        let blind =
            || pgrefit(["audit"].iter().chain(&form)).inside(folder.path()).env("DATABASE_URL", &plain);
        blind().run().expect(3);
        let all = ["audit", "--allow-incomplete"].iter().chain(&form);
        pgrefit(all).inside(folder.path()).env("DATABASE_URL", &plain).run().expect(1);
        run(&bad, &folder, &[&form[..], &["--skip", "nonsense"]].concat()).expect(2);
    }
    // A table without a key is a warning.
    let keyless = ["--only", "table-without-primary-key"];
    run(&bad, &folder, &keyless).expect(0);
    run(&bad, &folder, &[&keyless[..], &["--fail-on", "warn"]].concat()).expect(1);
}

#[test]
fn every_form_says_the_same() {
    let (database, folder) = (Database::new(), Folder::new(&[]));
    database.sql("CREATE TABLE t (a int); CREATE UNIQUE INDEX t_a ON t (a)");
    database.sql("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 't_a'::regclass");
    let of = |format| {
        run(&database, &folder, &["--only", "indexes,constraints", "--format", format]).expect(1).stdout
    };
    let json = report(&of("json"));
    let finding = &json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["check"] == "invalid-index")
        .unwrap()
        .clone();
    let (object, sql) =
        (finding["object"].as_str().unwrap(), finding["remediation"]["sql"].as_str().unwrap());
    for format in ["text", "markdown", "html", "sarif", "junit", "github"] {
        let text = of(format);
        assert!(text.contains("invalid-index") && text.contains(object), "{format}: {text}");
    }
    let first = sql.lines().next().unwrap();
    for format in ["text", "markdown"] {
        assert!(of(format).contains(first), "{format}: {first}");
    }
    assert!(elements(&of("junit")).contains(&"failure".to_owned()));
    let metrics = of("prometheus");
    assert!(
        metrics.contains("invalid-index") && !metrics.contains(object),
        "by check, never by object: {metrics}"
    );
    // What people read has the notes only when they ask.
    let long = run(&database, &folder, &["-v"]).stdout;
    let short = run(&database, &folder, &[]).stdout;
    assert!(long.lines().count() > short.lines().count());
}

#[test]
fn a_snapshot_is_judged_as_the_database_was() {
    for major in versions() {
        let (database, folder) = (Database::on(major), Folder::new(&[]));
        traps(&database, major);
        let live =
            Audited::of(call(&folder, &["--deep", "--save-snapshot", "made/by/audit.json"]).on(&database));
        // With no database at all.
        let replayed = Audited::of(call(&folder, &["--snapshot", "made/by/audit.json"]));
        assert_eq!(replayed.report["findings"], live.report["findings"]);
        assert_eq!(replayed.report["checks"], live.report["checks"]);
        assert_eq!(
            (replayed.code, &replayed.report["target"]["database"]),
            (live.code, &live.report["target"]["database"])
        );
        let left = std::fs::read_dir(folder.path().join("made/by")).unwrap().count();
        assert_eq!(left, 1, "a draft was left");
    }
}

#[test]
fn files_that_are_no_snapshots_are_refused() {
    let (database, folder) = (Database::new(), Folder::new(&[]));
    let refused = |file: &str, says: &[&str]| {
        pgrefit(["audit", "--snapshot", file]).inside(folder.path()).run().expect(2).says(says);
    };
    refused("missing.json", &["failed to read the snapshot missing.json", "--save-snapshot"]);
    std::fs::write(folder.path().join("x.json"), "{\"census\": 999}").unwrap();
    refused("x.json", &["failed to read the snapshot x.json"]);
    pgrefit(["snapshot", "--output", "schema.json"]).inside(folder.path()).on(&database).run().expect(0);
    refused("schema.json", &["that of `pgrefit snapshot` is for lint"]);
    run(&database, &folder, &["--save-snapshot", "/dev/null/x.json"])
        .expect(2)
        .says(&["failed to write /dev/null/x.json"]);
    run(&database, &folder, &["--snapshot", "x.json", "--drift"]).expect(2);
}

#[test]
fn checks_are_chosen_by_name_and_by_group() {
    let (database, folder) = (Database::new(), Folder::new(&[]));
    let asked = |arguments: &[&str]| -> Vec<String> {
        Audited::of(call(&folder, arguments).on(&database)).statuses().into_keys().collect()
    };
    let all = asked(&[]);
    assert_eq!(all.len(), pgrefit_audit::checks().count());
    assert_eq!(asked(&["--only", "invalid-index"]), ["invalid-index"]);
    let group = asked(&["--only", "sequences"]);
    assert!(group.len() > 3 && group.len() < all.len());
    assert_eq!(asked(&["--only", "sequences, invalid-index"]).len(), group.len() + 1);
    assert_eq!(asked(&["--only", "sequences", "--only", "invalid-index", "--skip", "invalid-index"]), group);
    assert_eq!(asked(&["--skip", "sequences"]).len(), all.len() - group.len());
    let refused = |arguments: &[&str], says: &[&str]| {
        run(&database, &folder, arguments).expect(2).says(says);
    };
    refused(
        &["--only", "invalid-indx"],
        &["there is no check or group \"invalid-indx\"", "did you mean invalid-index?"],
    );
    refused(&["--skip", "secuirty"], &["did you mean security?"]);
    refused(&["--only", "qqqqqqqqqqq"], &["`pgrefit audit list` lists them"]);
    refused(&["--only", "indexes", "--skip", "indexes"], &["no check is left to ask"]);
    assert_eq!(asked(&["--only", "IDX-01"]), ["invalid-index"]);
    refused(&["--fail-on", "never"], &["never"]);
    refused(&["--memory", "much"], &["audit.memory is a size such as 8GiB"]);
    refused(&["--memory", "8"], &["audit.memory is a size such as 8GiB, not \"8\""]);
    refused(&["--exact", "--exact-limit", "soon"], &["--exact-limit is a duration such as 30s"]);
}

#[test]
fn checks_are_listed_and_explained_without_a_database() {
    let list = pgrefit(["audit", "list"]).run().expect(0).stdout;
    for check in pgrefit_audit::checks() {
        assert!(list.contains(check.id), "{}", check.id);
        let page = pgrefit(["audit", "explain", check.id]).run().expect(0).stdout;
        assert!(page.starts_with(&format!("# `{}`\n", check.id)), "{page}");
        if check.id == "invalid-index" {
            assert_eq!(
                pgrefit(["audit", "explain", &check.code.to_lowercase()]).run().expect(0).stdout,
                page
            );
        }
    }
    pgrefit(["audit", "explain", "invalid-indx"]).run().expect(2).says(&["did you mean invalid-index?"]);
    let grants = pgrefit(["audit", "grants", "--role", "it's \"odd\"", "--no-views"]).run().expect(0).stdout;
    assert!(
        grants.contains("rolname = 'it''s \"odd\"'") && grants.contains("TO \"it's \"\"odd\"\"\""),
        "{grants}"
    );
    assert!(!grants.contains("pgrefit.column_statistics"));
}

/// What an odd name does to the statements of the script.
#[test]
fn grants_are_for_any_name() {
    let database = Database::new();
    let name = format!("It's {}; --", database.name);
    let script = pgrefit(["audit", "grants", "--role", &name]).run().expect(0).stdout;
    database.sql(&script);
    let quoted = name.replace('\'', "''");
    let has = "SELECT pg_has_role(rolname, 'pg_monitor', 'MEMBER') FROM pg_roles WHERE rolname = ";
    assert_eq!(database.value(&format!("{has}'{quoted}'")), "t");
    database.sql(&format!("DROP OWNED BY \"{name}\"; DROP ROLE \"{name}\""));
}

#[test]
fn a_clean_database_has_no_failure() {
    for major in versions() {
        let database = Database::on(major);
        database.sql(CLEAN);
        let audited = audit(&database, &["--skip", "activity,replication,settings,security,vacuum"]);
        assert_eq!(audited.code, 0, "{:#}", audited.report["findings"]);
        assert!(audited.ended("fail").is_empty() && audited.ended("blind").is_empty());
    }
}
