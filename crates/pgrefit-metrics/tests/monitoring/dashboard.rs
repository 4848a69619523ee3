//! `dashboard.json`: what Grafana needs is there, and every expression asks for metrics that there are.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{promql, rules, text};

fn dashboard() -> Value {
    serde_json::from_str(&text("dashboard.json")).unwrap()
}

/// The title of each panel with its expressions, variables filled in.
pub(crate) fn expressions() -> Vec<(String, String)> {
    let dashboard = dashboard();
    let mut found = Vec::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let expression = filled(target["expr"].as_str().unwrap());
            found.push((panel["title"].as_str().unwrap().to_owned(), expression));
        }
    }
    for annotation in dashboard["annotations"]["list"].as_array().unwrap() {
        found.push((annotation["name"].to_string(), filled(annotation["expr"].as_str().unwrap())));
    }
    assert!(found.len() > 40, "they were read");
    found
}

fn filled(expression: &str) -> String {
    expression.replace("$database", ".*").replace("$pool", ".*").replace("$__rate_interval", "5m")
}

#[test]
fn every_expression_asks_for_metrics_that_there_are() {
    let recorded = rules::recorded();
    for (title, expression) in expressions() {
        assert!(!expression.contains('$'), "{title}: a variable is not filled in: {expression}");
        assert!(!promql::selectors(&expression).is_empty(), "{title}: {expression}");
        assert_eq!(promql::unknown(&expression, &recorded), [""; 0], "{title}");
    }
}

#[test]
fn variables_and_panels_are_sound() {
    let dashboard = dashboard();
    let variables: Vec<&str> = dashboard["templating"]["list"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|it| it["name"].as_str())
        .collect();
    assert_eq!(variables, ["datasource", "database", "pool"]);
    let mut ids = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        let title = panel["title"].as_str().unwrap();
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{title}: its id is there twice");
        let place = &panel["gridPos"];
        assert!(place["x"].as_u64().unwrap() + place["w"].as_u64().unwrap() <= 24, "{title}: {place}");
        if panel["type"] == "row" {
            continue;
        }
        assert!(panel["description"].as_str().is_some_and(|text| text.ends_with('.')), "{title}");
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{title}");
        for target in panel["targets"].as_array().unwrap() {
            assert_eq!(target["datasource"]["uid"], "${datasource}", "{title}");
        }
    }
}
