//! What audits of many databases have in common: a finding is told once, with the databases that have it.

use std::collections::BTreeMap;

use pgrefit_report::{Finding, Status};
use serde::Deserialize;
use serde_json::Value;

use super::plan::some;

/// How many different findings are told; the worst ones.
const TOLD_MAX: usize = 200;

/// A finding of the report of one database.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Found {
    pub(super) check: String,
    pub(super) status: Status,
    object: Option<String>,
    message: String,
    hint: Option<String>,
    suppressed: Option<String>,
}

impl Found {
    /// Those of a report that count.
    pub(super) fn of(report: &Value) -> Vec<Self> {
        let all = report.get("findings").and_then(Value::as_array).into_iter().flatten();
        let read = all.filter_map(|finding| Self::deserialize(finding).ok());
        read.filter(|found| found.suppressed.is_none() && found.status >= Status::Info).collect()
    }
}

/// Findings about the same thing, each with its database.
type Group<'a> = Vec<(&'a str, &'a Found)>;

/// Each different finding once: the worst first, and of those alike that which most databases have. `audited` is how many were
/// audited.
pub(super) fn once(databases: &[(&str, Vec<Found>)], audited: usize) -> Vec<Finding> {
    let mut groups: BTreeMap<(&str, Option<&str>), Group<'_>> = BTreeMap::new();
    for (name, found) in databases {
        for finding in found {
            let group = groups.entry((&finding.check, finding.object.as_deref())).or_default();
            if group.last().is_none_or(|(last, _)| last != name) {
                group.push((name, finding));
            }
        }
    }
    let mut findings: Vec<(usize, Finding)> =
        groups.values().map(|group| (group.len(), told(group, audited))).collect();
    findings.sort_by_key(|(count, finding)| std::cmp::Reverse((finding.status, *count)));
    findings.into_iter().take(TOLD_MAX).map(|(_, finding)| finding).collect()
}

/// One finding for those of several databases that are about the same thing, in the words of the worst.
fn told(group: &[(&str, &Found)], audited: usize) -> Finding {
    let worst = group.iter().map(|(_, found)| *found).max_by_key(|found| found.status);
    let names: Vec<&str> = group.iter().map(|(name, _)| *name).collect();
    let place = match names.len() {
        count if count == audited && audited > 1 => format!("all {count} databases"),
        1 => names[0].to_owned(),
        count => format!("{count} databases: {}", some(&names)),
    };
    let Some(worst) = worst else { return Finding::new("none", Status::Pass, place) };
    let finding = Finding::new(worst.check.as_str(), worst.status, format!("{} ({place})", worst.message));
    let finding = match &worst.object {
        Some(object) => finding.about(object.as_str()),
        None => finding,
    };
    match &worst.hint {
        Some(hint) => finding.hint(hint.as_str()),
        None => finding,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_databases_have_in_common_is_told_once() {
        let report = |findings: &[(&str, &str, &str)]| {
            let findings: Vec<Value> = findings
                .iter()
                .map(|(check, status, object)| {
                    json!({"check": check, "status": status, "object": object, "message": "m", "hint": null,
                           "suppressed": null, "numbers": {}})
                })
                .collect();
            Found::of(&json!({ "findings": findings }))
        };
        let databases = [
            ("a", report(&[("no-key", "fail", "t"), ("bloat", "warn", "u"), ("fine", "pass", "v")])),
            ("b", report(&[("bloat", "warn", "u")])),
            ("c", report(&[("bloat", "fail", "u"), ("rare", "warn", "w")])),
            ("d", report(&[("bloat", "info", "u"), ("rare", "warn", "w")])),
        ];
        let words = once(&databases, 4)
            .iter()
            .map(|finding| format!("{} {} {}", finding.check, finding.status, finding.message))
            .collect::<Vec<_>>();
        let expected =
            ["bloat fail m (all 4 databases)", "no-key fail m (a)", "rare warn m (2 databases: c d)"];
        assert_eq!(words, expected);
        assert!(once(&[("a", Vec::new())], 1).is_empty());
    }

    #[test]
    fn what_is_suppressed_does_not_count() {
        let findings = json!({"findings": [
            {"check": "x", "status": "fail", "object": null, "message": "m", "hint": null, "suppressed": "known"}
        ]});
        assert!(Found::of(&findings).is_empty());
        assert!(Found::of(&json!({})).is_empty());
    }
}
