//! The forms for other programs: well formed whatever the command did, on standard output and in a file.

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Value, json};

use super::{FIRST, report};
use crate::harness::{Database, Folder, pgrefit};

const SARIF_SCHEMA: &str = include_str!("../../../../pgrefit-report/tests/fixtures/sarif-schema-2.1.0.json");

/// The only run of a SARIF log, after it was held against the schema of the standard.
#[track_caller]
fn sarif(text: &str) -> Value {
    let log: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"));
    let mut schema: Value = serde_json::from_str(SARIF_SCHEMA).unwrap();
    for owner in ["run", "toolComponent"] {
        // No regular expression; see the README beside the schema.
        let language = schema.pointer_mut(&format!("/definitions/{owner}/properties/language")).unwrap();
        language.as_object_mut().unwrap().remove("pattern").unwrap();
    }
    let validator = jsonschema::draft7::options().should_validate_formats(true).build(&schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(&log).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?} in {text}");
    log["runs"][0].clone()
}

/// The names of the elements of an XML document, which must be well formed.
#[track_caller]
pub(crate) fn elements(xml: &str) -> Vec<String> {
    let mut reader = Reader::from_str(xml);
    let mut names = Vec::new();
    loop {
        match reader.read_event().unwrap_or_else(|error| panic!("{error} in {xml}")) {
            Event::Start(element) | Event::Empty(element) => {
                assert!(element.attributes().all(|attribute| attribute.is_ok()), "{xml}");
                names.push(element.name().as_ref().to_owned());
            }
            Event::Eof => return names,
            _ => (),
        }
    }
}

/// The value of a metric, whatever its labels.
fn value(metrics: &str, name: &str) -> Option<String> {
    let mut lines = metrics.lines().filter(|line| !line.starts_with('#') && line.starts_with(name));
    lines.next().and_then(|line| line.rsplit(' ').next()).map(str::to_owned)
}

#[test]
fn every_end_has_every_form() {
    let database = Database::new();
    let check = |second: &str, code: i32| {
        let folder = Folder::new(&[FIRST, ("V2__x.sql", second)]);
        let run = |format: &str| {
            let call = pgrefit(["migrate", "--format", format]).inside(folder.path()).on(&database);
            call.run().expect(code).stdout
        };
        let invocation = sarif(&run("sarif"))["invocations"][0].clone();
        assert_eq!(invocation["exitCode"], code);
        assert_eq!(invocation["executionSuccessful"], code == 0);
        let notes = invocation["toolExecutionNotifications"].as_array().unwrap();
        assert_eq!(notes.len(), usize::from(code != 0), "{notes:?}");
        let names = elements(&run("junit"));
        assert_eq!(names[0], "testsuites");
        assert_eq!(names.iter().any(|name| name == "error"), code != 0, "{names:?}");
        let github = run("github");
        assert_eq!(github.contains("::error "), code != 0, "{github}");
        assert!(github.lines().all(|line| line.starts_with("::") || line.starts_with("pgrefit migrate: ")));
        let page = run("html");
        assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"), "{page}");
        assert_eq!(page.matches("<script>").count(), 1);
        let metrics = run("prometheus");
        assert_eq!(value(&metrics, "pgrefit_migrate_exit_code"), Some(code.to_string()), "{metrics}");
        let ended = value(&metrics, "pgrefit_migrate_last_success_timestamp_seconds");
        assert_eq!(ended.is_some(), code == 0, "{metrics}");
    };
    check("SELECT nonsense, ']]>', '%';\n", 13);
    check("COMMIT;\n", 11);
    check("-- pgrefit:nonsense\n", 2);
    check("SELECT 1;\n", 0);
    check("SELECT 2;\n", 12);
}

#[test]
fn a_failure_has_its_place_in_every_form() {
    let (folder, database) = (Folder::new(&[("V1__x.sql", "\nSELECT 'a%]]>', nme;\n")]), Database::new());
    let run = |format: &str| {
        let call = pgrefit(["migrate", "--format", format]).inside(folder.path()).on(&database);
        call.run().expect(13).stdout
    };
    let place = json!({
        "artifactLocation": {"uri": "migrations/V1__x.sql"},
        "region": {"startLine": 2, "startColumn": 17},
    });
    let note = sarif(&run("sarif"))["invocations"][0]["toolExecutionNotifications"][0].clone();
    assert_eq!(note["locations"][0]["physicalLocation"], place);
    let github = run("github");
    assert!(
        github
            .starts_with("::error file=migrations/V1__x.sql,line=2,endLine=2,col=17,title=pgrefit migrate::"),
        "{github}"
    );
    let junit = run("junit");
    assert!(
        elements(&junit).contains(&"error".to_owned()) && junit.contains("migrations/V1__x.sql:2:17"),
        "{junit}"
    );
}

#[test]
fn the_name_of_a_file_says_its_form() {
    let (folder, database) = (Folder::new(&[FIRST]), Database::new());
    let run = |file: &str| {
        pgrefit(["migrate", "--report", file]).inside(folder.path()).on(&database).run().expect(0);
        std::fs::read_to_string(folder.path().join(file)).unwrap()
    };
    assert_eq!(sarif(&run("a.sarif"))["tool"]["driver"]["name"], "pgrefit");
    assert_eq!(elements(&run("b.xml"))[0], "testsuites");
    assert_eq!(report(&run("c.json"))["command"], "migrate");
    assert!(run("d.md").starts_with("## pgrefit migrate"));
    assert!(run("f.html").starts_with("<!DOCTYPE html>"));
    assert!(run("g.prom").starts_with("# HELP pgrefit_migrate_exit_code "));
    report(&run("e"));
}
