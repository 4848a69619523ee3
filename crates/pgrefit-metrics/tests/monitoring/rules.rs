//! `rules.yaml`: every alert is whole, has a page and a test, and asks for metrics that there are.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::{promql, root, text};

/// Where the pages are.
const PAGES: &str = "docs/runbooks/alerts";

/// The headings of a page, in order.
const HEADINGS: [&str; 4] = ["## Look first", "## Do", "## Do not", "## Over when"];

#[derive(Deserialize)]
struct File {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Rule {
    Record(Record),
    Alert(Box<Alert>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    record: String,
    expr: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Alert {
    #[serde(rename = "alert")]
    name: String,
    expr: String,
    r#for: String,
    labels: Labels,
    annotations: Annotations,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Labels {
    severity: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Annotations {
    summary: String,
    description: String,
    runbook_url: String,
}

fn rules() -> (Vec<Record>, Vec<Alert>) {
    let file: File = serde_yaml_ng::from_str(&text("rules.yaml")).unwrap();
    let (mut records, mut alerts) = (Vec::new(), Vec::new());
    for rule in file.groups.into_iter().flat_map(|group| group.rules) {
        match rule {
            Rule::Record(record) => records.push(record),
            Rule::Alert(alert) => alerts.push(*alert),
        }
    }
    assert!(records.len() >= 3 && alerts.len() >= 30, "they were read");
    (records, alerts)
}

/// The names of the recording rules.
pub(crate) fn recorded() -> Vec<String> {
    rules().0.into_iter().map(|record| record.record).collect()
}

fn names() -> BTreeSet<String> {
    rules().1.into_iter().map(|alert| alert.name).collect()
}

#[test]
fn every_alert_is_whole() {
    let mut seen = BTreeSet::new();
    for Alert { name: alert, r#for, labels, annotations, .. } in rules().1 {
        let Annotations { summary, description, runbook_url } = &annotations;
        assert!(seen.insert(alert.clone()), "{alert} is there twice");
        assert!(alert.starts_with("Pgrefit"), "{alert}");
        assert!(!r#for.is_empty() && ["critical", "warning"].contains(&labels.severity.as_str()), "{alert}");
        assert!(!summary.ends_with('.') && description.ends_with('.'), "{alert}: a title and a sentence");
        assert_eq!(*runbook_url, format!("{}/blob/main/{PAGES}/{alert}.md", env!("CARGO_PKG_REPOSITORY")));
        let about =
            ["$labels.database", "$labels.job_name", "$labels.cronjob", "$labels.db_", "$labels.command"];
        let says_what = about.iter().any(|label| description.contains(label));
        assert!(says_what || alert == "PgrefitExporterDown", "{alert}: which one is it?");
    }
}

#[test]
fn every_metric_is_in_the_catalogue() {
    let (records, alerts) = rules();
    let recorded: Vec<String> = records.iter().map(|record| record.record.clone()).collect();
    let expressions =
        records.iter().map(|it| (&it.record, &it.expr)).chain(alerts.iter().map(|it| (&it.name, &it.expr)));
    for (name, expression) in expressions {
        assert!(!promql::selectors(expression).is_empty(), "{name}: {expression}");
        assert_eq!(promql::unknown(expression, &recorded), [""; 0], "{name}");
    }
}

#[test]
fn every_alert_has_a_page_and_every_page_an_alert() {
    let pages = std::fs::read_dir(root().join(PAGES)).unwrap();
    let pages = pages.map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned());
    let mut expected = names();
    expected.insert("README".to_owned());
    assert_eq!(pages.collect::<BTreeSet<_>>(), expected);
    let index = std::fs::read_to_string(root().join(PAGES).join("README.md")).unwrap();
    for name in names() {
        assert!(index.contains(&format!("| [{name}]({name}.md) |")), "README.md does not list {name}");
        page_is_whole(&name);
    }
}

/// What it means, whether it is urgent, what to look at, do and not do, and when it is over; short enough for three in the morning.
fn page_is_whole(name: &str) {
    let page = std::fs::read_to_string(root().join(PAGES).join(format!("{name}.md"))).unwrap();
    assert!(page.starts_with(&format!("# {name}\n\n")), "{name}");
    assert!(page.contains("\n**Urgent?** "), "{name}");
    let at: Vec<_> = HEADINGS.iter().map(|heading| page.find(&format!("\n{heading}\n\n"))).collect();
    assert!(at.iter().all(Option::is_some) && at.is_sorted(), "{name}: {HEADINGS:?}");
    assert!(page.lines().count() <= 60, "{name} is too long for three in the morning");
}

#[derive(Deserialize)]
struct Tests {
    tests: Vec<Test>,
}

#[derive(Deserialize)]
struct Test {
    alert_rule_test: Vec<Expectation>,
}

#[derive(Deserialize)]
struct Expectation {
    alertname: String,
    exp_alerts: Vec<serde_yaml_ng::Value>,
}

#[test]
fn every_alert_has_a_case_that_fires_and_one_that_does_not() {
    let tests: Tests = serde_yaml_ng::from_str(&text("rules_test.yaml")).unwrap();
    let all: Vec<Expectation> = tests.tests.into_iter().flat_map(|test| test.alert_rule_test).collect();
    let with = |fires: bool| -> BTreeSet<String> {
        let cases = all.iter().filter(|case| case.exp_alerts.is_empty() != fires);
        cases.map(|case| case.alertname.clone()).collect()
    };
    assert_eq!(with(true), names(), "those that fire");
    assert_eq!(with(false), names(), "those that do not");
}
