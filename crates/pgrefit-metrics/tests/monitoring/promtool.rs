//! Prometheus' own tool: the rules are rules, every alert fires when it should and only then, expressions are `PromQL`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_yaml_ng::Value;

use crate::{dashboard, root, text};

/// Nothing where it is not installed, unless the environment says that it must be.
fn promtool() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found =
        std::env::split_paths(&path).map(|folder| folder.join("promtool")).find(|file| file.is_file());
    if found.is_none() {
        assert!(std::env::var_os("PGREFIT_TEST_PROMETHEUS").is_none(), "there must be a promtool");
        let _ = writeln!(std::io::stderr(), "skipped: there is no promtool on PATH");
    }
    found
}

#[track_caller]
fn expect(promtool: &Path, arguments: &[&str], folder: &Path, is_well: bool) {
    let output = Command::new(promtool).args(arguments).current_dir(folder).output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert_eq!(output.status.success(), is_well, "promtool {arguments:?}\n{}", said.concat());
}

fn folder() -> PathBuf {
    root().join("k8s/components/monitoring")
}

#[test]
fn the_rules_are_rules() {
    let Some(promtool) = promtool() else { return };
    expect(&promtool, &["check", "rules", "--lint=all", "rules.yaml"], &folder(), true);
}

#[test]
fn every_alert_fires_when_it_should() {
    let Some(promtool) = promtool() else { return };
    expect(&promtool, &["test", "rules", "rules_test.yaml"], &folder(), true);
}

/// A test of the tests: with another limit one of them fails.
#[test]
fn the_tests_of_the_rules_can_fail() {
    let Some(promtool) = promtool() else { return };
    let scratch = tempfile::tempdir().unwrap();
    let mut tests: Value = serde_yaml_ng::from_str(&text("rules_test.yaml")).unwrap();
    let all = tests["tests"].as_sequence_mut().unwrap();
    all.retain(|test| test["name"] == "PgrefitDatabaseDown");
    assert_eq!(all.len(), 1);
    std::fs::write(scratch.path().join("rules_test.yaml"), serde_yaml_ng::to_string(&tests).unwrap())
        .unwrap();
    for (limit, is_well) in [("3m", true), ("1h", false)] {
        let rule = |limit| format!("pgrefit_database_up == 0\n        for: {limit}");
        let rules = text("rules.yaml").replace(&rule("3m"), &rule(limit));
        assert!(rules.contains(&rule(limit)));
        std::fs::write(scratch.path().join("rules.yaml"), rules).unwrap();
        expect(&promtool, &["test", "rules", "rules_test.yaml"], scratch.path(), is_well);
    }
}

#[test]
fn the_dashboard_is_promql() {
    let Some(promtool) = promtool() else { return };
    let scratch = tempfile::tempdir().unwrap();
    let mut rules = "groups:\n  - name: dashboard\n    rules:\n".to_owned();
    for (number, (_, expression)) in dashboard::expressions().iter().enumerate() {
        let _ = writeln!(
            rules,
            "      - record: panel:{number}\n        expr: {}",
            serde_json::to_string(expression).unwrap()
        );
    }
    std::fs::write(scratch.path().join("dashboard.yaml"), rules).unwrap();
    expect(&promtool, &["check", "rules", "dashboard.yaml"], scratch.path(), true);
}
