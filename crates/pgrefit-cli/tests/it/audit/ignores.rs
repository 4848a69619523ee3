//! What a project lives with: `audit.toml`, and the report of an earlier audit.

use serde_json::Value;

use super::{Audited, call};
use crate::harness::{Database, Folder, pgrefit};

const ONLY: &[&str] = &["--only", "indexes,constraints", "--fail-on", "warn"];

/// Two indexes that are invalid, and a table without a key.
fn flawed() -> (Database, Folder) {
    let database = Database::new();
    database
        .sql("CREATE TABLE t (a int); CREATE UNIQUE INDEX t_a ON t (a); CREATE UNIQUE INDEX t_b ON t (a, a)");
    database.sql("UPDATE pg_index SET indisvalid = false WHERE indrelid = 't'::regclass");
    (database, Folder::new(&[]))
}

fn ignoring(folder: &Folder, entries: &str) {
    std::fs::write(folder.path().join("audit.toml"), entries).unwrap();
}

fn audit(database: &Database, folder: &Folder, more: &[&str]) -> Audited {
    Audited::of(call(folder, &[ONLY, more].concat()).on(database))
}

/// The findings about entries: level and message.
fn about(audited: &Audited) -> Vec<(String, String)> {
    let findings = audited.report["findings"].as_array().unwrap().iter();
    let about = findings.filter(|it| it["check"] == "audit-ignore");
    about.map(|it| (super::text(&it["status"]), super::text(&it["message"]))).collect()
}

fn suppressed(audited: &Audited) -> Vec<(String, String)> {
    let findings = audited.report["findings"].as_array().unwrap().iter();
    let found = findings.filter(|it| it["suppressed"].is_string());
    found.map(|it| (super::text(&it["object"]), super::text(&it["suppressed"]))).collect()
}

#[test]
fn an_entry_takes_findings_out_of_the_count_with_its_reason() {
    let (database, folder) = flawed();
    assert_eq!(audit(&database, &folder, &[]).code, 1);
    ignoring(
        &folder,
        "[[ignore]]\ncheck = \"invalid-index\"\nobject = \"public.t_a\"\nreason = \"being built\"\nexpires = 2999-01-01\n",
    );
    let one = audit(&database, &folder, &[]);
    assert_eq!(one.code, 1, "the other is there still");
    assert_eq!(suppressed(&one), [("public.t_a".to_owned(), "being built".to_owned())]);
    assert_eq!(one.status("invalid-index"), "fail");
    ignoring(
        &folder,
        "[[ignore]]\ncheck = \"invalid-index\"\nobject = \"public.t_*\"\nreason = \"being built\"\n\
         [[ignore]]\ncheck = \"con-10\"\nreason = \"a log\"\n",
    );
    let both = audit(&database, &folder, &["--skip", "duplicate-index,unused-index"]);
    assert_eq!(both.status("invalid-index"), "pass");
    assert_eq!((both.code, suppressed(&both).len()), (0, 3), "{:#}", both.report["findings"]);
    assert!(about(&both).is_empty());
}

#[test]
fn an_entry_that_has_expired_or_matches_nothing_is_told() {
    let (database, folder) = flawed();
    ignoring(
        &folder,
        "[[ignore]]\ncheck = \"invalid-index\"\nreason = \"until spring\"\nexpires = 2020-03-01\n\
         [[ignore]]\ncheck = \"duplicate-index\"\nobject = \"public.gone\"\nreason = \"both are needed\"\n",
    );
    let audited = Audited::of(call(&folder, &["--fail-on", "fail"]).on(&database));
    assert_eq!(audited.code, 1);
    let told = about(&audited);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].0 == "warn" && told[0].1.contains("ended on 2020-03-01: until spring"), "{told:?}");
    assert!(told[1].0 == "info" && told[1].1.contains("matches nothing"), "{told:?}");
    assert_eq!(audited.status("invalid-index"), "fail");
    // The warning counts by itself.
    let only = ["--only", "duplicate-index", "--fail-on", "warn"];
    assert_eq!(Audited::of(call(&folder, &only).on(&database)).code, 1);
}

#[test]
fn entries_are_read_strictly() {
    let (database, folder) = flawed();
    let refused = |entries: &str, says: &[&str]| {
        ignoring(&folder, entries);
        pgrefit(["audit"]).inside(folder.path()).on(&database).run().expect(2).says(says);
    };
    refused("[[ignore]]\ncheck = \"invalid-index\"\n", &["failed to read audit.toml", "reason"]);
    refused("[[ignore]]\ncheck = \"invalid-index\"\nreason = \" \"\n", &["gives no reason"]);
    refused(
        "[[ignore]]\ncheck = \"invalid-indx\"\nreason = \"x\"\n",
        &["there is no check", "did you mean invalid-index?"],
    );
    refused("[[ignore]]\nreason = \"x\"\n", &["check"]);
    refused("[[ignore]]\ncheck = \"invalid-index\"\nreason = \"x\"\nobjct = \"y\"\n", &["objct"]);
    refused(
        "[[ignore]]\ncheck = \"invalid-index\"\nreason = \"x\"\nexpires = \"soon\"\n",
        &["failed to read audit.toml"],
    );
    refused("[[ignored]]\ncheck = \"invalid-index\"\nreason = \"x\"\n", &["ignored"]);
    refused(
        "[[ignore]]\ncheck = \"indexes\"\nreason = \"x\"\n",
        &["indexes is a group", "an entry is for one check"],
    );
    refused("nonsense", &["failed to read audit.toml"]);
    std::fs::remove_file(folder.path().join("audit.toml")).unwrap();
    let named = ["audit", "--ignores", "other.toml"];
    pgrefit(named).inside(folder.path()).on(&database).run().expect(2).says(&["failed to read other.toml"]);
    std::fs::write(folder.path().join("other.toml"), "").unwrap();
    pgrefit(named).inside(folder.path()).on(&database).run().expect(1);
}

#[test]
fn what_an_earlier_report_has_does_not_count() {
    let (database, folder) = flawed();
    let report = ["--report", "baseline.json"];
    assert_eq!(audit(&database, &folder, &report).code, 1);
    let baseline = ["--baseline", "baseline.json"];
    let same = audit(&database, &folder, &baseline);
    assert_eq!(same.code, 0, "{:#}", same.report["findings"]);
    assert!(suppressed(&same).iter().all(|(_, why)| why == "in the baseline"));
    database.sql("CREATE TABLE u (a int)");
    let more = audit(&database, &folder, &baseline);
    let counted = |it: &&Value| it["suppressed"].is_null() && it["status"] == "warn";
    let found: Vec<_> = more.report["findings"].as_array().unwrap().iter().filter(counted).collect();
    assert_eq!((more.code, found.len()), (1, 1), "{found:#?}");
    assert_eq!(
        (&found[0]["check"], &found[0]["object"]),
        (&"table-without-primary-key".into(), &"public.u".into())
    );
    let refused = |file: &str| {
        let ran = pgrefit(["audit", "--baseline", file]).inside(folder.path()).on(&database).run().expect(2);
        ran.says(&["failed to read the baseline", "--report baseline.json"]);
    };
    refused("missing.json");
    std::fs::write(folder.path().join("x.json"), "{}").unwrap();
    refused("x.json");
}
