//! Label selectors: whether they are valid, and whether they select.

use super::meta;
use crate::field::Field;
use crate::names;
use crate::object::Labels;
use crate::problem::Problems;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};

pub(super) fn check(selector: Option<&LabelSelector>, at: &Field, problems: &mut Problems) {
    let Some(selector) = selector else { return };
    meta::labels(selector.match_labels.as_ref(), &at.child("matchLabels"), problems);
    for (index, requirement) in selector.match_expressions.iter().flatten().enumerate() {
        expression(requirement, &at.child("matchExpressions").index(index), problems);
    }
}

fn expression(requirement: &LabelSelectorRequirement, at: &Field, problems: &mut Problems) {
    let values = requirement.values.as_deref().unwrap_or_default();
    match requirement.operator.as_str() {
        "In" | "NotIn" if values.is_empty() => {
            problems.required(&at.child("values"), "must be specified when `operator` is 'In' or 'NotIn'");
        }
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            problems.forbidden(
                &at.child("values"),
                "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
            );
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        operator => problems.invalid(&at.child("operator"), operator, "not a valid selector operator"),
    }
    problems.form(&at.child("key"), &requirement.key, names::qualified_name);
    for (index, value) in values.iter().enumerate() {
        problems.form(&at.child("values").index(index), value, names::label_value);
    }
}

/// Whether such a selector selects these labels. An empty one selects all.
pub(crate) fn matches(selector: &LabelSelector, labels: &Labels) -> bool {
    let expressions = selector.match_expressions.iter().flatten();
    selects(selector.match_labels.as_ref(), labels) && expressions.into_iter().all(|one| holds(one, labels))
}

/// Whether the labels have all that are asked for.
pub(crate) fn selects(wanted: Option<&Labels>, labels: &Labels) -> bool {
    wanted.into_iter().flatten().all(|(key, value)| labels.get(key) == Some(value))
}

fn holds(requirement: &LabelSelectorRequirement, labels: &Labels) -> bool {
    let value = labels.get(&requirement.key);
    let listed = || value.is_some_and(|value| requirement.values.iter().flatten().any(|one| one == value));
    match requirement.operator.as_str() {
        "In" => listed(),
        "NotIn" => !listed(),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::matches;
    use serde_json::{Value, json};

    fn check(selector: &Value, expected: bool) {
        let labels = [("app", "pgrefit"), ("part", "migrate")];
        let labels = labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let parsed = serde_json::from_value(selector.clone()).expect("a selector");
        assert_eq!(matches(&parsed, &labels), expected, "{selector}");
    }

    #[test]
    fn selectors_select_as_the_server_does() {
        let expression = |key: &str, operator: &str, values: &[&str]| json!({ "matchExpressions": [{ "key": key, "operator": operator, "values": values }] });
        check(&json!({}), true);
        check(&json!({ "matchLabels": { "app": "pgrefit" } }), true);
        check(&json!({ "matchLabels": { "app": "pgrefit", "part": "audit" } }), false);
        check(&expression("part", "In", &["audit", "migrate"]), true);
        check(&expression("part", "NotIn", &["audit"]), true);
        check(&expression("none", "NotIn", &["audit"]), true);
        check(&expression("none", "Exists", &[]), false);
        check(&expression("none", "DoesNotExist", &[]), true);
        check(&expression("part", "Is", &["migrate"]), false);
    }
}
