//! Benchmarks at the command line: budgets, verdicts, what is refused, what is written, and what a signal leaves.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::harness::{Database, Folder, Pgrefit, pgrefit, versions};

const SETUP: &str = "
CREATE TABLE documents (id bigint PRIMARY KEY, source text NOT NULL);
INSERT INTO documents SELECT n, 's' || n % 100 FROM generate_series(1, 20000) n;
CREATE TABLE notes (body text);
ANALYZE;
";

const WORKLOAD: &str = "
name = 'documents'
[[statements]]
name = 'by-id'
sql = 'SELECT * FROM documents WHERE id = $1'
params = [{ integer = [1, 20000] }]
[[statements]]
name = 'by-source'
sql = 'SELECT count(*) FROM documents WHERE source = $1'
from = 'SELECT DISTINCT source FROM documents'
[[statements]]
name = 'note'
sql = 'INSERT INTO notes VALUES ($1)'
params = [{ values = ['x'] }]
writes = true
";

const QUERIES: &str = "
[[queries]]
name = 'nap'
sql = 'SELECT pg_sleep(0.02)'
budget = '5ms'
[[queries]]
name = 'by-id'
sql = 'SELECT * FROM documents WHERE id = $1'
args = [['7'], ['8']]
";

fn set_up(major: u32) -> (Database, Folder) {
    let (database, folder) = (Database::on(major), Folder::new(&[]));
    database.sql(SETUP);
    std::fs::write(folder.path().join("workload.toml"), WORKLOAD).unwrap();
    std::fs::write(folder.path().join("pgrefit.toml"), QUERIES).unwrap();
    (database, folder)
}

fn bench(database: &Database, folder: &Path, arguments: &[&str]) -> Pgrefit {
    pgrefit(["bench"].iter().chain(arguments)).inside(folder).on(database)
}

const SHORT: [&str; 4] = ["--duration", "1s", "--warm-up", "200ms"];

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn a_workload_within_its_budgets_is_measured_and_kept() {
    for major in versions() {
        let (database, folder) = set_up(major);
        let files = ["--save", "r.json", "--html", "r.html", "--report", "report.json"];
        let arguments = [&["run", "workload.toml", "--rate", "100"][..], &SHORT, &files].concat();
        bench(&database, folder.path(), &arguments).run().expect(0).shows(&[
            "by-id",
            "by-source",
            "not run, because only reading was allowed: note",
            "all within their budgets",
        ]);
        assert_eq!(database.value("SELECT count(*) FROM notes"), "0");
        let result = json(&folder.path().join("r.json"));
        assert_eq!(
            (&result["schema_version"], &result["ending"]),
            (&Value::from(1), &Value::from("completed"))
        );
        assert!(result["queries"][0]["p99_ms"].as_f64().unwrap() > 0.0);
        let page = std::fs::read_to_string(folder.path().join("r.html")).unwrap();
        assert!(
            page.contains("<polyline") && page.contains("Latency over time") && !page.contains("http://")
        );
        let report = json(&folder.path().join("report.json"));
        assert_eq!(report["command"], "bench");
    }
}

#[test]
fn a_query_over_its_budget_is_a_finding() {
    let (database, folder) = set_up(versions()[0]);
    let arguments = [&["run", "--queries", "--closed", "2"][..], &SHORT].concat();
    bench(&database, folder.path(), &arguments).run().expect(1).shows(&[
        "bench-over-budget",
        "blind to stalls",
        "1 of 2 queries over their budgets",
    ]);
}

#[test]
fn what_makes_no_sense_or_is_not_allowed_is_refused() {
    let (database, folder) = set_up(versions()[0]);
    let check = |arguments: &[&str], code: i32, parts: &[&str]| {
        bench(&database, folder.path(), arguments).run().expect(code).says(parts);
    };
    std::fs::remove_file(folder.path().join("pgrefit.toml")).unwrap();
    check(&["run"], 2, &["no [[queries]]"]);
    std::fs::write(folder.path().join("pgrefit.toml"), QUERIES).unwrap();
    check(&["run", "no.toml"], 2, &["no.toml"]);
    check(&["run", "workload.toml", "--queries"], 2, &["--queries"]);
    check(&["run", "workload.toml", "--rate", "0"], 2, &["rate"]);
    check(&["run", "workload.toml", "--watch"], 2, &["no terminal"]);
    check(&["compare", "workload.toml"], 2, &["nothing says what differs"]);
    check(&["compare", "workload.toml", "pgrefit.toml"], 2, &["result"]);
    let production = |arguments: &[&str]| {
        bench(&database, folder.path(), arguments)
            .env("PGREFIT_POLICY_ENVIRONMENT", "production")
            .run()
            .expect(11)
            .says(&["production database"]);
    };
    production(&["run", "workload.toml", "--write"]);
    production(&["compare", "workload.toml", "--a-setup", "DROP TABLE notes", "--b-setup", "SELECT 1"]);
    assert_eq!(database.value("SELECT to_regclass('notes') IS NOT NULL"), "t");
    pgrefit(["bench"]).run().expect(0).shows(&["pgrefit bench puts a workload on a database", "Examples:"]);
}

#[test]
fn allowed_writes_write() {
    let (database, folder) = set_up(versions()[0]);
    let arguments = [&["run", "workload.toml", "--rate", "60", "--write"][..], &SHORT].concat();
    bench(&database, folder.path(), &arguments).run().expect(0);
    assert_ne!(database.value("SELECT count(*) FROM notes"), "0");
}

#[test]
fn which_side_is_faster_is_told_with_its_plan() {
    for major in versions() {
        let (database, folder) = set_up(major);
        let short = ["--pairs", "12", "--round", "200ms", "--warm-up", "20ms"];
        let slow = ["--b-set", "enable_indexscan=off", "--b-set", "enable_bitmapscan=off"];
        let arguments =
            [&["compare", "workload.toml", "--save", "v.json", "--format", "json"][..], &short, &slow]
                .concat();
        let ran = bench(&database, folder.path(), &arguments).run().expect(1);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        let found = |check: &str, object: &str| {
            report["findings"]
                .as_array()
                .unwrap()
                .iter()
                .any(|it| it["check"] == check && it["object"] == object)
        };
        assert!(
            found("bench-slower", "by-id") && found("query-index-lost", "by-id"),
            "{major}: {}",
            ran.stdout
        );
        let kept = json(&folder.path().join("v.json"));
        assert_eq!(kept["versus"]["pairs"].as_array().unwrap().len(), 12);
        assert_eq!(kept["comparison"]["statements"][0]["verdict"], "slower");
    }
}

#[test]
fn kept_results_are_compared() {
    let (database, folder) = set_up(versions()[0]);
    let run = |file: &str, repeat: &str| {
        let short = ["--duration", "300ms", "--warm-up", "50ms", "--closed", "1"];
        let arguments = [&["run", "workload.toml", "--repeat", repeat, "--save", file][..], &short].concat();
        bench(&database, folder.path(), &arguments).run().expect(0);
    };
    run("a.json", "6");
    database.sql("ALTER TABLE documents DROP CONSTRAINT documents_pkey");
    run("b.json", "6");
    let compare = |a: &str, b: &str| pgrefit(["bench", "compare", a, b]).inside(folder.path()).run();
    compare("a.json", "b.json").expect(1).shows(&[
        "bench-slower",
        "by-id",
        "query-index-lost",
        "not run in turn",
    ]);
    compare("b.json", "a.json").expect(0).shows(&["bench-faster"]);
    std::fs::write(folder.path().join("cut.json"), "{\"schema_version\":1").unwrap();
    compare("a.json", "cut.json").expect(2).says(&["cut.json"]);
    std::fs::write(folder.path().join("other.json"), "{\"schema_version\":99}").unwrap();
    compare("a.json", "other.json").expect(2).says(&["schema version 99"]);
}

#[test]
fn a_signal_ends_it_in_order_and_keeps_what_was_measured() {
    let (database, folder) = set_up(versions()[0]);
    let arguments =
        ["run", "workload.toml", "--rate", "50", "--duration", "60s", "--warm-up", "0ms", "--save", "r.json"];
    let child = bench(&database, folder.path(), &arguments).start();
    std::thread::sleep(Duration::from_secs(6));
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGINT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(75), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("stopped by Ctrl-C"), "{said}");
    let result = json(&folder.path().join("r.json"));
    assert_eq!(result["ending"], "stopped");
    assert!(result["load"]["done"].as_u64().unwrap() > 10, "{}", result["load"]["done"]);
    let left = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'pgrefit/%'";
    crate::concurrency::until("its sessions are gone", Duration::from_secs(5), || {
        database.value(left) == "0"
    });
}

/// On a terminal that `script` makes: the live view takes it over, and gives it back when the run is over and when q is pressed.
#[test]
fn the_live_view_gives_the_terminal_back() {
    let (database, folder) = set_up(versions()[0]);
    let binary = env!("CARGO_BIN_EXE_pgrefit");
    for (duration, keys) in [("1s", ""), ("60s", "sleep 6; printf q; sleep 3")] {
        let call =
            format!("{binary} bench run workload.toml --rate 50 --watch --warm-up 0ms --duration {duration}");
        let mut command = Command::new("script");
        command
            .args(["--quiet", "--return", "--command", &call, "/dev/null"])
            .env("DATABASE_URL", database.url());
        command.env("TERM", "xterm-256color").current_dir(folder.path());
        let mut input = Command::new("sh").args(["-c", keys]).stdout(Stdio::piped()).spawn().unwrap();
        let output = command.stdin(input.stdout.take().unwrap()).output();
        input.wait().unwrap();
        let Ok(output) = output else { return };
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        let (entered, left) = (shown.find("\u{1b}[?1049h"), shown.rfind("\u{1b}[?1049l"));
        assert!(entered.is_some() && entered < left, "{shown:?}");
        assert!(shown.contains("answered a second") && shown.contains("guard"), "{shown:?}");
        let code = if keys.is_empty() { Some(0) } else { Some(75) };
        assert_eq!(output.status.code(), code, "{shown}");
    }
}
