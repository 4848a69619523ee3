//! What is printed: JSON that fits its schema, colour only where it belongs, help, completions.

mod forms;

pub(crate) use forms::elements;

use serde_json::Value;

use crate::harness::{Database, Folder, Ran, pgrefit};

const SCHEMA: &str = include_str!("../../../pgrefit-report/report.schema.json");
const FIRST: (&str, &str) = ("V1__first.sql", "CREATE TABLE first (id int);\n");
/// Every command a user can call, as typed.
const COMMANDS: &[&[&str]] = &[
    &[],
    &["migrate"],
    &["plan"],
    &["status"],
    &["baseline"],
    &["repair"],
    &["snapshot"],
    &["new"],
    &["scratch"],
    &["config"],
    &["completions"],
    &["man"],
];

/// The report in a text, after it was held against the schema.
#[track_caller]
pub(crate) fn report(text: &str) -> Value {
    let report: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"));
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?} in {text}");
    report
}

/// Runs with `--format json`, and checks what must be true of every report.
#[track_caller]
fn json(arguments: &[&str], folder: &Folder, database: &Database, code: i32) -> Value {
    let arguments = [arguments, &["--format", "json"]].concat();
    let ran = pgrefit(&arguments).inside(folder.path()).on(database).run().expect(code);
    let report = report(&ran.stdout);
    assert_eq!(report["command"], arguments[0]);
    assert_eq!(report["outcome"]["exit_code"], code);
    assert_eq!(report["outcome"]["error"].is_object(), report["outcome"]["status"] == "error", "{report}");
    report
}

#[test]
fn every_report_fits_its_schema() {
    let (folder, database) = (Folder::new(&[FIRST]), Database::new());
    let run = |arguments: &[&str], code| json(arguments, &folder, &database, code);
    run(&["plan"], 0);
    run(&["status"], 0);
    run(&["migrate", "--dry-run"], 0);
    let migrated = run(&["migrate", "--check-content"], 0);
    assert_eq!(migrated["facts"]["applied"], 1);
    assert_eq!(migrated["target"]["database"], database.name.as_str());
    assert!(migrated["target"]["server_version"].is_string());
    run(&["migrate"], 0);
    run(&["baseline"], 11);
    run(&["config", "show"], 0);
    run(&["scratch", "list"], 0);
    folder.write(FIRST.0, "CREATE TABLE first (id bigint);\n");
    run(&["status"], 12);
    run(&["plan"], 12);
    run(&["migrate"], 12);
    assert_eq!(run(&["repair"], 1)["tables"]["repairs"][0]["name"], "V1__first");
    run(&["repair", "--yes"], 0);
    run(&["repair"], 0);
}

#[test]
fn failures_fit_the_schema_too() {
    let (folder, database) = (Folder::new(&[FIRST]), Database::new());
    let run = |arguments: &[&str], code| json(arguments, &folder, &database, code);
    folder.write("V2__x.sql", "CREATE TABLE x ();\nSELECT nme FROM x;\n");
    let failed = run(&["migrate"], 13);
    let error = &failed["outcome"]["error"];
    assert_eq!(error["sqlstate"], "42703");
    assert_eq!(error["location"]["file"], "migrations/V2__x.sql");
    assert_eq!((&error["location"]["line"], &error["location"]["column"]), (&2.into(), &8.into()));
    assert_eq!(error["location"]["text"], "SELECT nme FROM x;");
    assert!(error["message"].as_str().unwrap().contains("V2__x") && !error["causes"][0].is_null(), "{error}");
    folder.write("V2__x.sql", "COMMIT;\n");
    assert!(run(&["migrate"], 11)["outcome"]["error"]["hint"].is_string());
    run(&["migrate", "--target", "9"], 2);
    folder.write("stray.txt", "");
    for command in ["migrate", "plan", "status", "repair", "baseline"] {
        assert!(run(&[command], 2)["outcome"]["error"]["hint"].is_string());
    }
    run(&["new", "!!"], 2);
    run(&["scratch", "url", "no-such-server"], 2);
}

#[test]
fn a_server_that_cannot_be_reached_is_a_report() {
    let folder = Folder::new(&[FIRST]);
    let ran = pgrefit(["migrate", "--format", "json"])
        .inside(folder.path())
        .env("DATABASE_URL", "postgres://me:hunter2@127.0.0.1:1/nowhere?connect_timeout=1")
        .secret("hunter2")
        .run()
        .expect(75);
    let report = report(&ran.stdout);
    assert!(report["outcome"]["summary"].as_str().unwrap().contains("failed to reach"), "{report}");
}

#[test]
fn nothing_but_the_result_is_on_standard_output() {
    let (folder, database) = (Folder::new(&[FIRST]), Database::new());
    let run = |arguments: &[&str]| pgrefit(arguments).inside(folder.path()).on(&database).run();
    let told = run(&["migrate", "--format", "json", "-vvv", "--log-format", "json"]).expect(0);
    report(&told.stdout);
    assert!(!told.stderr.is_empty());
    for line in told.stderr.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok_and(|line| line.is_object()), "{line}");
    }
    let quiet = run(&["migrate", "--quiet"]).expect(0);
    assert_eq!(quiet.stderr, "");
    assert!(quiet.stdout.contains("up to date at V1"));
}

#[test]
fn escape_sequences_are_for_terminals() {
    let (folder, database) =
        (Folder::new(&[FIRST, ("V2__x.sql", "SELECT \u{1b}[31mred;\n")]), Database::new());
    let run = |arguments: &[&str]| pgrefit(arguments).inside(folder.path()).on(&database);
    let is_painted = |ran: &Ran| (ran.stdout.contains('\u{1b}'), ran.stderr.contains('\u{1b}'));
    let check = |arguments: &[&str], expected: (bool, bool)| {
        assert_eq!(is_painted(&run(arguments).run()), expected, "{arguments:?}");
    };
    // With colour or without, what a file holds never reaches the terminal as a command.
    let failed = run(&["migrate", "--color", "always"]).run().expect(13);
    assert!(!failed.stderr.contains("\u{1b}[31mred"), "{failed:?}");
    check(&["status"], (false, false));
    check(&["status", "--color", "never"], (false, false));
    check(&["migrate"], (false, false));
    check(&["status", "--color", "always"], (true, false));
    for format in ["json", "markdown", "sarif", "junit", "github"] {
        check(&["status", "--color", "always", "--format", format], (false, false));
    }
    assert_eq!(is_painted(&run(&["status"]).env("NO_COLOR", "1").run()), (false, false));
    // The error on one stream, where the database stands now on the other.
    assert_eq!(is_painted(&failed), (true, true));
}

#[test]
fn a_failure_is_told_once() {
    let (folder, database) = (Folder::new(&[("V1__x.sql", "COMMIT;\n")]), Database::new());
    for command in ["plan", "migrate"] {
        let ran = pgrefit([command]).inside(folder.path()).on(&database).run().expect(11);
        let all = format!("{}{}", ran.stdout, ran.stderr);
        assert_eq!(all.matches("ends the transaction that the migration runs in").count(), 1, "{all}");
    }
}

#[test]
fn a_report_is_written_whatever_happens() {
    let database = Database::new();
    let check = |second: &str, code: i32| {
        let folder = Folder::new(&[FIRST, ("V2__x.sql", second)]);
        let run = |file: &str| {
            let call = pgrefit(["migrate", "--report", file]).inside(folder.path()).on(&database);
            call.run().expect(code);
            std::fs::read_to_string(folder.path().join(file)).unwrap()
        };
        assert_eq!(report(&run("new/folder/report.json"))["outcome"]["exit_code"], code);
        let markdown = run("report.md");
        assert!(markdown.starts_with('#') && !markdown.contains('\u{1b}'), "{markdown}");
        assert!(code == 0 || markdown.replace('\\', "").contains("V2__x"), "{markdown}");
        assert!(run("again.md").starts_with('#') && !folder.path().join("again.partial").exists());
    };
    check("SELECT nonsense;\n", 13);
    check("COMMIT;\n", 11);
    check("SELECT 1;\n", 0);
    check("SELECT 2;\n", 12);
    check("-- pgrefit:nonsense\n", 2);
}

#[test]
fn a_report_that_cannot_be_written_is_an_error() {
    let (folder, database) = (Folder::new(&[FIRST]), Database::new());
    let run = |file: &str| pgrefit(["migrate", "--report", file]).inside(folder.path()).on(&database).run();
    run("migrations/V1__first.sql/report.json").expect(2).says(&["failed to write the report"]);
    assert_eq!(database.history(), ["1:first"], "the work is done all the same");
    folder.write(FIRST.0, "SELECT 1;");
    run("migrations/V1__first.sql/report.json").expect(12).says(&["failed to write the report"]);
}

#[test]
fn markdown_is_for_job_summaries() {
    let (folder, database) = (Folder::new(&[FIRST]), Database::new());
    let ran =
        pgrefit(["migrate", "--format", "markdown"]).inside(folder.path()).on(&database).run().expect(0);
    let plain = ran.stdout.replace('\\', "");
    assert!(
        plain.starts_with("## pgrefit migrate: pass") && plain.contains("| V1__first | applied |"),
        "{plain}"
    );
}

#[test]
fn every_help_has_an_example_that_can_be_called() {
    for command in COMMANDS {
        let help = pgrefit([command, &["--help"][..]].concat()).run().expect(0).stdout;
        let examples = help.split("Example").nth(1).unwrap_or_else(|| panic!("{command:?} has no example"));
        let call = format!("pgrefit {}", command.join(" "));
        assert!(examples.contains(call.trim_end()), "{command:?}: {examples}");
        assert!(help.lines().all(|line| line.chars().count() <= 120), "{help}");
        let short = pgrefit([command, &["-h"][..]].concat()).run().expect(0).stdout;
        assert!(!short.is_empty());
    }
}

#[test]
fn wrong_calls_say_what_was_meant() {
    let check = |arguments: &[&str], parts: &[&str]| {
        pgrefit(arguments).run().expect(2).says(parts);
    };
    check(&["migrat"], &["unrecognized subcommand 'migrat'", "'migrate'"]);
    check(&["migrate", "--taget", "1"], &["unexpected argument '--taget'", "'--target'"]);
    check(&["migrate", "--target", "one"], &["invalid value 'one'", "--target"]);
    check(&["migrate", "--format", "yaml"], &["invalid value 'yaml'", "json", "sarif", "junit", "github"]);
    check(&["migrate", "-q", "-v"], &["cannot be used with"]);
    check(&["repair", "--yes=no"], &["unexpected value 'no'"]);
    check(&["new"], &["<NAME>"]);
    check(&["completions", "cmd"], &["invalid value 'cmd'"]);
}

#[test]
fn the_version_is_told() {
    let version = concat!("pgrefit ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(pgrefit(["--version"]).run().expect(0).stdout, version);
}

#[test]
fn completions_know_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = pgrefit(["completions", shell]).run().expect(0).stdout;
        for command in COMMANDS.iter().flat_map(|command| command.iter()) {
            assert!(script.contains(command), "{command} is missing for {shell}");
        }
    }
}

#[test]
fn man_pages_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let man = folder.path().join("share/man1");
    pgrefit(["man", man.to_str().unwrap()]).run().expect(0);
    for command in COMMANDS {
        let name = [&["pgrefit"][..], command].concat().join("-");
        let page = std::fs::read_to_string(man.join(format!("{name}.1"))).unwrap();
        assert!(page.contains(".SH NAME") && page.contains(".SH OPTIONS"), "{name}");
    }
    assert!(!man.join("pgrefit-docs.1").exists(), "what is hidden has no page");
    std::fs::write(folder.path().join("file"), "").unwrap();
    let blocked = folder.path().join("file/man1");
    pgrefit(["man", blocked.to_str().unwrap()]).run().expect(2).says(&["failed to write to"]);
}
