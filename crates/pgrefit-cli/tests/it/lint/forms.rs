//! The same findings in every form.

use serde_json::Value;

use crate::harness::{Folder, pgrefit};
use crate::output::{elements, report};

const TEXT: &str = "DROP TABLE a;\nDROP INDEX i;\n-- pgrefit:allow drop-table it is empty\nDROP TABLE b;\n";

fn folder() -> Folder {
    Folder::new(&[("t.sql", TEXT), ("u.sql", "SELECT 1;\n")])
}

fn run(format: &str) -> String {
    let folder = folder();
    let call = pgrefit(["lint", "migrations", "--format", format, "--off", "several-strong-locks"]);
    call.inside(folder.path()).run().expect(0).stdout
}

#[test]
fn every_form_is_well_formed() {
    let json = report(&run("json"));
    assert_eq!(json["findings"].as_array().unwrap().len(), 3, "{json}");
    assert_eq!(json["outcome"]["summary"], "1 warning, 1 note, 1 allowed with a reason in 2 files");
    let sarif: Value = serde_json::from_str(&run("sarif")).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    // What is allowed is no alert.
    assert_eq!(results.len(), 2, "{sarif}");
    let region = &results[0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!((region["startLine"].as_u64(), region["startColumn"].as_u64()), (Some(1), Some(12)));
    let junit = run("junit");
    assert_eq!(elements(&junit)[0], "testsuites");
    assert!(junit.contains("migrations/u.sql"), "{junit}");
    let github = run("github");
    assert!(github.contains("::warning file=migrations/t.sql,line=1"), "{github}");
    assert!(run("markdown").starts_with("## pgrefit lint"));
}

#[test]
fn notes_are_told_to_those_who_ask() {
    let folder = folder();
    let text = |arguments: &[&str]| {
        let arguments = [&["lint", "migrations", "--off", "several-strong-locks"], arguments].concat();
        pgrefit(&arguments).inside(folder.path()).run().stdout
    };
    let note = "info[drop-index-without-concurrently]";
    let short = text(&[]);
    assert!(!short.contains(note) && short.contains("-v shows the notes"), "{short}");
    assert!(!short.contains("it is empty"), "{short}");
    let long = text(&["-v"]);
    assert!(long.contains(note) && !long.contains("-v shows") && long.contains("it is empty"), "{long}");
    assert!(text(&["--fail-on", "info"]).contains(note));
    // A file for programs has them, whatever people are shown.
    text(&["--report", "lint.json"]);
    let saved = report(&std::fs::read_to_string(folder.path().join("lint.json")).unwrap());
    assert_eq!(saved["findings"].as_array().unwrap().len(), 3);
    assert!(!saved["outcome"]["summary"].as_str().unwrap().contains("-v"));
}

#[test]
fn long_statements_are_cut_and_stay_readable() {
    let columns: Vec<String> =
        (0..200).map(|number| format!("    column_{number} integer NOT NULL")).collect();
    let wide = format!("ALTER TABLE a ADD CONSTRAINT c FOREIGN KEY ({}) REFERENCES b (id);", "x".repeat(300));
    let text =
        format!("CREATE TABLE a (\n{}\n);\nDROP TABLE {};\n{wide}\n", columns.join(",\n"), "t".repeat(300));
    let folder = Folder::new(&[("t.sql", &text)]);
    let ran = pgrefit(["lint", "migrations/t.sql"]).inside(folder.path()).run();
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 330), "{}", ran.stdout);
    assert!(ran.stdout.contains('…'), "{}", ran.stdout);
}
