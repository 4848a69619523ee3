//! `pgrefit serve`: what it tells of databases that are well, gone, silent or locked, who may ask, and how it ends.

mod access;
mod devtools;
mod exporter;
mod page;
mod soak;

use std::net::TcpListener;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::concurrency::until;
use crate::harness::{Database, Folder, Pgrefit, Proxy, pgrefit};
use exporter::{Exporter, is, value};

/// A scrape that takes longer has waited for somebody.
const SCRAPE_MAX: Duration = Duration::from_secs(1);

const V1: (&str, &str) = ("V1__first.sql", "CREATE TABLE items (id bigint PRIMARY KEY, name text)");
const V2: (&str, &str) = ("V2__second.sql", "ALTER TABLE items ADD COLUMN note text");

fn serve(folder: &Folder, more: &[&str]) -> Pgrefit {
    let always = ["serve", "--listen", "127.0.0.1:0", "--every", "1s"];
    pgrefit(always.iter().chain(more)).inside(folder.path())
}

/// Writes a file into the folder that the exporter runs in.
fn beside(folder: &Folder, name: &str, text: impl AsRef<[u8]>) {
    std::fs::write(folder.path().join(name), text).unwrap();
}

fn exporter(database: &Database, folder: &Folder, more: &[&str]) -> Exporter {
    Exporter::start(serve(folder, more).on(database), &[database.password()])
}

#[test]
fn what_is_known_of_a_database_is_told_in_every_form() {
    let (database, folder) = (Database::new(), Folder::new(&[V1, V2]));
    pgrefit(["migrate", "--target", "1"]).on(&database).inside(folder.path()).run().expect(0);
    let exporter = exporter(&database, &folder, &["--audit-every", "1s"]);
    exporter.until_ready();
    let name = database.name.clone();
    let series = |family: &str, more: &str| format!("{family}{{database=\"{name}\"{more}}}");
    exporter.until(&series("pgrefit_audits_total", ",outcome=\"done\""), |count| count > 0.0);
    let metrics = exporter.metrics();
    let check = |family: &str, more: &str, expected: f64| {
        assert_eq!(value(&metrics, &series(family, more)), Some(expected), "{family}\n{metrics}");
    };
    check("pgrefit_database_up", "", 1.0);
    check("pgrefit_migration_version", "", 1.0);
    check("pgrefit_migrations_applied", "", 1.0);
    check("pgrefit_migrations_pending", "", 1.0);
    check("pgrefit_migrations_diverged", "", 0.0);
    assert_is_recent(&metrics, &series("pgrefit_audit_last_success_timestamp_seconds", ""));
    let status: Value = serde_json::from_str(&exporter.get("/status").body).unwrap();
    let known = &status["databases"][0];
    assert_eq!(status["schema"], json!("pgrefit.status/1"));
    assert_eq!((&known["up"], &known["migrations"]["pending"]), (&json!(true), &json!(1)), "{status}");
    assert_eq!(known["migrations"]["newest"][1]["title"], json!("V2__second"), "{status}");
    let page = exporter.get("/").body;
    for part in ["V2__second", "pending", "Sessions</b>", "All checks"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    promtool(&metrics);
    // What changes is told in the next round.
    pgrefit(["migrate"]).on(&database).inside(folder.path()).run().expect(0);
    exporter.until(&series("pgrefit_migrations_pending", ""), is(0.0));
}

/// Whether a series is a moment of the last minutes.
#[track_caller]
fn assert_is_recent(metrics: &str, series: &str) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    let age = value(metrics, series).map(|at| now - at);
    assert!(age.is_some_and(|age| (-5.0..300.0).contains(&age)), "{series} {age:?}\n{metrics}");
}

/// `promtool` finds nothing to complain of, where it is installed.
fn promtool(metrics: &str) {
    use std::io::Write as _;
    let Ok(mut check) = std::process::Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
    else {
        let _ = writeln!(std::io::stderr(), "skipped: this machine has no promtool");
        return;
    };
    check.stdin.take().unwrap().write_all(metrics.as_bytes()).unwrap();
    let output = check.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.trim().is_empty(), "{said}");
}

/// One that is well, one behind a network that can fall silent, one that nobody listens for, one that accepts and says nothing, one
/// with a wrong password, one whose secret is not there.
#[test]
fn a_bad_database_delays_neither_the_others_nor_a_scrape() {
    let (database, folder) = (Database::new(), Folder::new(&[V1]));
    let network = Proxy::before(database.server.port());
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let silent_port = silent.local_addr().unwrap().port();
    for (name, url) in [
        ("good", database.url()),
        ("network", database.url_at(network.port())),
        ("closed", database.url_at(closed)),
        ("silent", database.url_at(silent_port)),
        ("denied", database.url_as("postgres", "hunter2-is-wrong")),
    ] {
        beside(&folder, name, url);
    }
    let entry = |name: &str| format!("[[database]]\nname = '{name}'\nurl_file = '{name}'\n");
    let names = ["good", "network", "closed", "silent", "denied", "missing"];
    beside(&folder, "list.toml", names.map(entry).concat());
    let secrets = [database.password(), "hunter2-is-wrong".to_owned()];
    let exporter = Exporter::start(serve(&folder, &["--list", "list.toml", "--no-audit"]), &secrets);
    let up = |name: &str| format!("pgrefit_database_up{{database=\"{name}\"}}");
    exporter.until(&up("good"), is(1.0));
    exporter.until(&up("network"), is(1.0));
    exporter.until_ready();
    for name in ["closed", "silent", "denied", "missing"] {
        assert_eq!(exporter.value(&up(name)), Some(0.0), "{name}");
    }
    let ended = |name: &str, outcome: &str| {
        format!("pgrefit_target_scrapes_total{{database=\"{name}\",outcome=\"{outcome}\"}}")
    };
    let metrics = exporter.metrics();
    for (name, outcome) in
        [("closed", "unreachable"), ("silent", "timed_out"), ("denied", "denied"), ("missing", "failed")]
    {
        assert!(value(&metrics, &ended(name, outcome)) >= Some(1.0), "{name}: {metrics}");
    }
    network.go_silent();
    let until_down = Instant::now();
    while exporter.value(&up("network")) != Some(0.0) {
        assert!(until_down.elapsed() < Duration::from_secs(15), "a silent network is not noticed");
        let answer = exporter.get("/metrics");
        assert!(answer.took < SCRAPE_MAX, "{:?}", answer.took);
        let age = "pgrefit_target_scrape_age_seconds{database=\"good\",part=\"sessions\"}";
        assert!(value(&answer.body, age).unwrap() < 3.0, "the good one is read on");
    }
    // What was known stays, and gets older.
    let age = "pgrefit_target_scrape_age_seconds{database=\"network\",part=\"sessions\"}";
    assert!(exporter.value(age).unwrap() > 2.0);
    assert!(exporter.get("/readyz").code == 200 && exporter.get("/databases/silent").code == 200);
    network.mend();
    exporter.until(&up("network"), is(1.0));
    // The secret comes, and the database is there.
    beside(&folder, "missing", database.url());
    exporter.until(&up("missing"), is(1.0));
}

#[test]
fn two_databases_are_never_audited_at_once() {
    let (database, folder) = (Database::new(), Folder::new(&[V1]));
    let others = [crate::harness::next_name(), crate::harness::next_name()];
    for other in &others {
        database.sql(&format!("CREATE DATABASE {other}"));
    }
    let names = [database.name.clone(), others[0].clone(), others[1].clone()];
    let entry = |at: usize| {
        beside(&folder, &format!("url-{at}"), database.server.url(&names[at]).expose());
        format!("[[database]]\nname = 'd-{at}'\nurl_file = 'url-{at}'\n")
    };
    beside(&folder, "list.toml", (0..3).map(entry).collect::<String>());
    let exporter = Exporter::start(
        serve(&folder, &["--list", "list.toml", "--audit-every", "1s"]),
        &[database.password()],
    );
    exporter.until_ready();
    let list = names.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
    let count = format!(
        "SELECT count(*), count(*) - count(DISTINCT datname) FROM pg_stat_activity \
         WHERE application_name LIKE 'pgrefit/% serve' AND datname IN ({list})"
    );
    let mut audits_at_once = Vec::new();
    let done = || {
        let metrics = exporter.metrics();
        (0..3).all(|at| {
            let series = format!("pgrefit_audits_total{{database=\"d-{at}\",outcome=\"done\"}}");
            value(&metrics, &series) >= Some(2.0)
        })
    };
    let began = Instant::now();
    while !done() || began.elapsed() < Duration::from_secs(4) {
        assert!(began.elapsed() < Duration::from_mins(1), "audits do not get done");
        let row = database.sql(&count).remove(0);
        let number = |at: usize| row[at].as_deref().unwrap().parse::<usize>().unwrap();
        assert!(number(0) <= 4, "more sessions than three and one for the audit");
        audits_at_once.push(number(1));
    }
    assert_eq!(audits_at_once.iter().max(), Some(&1), "an audit was seen, and never two");
}

#[test]
fn it_ends_in_order_and_leaves_no_session() {
    for (signal, half_open) in [(Signal::SIGTERM, true), (Signal::SIGINT, false)] {
        let (database, folder) = (Database::new(), Folder::new(&[V1]));
        let exporter = exporter(&database, &folder, &["--no-audit"]);
        exporter.until_ready();
        // Somebody who began a request and says no more.
        let begun = half_open.then(|| exporter::connect(exporter.port));
        if let Some(mut begun) = begun.as_ref() {
            std::io::Write::write_all(&mut begun, b"GET /metrics HTTP/1.1\r\nHost: local").unwrap();
        }
        let (status, took, said) = exporter.end(signal);
        assert_eq!(status.code(), Some(0), "{said}");
        assert!(took < Duration::from_secs(7), "{took:?}");
        assert!(said.contains("stopped in order"), "{said}");
        until("no session is left", Duration::from_secs(5), || {
            database.value(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'pgrefit/% serve' \
                            AND datname = current_database()",
            ) == "0"
        });
    }
}

#[test]
fn partitions_backups_and_evidence_are_told_where_there_are_any() {
    let (database, folder) = (Database::new(), Folder::new(&[V1]));
    beside(&folder, "pgrefit.toml", "[[partition]]\ntable = 'events'\nkey = 'at'\ninterval = 'month'\n");
    // One that asks for a backup, and so keeps a record of its run.
    let staging = pgrefit(["migrate"]).on(&database).inside(folder.path());
    staging.env("PGREFIT_POLICY_ENVIRONMENT", "staging").run().expect(0);
    database.sql(
        "CREATE TABLE events (id bigint, at timestamptz NOT NULL) PARTITION BY RANGE (at); \
         CREATE TABLE events_now PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2090-01-01')",
    );
    let exporter = exporter(&database, &folder, &["--no-audit"]);
    let name = database.name.clone();
    let series = |family: &str| format!("{family}{{database=\"{name}\"}}");
    exporter.until(&series("pgrefit_partition_headroom_seconds"), |left| left > 1e9);
    let metrics = exporter.metrics();
    assert_eq!(value(&metrics, &series("pgrefit_partition_warnings")), Some(0.0), "{metrics}");
    assert_eq!(value(&metrics, &series("pgrefit_migration_last_run_exit_code")), Some(0.0), "{metrics}");
    assert_eq!(value(&metrics, &series("pgrefit_migration_run_unfinished_seconds")), Some(0.0), "{metrics}");
    for moment in
        ["migration_last_success", "migration_last_run", "backup_last_success", "backup_last_verified"]
    {
        assert_is_recent(&metrics, &series(&format!("pgrefit_{moment}_timestamp_seconds")));
    }
    let status: Value = serde_json::from_str(&exporter.get("/status").body).unwrap();
    let known = &status["databases"][0];
    assert_eq!(known["migrations"]["runs"][0]["exit_code"], json!(0), "{status}");
    assert_eq!(known["records"]["evidence"]["exit_code"], json!(0), "{status}");
    let page = exporter.get("/").body;
    assert!(
        ["Partitions</h2>", "Last runs", "Last evidence: "].iter().all(|part| page.contains(part)),
        "{page}"
    );
    // Rows of now lose their partition.
    database.sql(
        "ALTER TABLE events DETACH PARTITION events_now; CREATE TABLE events_then \
                  PARTITION OF events FOR VALUES FROM ('2019-01-01') TO ('2019-02-01')",
    );
    exporter.until(&series("pgrefit_partition_headroom_seconds"), is(0.0));
    exporter.until(&series("pgrefit_partition_warnings"), |warnings| warnings >= 1.0);
}
