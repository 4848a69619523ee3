//! The form for code scanning: SARIF 2.1.0, the standard that editors and forges read.
//!
//! What passed or was skipped is no result, nor is a finding that is suppressed: GitHub does not know suppressions and
//! would show it like any other. Every result has a place in a file, without which GitHub shows none: what is known of
//! an object of the database alone is shown at the configuration that asked for it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{Failure, Finding, Location, Report, Status, fingerprints, phrase};

/// Where the schema of the standard is.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The file that results without a place are shown at.
const CONFIGURATION: &str = "pgrefit.toml";

/// The key of our fingerprints; a number for the day on which they are made of something else.
const FINGERPRINT: &str = "pgrefit/v1";

/// The whole report as SARIF 2.1.0.
#[must_use]
pub fn render_sarif(report: &Report) -> String {
    let rules = rules(report);
    let results: Vec<Value> = report
        .findings
        .iter()
        .zip(fingerprints(&report.findings))
        .filter(|(finding, _)| finding.suppressed.is_none())
        .filter_map(|(finding, fingerprint)| result(finding, &fingerprint, &rules))
        .collect();
    let mut descriptors: Vec<_> = rules.into_values().collect();
    descriptors.sort_by_key(|(index, _)| *index);
    let run = json!({
        "tool": {"driver": {
            "name": "pgrefit",
            "version": report.version,
            "informationUri": env!("CARGO_PKG_REPOSITORY"),
            "rules": descriptors.into_iter().map(|(_, rule)| rule).collect::<Vec<_>>(),
        }},
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation(report)],
        "results": results,
    });
    let log = json!({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]});
    format!("{log:#}\n")
}

/// Every check by id, with its place in the list: those that the command named, then any other that found something.
fn rules(report: &Report) -> BTreeMap<&str, (usize, Value)> {
    let mut rules = BTreeMap::new();
    for rule in &report.rules {
        let mut descriptor = json!({
            "id": rule.id,
            "shortDescription": {"text": rule.title},
            "fullDescription": {"text": rule.title},
            "help": {"text": rule.help, "markdown": rule.help},
        });
        if let Some(uri) = &rule.uri {
            descriptor["helpUri"] = json!(uri);
        }
        let index = rules.len();
        rules.entry(rule.id.as_str()).or_insert((index, descriptor));
    }
    for check in report.findings.iter().map(|finding| finding.check.as_str()) {
        let index = rules.len();
        rules.entry(check).or_insert_with(|| (index, json!({"id": check})));
    }
    rules
}

fn result(finding: &Finding, fingerprint: &str, rules: &BTreeMap<&str, (usize, Value)>) -> Option<Value> {
    let mut result = json!({
        "ruleId": finding.check,
        "level": level(finding.status)?,
        "message": {"text": unlinked(&phrase::advice(finding))},
        "partialFingerprints": {FINGERPRINT: fingerprint},
        "locations": [location(finding)],
    });
    if let Some((index, _)) = rules.get(finding.check.as_str()) {
        result["ruleIndex"] = json!(index);
    }
    if !finding.labels.is_empty() {
        let related = (1..).zip(&finding.labels).map(|(id, label)| {
            json!({
                "id": id,
                "message": {"text": unlinked(&label.message)},
                "physicalLocation": physical(&label.location),
            })
        });
        result["relatedLocations"] = related.collect();
    }
    if !finding.numbers.is_empty() {
        result["properties"] = json!({"numbers": finding.numbers});
    }
    Some(result)
}

/// `None` for what is no result.
const fn level(status: Status) -> Option<&'static str> {
    match status {
        Status::Skip | Status::Pass => None,
        Status::Info => Some("note"),
        Status::Warn => Some("warning"),
        Status::Blind | Status::Fail | Status::Error => Some("error"),
    }
}

/// The place in a file, or that of the configuration, and the object if it is known.
fn location(finding: &Finding) -> Value {
    let mut location = match &finding.location {
        Some(place) => json!({"physicalLocation": physical(place)}),
        None => json!({"physicalLocation": {
            "artifactLocation": {"uri": CONFIGURATION},
            "region": {"startLine": 1},
        }}),
    };
    if let Some(caret) = finding.caret.as_ref().filter(|_| finding.location.is_some()) {
        location["message"] = json!({"text": unlinked(caret)});
    }
    if let Some(object) = &finding.object {
        let mut logical = json!({"fullyQualifiedName": object});
        if let Some(kind) = &finding.kind {
            logical["kind"] = json!(kind);
        }
        location["logicalLocations"] = json!([logical]);
    }
    location
}

fn physical(location: &Location) -> Value {
    let mut region = json!({"startLine": location.line, "startColumn": location.column});
    if location.excerpt.is_some() {
        let (end_line, end_column) = location.end();
        region["endLine"] = json!(end_line);
        region["endColumn"] = json!(end_column);
    }
    json!({"artifactLocation": {"uri": uri(&location.file)}, "region": region})
}

/// A path as a reference: relative to wherever the reader looks, unless it is absolute.
fn uri(path: &str) -> String {
    let path = phrase::path(path);
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    path.bytes().fold(scheme.to_owned(), |uri, byte| match byte {
        b'/' | b'-' | b'.' | b'_' | b'~' => uri + char::from(byte).encode_utf8(&mut [0; 4]),
        _ if byte.is_ascii_alphanumeric() => uri + char::from(byte).encode_utf8(&mut [0; 4]),
        _ => format!("{uri}%{byte:02X}"),
    })
}

/// A message in which nothing is taken for a link: `[text](target)` is one in the standard.
fn unlinked(text: &str) -> String {
    if text.contains("](") { text.replace('[', "\\[").replace(']', "\\]") } else { text.to_owned() }
}

fn invocation(report: &Report) -> Value {
    let error = report.outcome.error.as_ref();
    let mut invocation = json!({
        "executionSuccessful": error.is_none(),
        "exitCode": report.outcome.exit_code,
        "exitCodeDescription": report.outcome.summary,
        "toolExecutionNotifications": error.iter().map(|error| notification(error)).collect::<Vec<_>>(),
    });
    if report.started_at.ends_with('Z') {
        invocation["startTimeUtc"] = json!(report.started_at);
    }
    invocation
}

fn notification(failure: &Failure) -> Value {
    let mut notification =
        json!({"level": "error", "message": {"text": unlinked(&phrase::explanation(failure))}});
    if let Some(location) = &failure.location {
        notification["locations"] = json!([{"physicalLocation": physical(location)}]);
    }
    notification
}

#[cfg(test)]
mod tests;
