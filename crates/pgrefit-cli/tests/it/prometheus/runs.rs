//! `--metrics-file`, `--pushgateway`, `--otlp`: a run is told of, and ends as it would have without.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::receiver::Receiver;
use crate::harness::{Database, Folder, Pgrefit, pgrefit};

const FILES: &[(&str, &str)] = &[("V3__a.sql", "CREATE TABLE a (id int PRIMARY KEY);")];

fn migrate(database: &Database, folder: &Folder, more: &[&str]) -> Pgrefit {
    pgrefit(["migrate"].iter().chain(more)).on(database).inside(folder.path())
}

/// The value of the series of a family that has all these labels.
fn value(text: &str, family: &str, labels: &[&str]) -> Option<f64> {
    let is = |line: &&str| {
        line.strip_prefix(family).is_some_and(|rest| rest.starts_with('{'))
            && labels.iter().all(|label| line.contains(label))
    };
    text.lines().find(is)?.rsplit(' ').next()?.parse().ok()
}

fn only_file_of(folder: &Path) -> String {
    let names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["pgrefit.prom"], "no half file is left");
    fs::read_to_string(folder.join("pgrefit.prom")).unwrap()
}

#[test]
fn a_file_has_the_last_run_and_the_last_success() {
    let (database, folder, kept) = (Database::new(), Folder::new(FILES), tempfile::tempdir().unwrap());
    let file = kept.path().join("pgrefit.prom");
    let option = ["--metrics-file", file.to_str().unwrap()];
    migrate(&database, &folder, &option).run().expect(0);
    let good = only_file_of(kept.path());
    let own = format!("database=\"{}\"", database.name);
    let own = ["command=\"migrate\"", own.as_str()];
    assert_eq!(value(&good, "pgrefit_run_exit_code", &own), Some(0.0), "{good}");
    assert_eq!(value(&good, "pgrefit_run_migration_version", &own), Some(3.0), "{good}");
    let success = value(&good, "pgrefit_run_last_success_timestamp_seconds", &own);
    assert_eq!(success, value(&good, "pgrefit_run_timestamp_seconds", &own));

    folder.write("V4__b.sql", "SELECT nothing;");
    migrate(&database, &folder, &option).run().expect(13);
    let bad = only_file_of(kept.path());
    assert_eq!(value(&bad, "pgrefit_run_exit_code", &own), Some(13.0), "{bad}");
    assert_eq!(value(&bad, "pgrefit_run_info", &["outcome=\"error\""]), Some(1.0), "{bad}");
    assert_eq!(value(&bad, "pgrefit_run_last_success_timestamp_seconds", &own), success, "{bad}");
    assert!(value(&bad, "pgrefit_run_timestamp_seconds", &own) > success, "{bad}");
}

#[test]
fn an_audit_tells_its_findings_and_stages() {
    let (database, kept) = (Database::new(), tempfile::tempdir().unwrap());
    let file = kept.path().join("pgrefit.prom");
    let ran = pgrefit(["audit", "--fail-on", "none"]).on(&database).env("PGREFIT_METRICS_FILE", &file).run();
    assert!(ran.code.is_some_and(|code| code != 2), "{ran:?}");
    let text = only_file_of(kept.path());
    for severity in ["info", "warn", "blind", "fail", "error"] {
        let label = format!("severity=\"{severity}\"");
        assert!(value(&text, "pgrefit_run_findings", &["command=\"audit\"", &label]).is_some(), "{text}");
    }
    assert!(value(&text, "pgrefit_run_stage_duration_seconds", &["stage=\"census\""]).is_some(), "{text}");
}

#[test]
fn a_run_that_reached_no_database_is_told_of_too() {
    let (kept, folder) = (tempfile::tempdir().unwrap(), Folder::new(FILES));
    let file = kept.path().join("pgrefit.prom");
    let call = pgrefit(["audit"]).inside(folder.path()).env("PGREFIT_METRICS_FILE", &file);
    let url = "postgres://me:geheim@127.0.0.1:1/shop?connect_timeout=1";
    call.env("DATABASE_URL", url).secret("geheim").run().expect(75);
    let text = only_file_of(kept.path());
    assert_eq!(value(&text, "pgrefit_run_exit_code", &["database=\"shop\""]), Some(75.0), "{text}");
    assert!(!text.contains("geheim") && !text.contains("last_success"), "{text}");
}

/// Helpers of a run, and commands that only show something, have the same environment.
#[test]
fn commands_that_only_look_do_not_write_over_it() {
    let (database, folder, kept) = (Database::new(), Folder::new(FILES), tempfile::tempdir().unwrap());
    let file = kept.path().join("pgrefit.prom");
    for command in ["status", "plan"] {
        let call = pgrefit([command]).on(&database).inside(folder.path());
        call.env("PGREFIT_METRICS_FILE", &file).run();
    }
    assert!(!file.exists());
}

#[test]
fn a_run_is_pushed_and_sent() {
    let (database, folder) = (Database::new(), Folder::new(FILES));
    let (gateway, otlp) = (Receiver::start(Some(202)), Receiver::start(Some(200)));
    let call = migrate(&database, &folder, &[]).env("PGREFIT_PUSHGATEWAY", gateway.url("me:geheim@"));
    let call = call.env("PGREFIT_OTLP", otlp.url("")).env("OTEL_EXPORTER_OTLP_HEADERS", "x-token=geheim");
    let ran = call.secret("geheim").run().expect(0);
    assert!(!ran.stderr.contains("metrics"), "{ran:?}");
    let pushed = gateway.request();
    let group = format!("POST /metrics/job/pgrefit-migrate/database/{} HTTP/1.1", database.name);
    assert!(pushed.starts_with(&group) && pushed.contains("pgrefit_run_exit_code"), "{pushed}");
    assert!(!pushed.contains(&database.password()));
    let sent = otlp.request();
    assert!(sent.starts_with("POST /v1/metrics HTTP/1.1") && sent.contains("x-token: geheim"), "{sent}");
    let message: Value = serde_json::from_str(sent.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(message["resourceMetrics"][0]["scopeMetrics"][0]["scope"]["name"], "pgrefit");
}

/// Nobody answers, refuses, has no room or is understood: the run ends with 0 all the same, and it is said.
#[test]
fn what_cannot_be_told_is_a_warning() {
    let (database, folder) = (Database::new(), Folder::new(FILES));
    let (silent, refusing) = (Receiver::start(None), Receiver::start(Some(403)));
    let check = |variables: &[(&str, String)], expected: &[&str], most: Duration| {
        let mut call = migrate(&database, &folder, &[]).secret("geheim");
        for (name, value) in variables {
            call = call.env(name, value);
        }
        let began = Instant::now();
        let ran = call.run().expect(0).says(expected);
        assert!(began.elapsed() < most, "{:?}: {ran:?}", began.elapsed());
    };
    let two = [("PGREFIT_PUSHGATEWAY", silent.url("me:geheim@")), ("PGREFIT_OTLP", silent.url(""))];
    let quickly = Duration::from_secs(12);
    check(&two, &["failed to send metrics to http://127.0.0.1:", "WARN"], quickly);
    let refused = [("PGREFIT_PUSHGATEWAY", refusing.url("me:geheim@"))];
    check(&refused, &["it answered 403", "put the user and the password into the URL"], quickly);
    check(&[("PGREFIT_OTLP", "gateway:4318".to_owned())], &["neither http:// nor https://"], quickly);
    let nowhere = folder.path().join("migrations/V3__a.sql/m.prom").display().to_string();
    check(&[("PGREFIT_METRICS_FILE", nowhere)], &["failed to write the metrics file"], quickly);
    check(&[("PGREFIT_PUSHGATEWAY", String::new())], &[], quickly);
}
