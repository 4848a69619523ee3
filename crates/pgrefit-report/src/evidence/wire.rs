//! The JSON form of the evidence where it is not that of the types: facts, findings, lines of the checklist.
//!
//! A value is read back by its key: `…_ms` is a duration, `…_bytes` a size, `…_at` a moment, `status` a judgement.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::EVIDENCE_SCHEMA_ID;
use super::checklist::{Line, Verdict};
use super::measurement::{Measurement, Pointer};
use super::requirement::Requirement;
use crate::{Cell, Fact, Finding, Label, Location, Remediation, Status, moment};

/// The name and version of the form, at the top of it; a document with any other is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form;

impl Serialize for Form {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(EVIDENCE_SCHEMA_ID)
    }
}

impl<'de> Deserialize<'de> for Form {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let found = String::deserialize(input)?;
        if found == EVIDENCE_SCHEMA_ID {
            return Ok(Self);
        }
        let found = found.chars().take(80).collect::<String>();
        Err(D::Error::custom(format!("{found:?} is not {EVIDENCE_SCHEMA_ID}")))
    }
}

/// Findings, in the form that they have in a report.
pub(super) mod findings {
    use super::{Deserialize, Deserializer, Finding, FindingForm, Serializer};

    pub(in crate::evidence) fn serialize<S: Serializer>(
        findings: &[Finding],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        crate::json::findings(findings, serializer)
    }

    pub(in crate::evidence) fn deserialize<'de, D: Deserializer<'de>>(
        input: D,
    ) -> Result<Vec<Finding>, D::Error> {
        let forms = Vec::<FindingForm>::deserialize(input)?;
        forms.into_iter().map(|form| form.finding().map_err(serde::de::Error::custom)).collect()
    }
}

/// What is read of a finding; its fingerprint follows from the rest.
#[derive(Deserialize)]
struct FindingForm {
    check: String,
    status: Status,
    object: Option<String>,
    kind: Option<String>,
    message: String,
    numbers: BTreeMap<String, Value>,
    hint: Option<String>,
    remediation: Option<Remediation>,
    confidence: Option<String>,
    location: Option<Location>,
    caret: Option<String>,
    labels: Vec<Label>,
    suppressed: Option<String>,
}

impl FindingForm {
    fn finding(self) -> Result<Finding, String> {
        let mut finding = Finding::new(self.check, self.status, self.message);
        for (key, value) in self.numbers {
            let cell = cell(&key, value)?;
            finding.numbers.insert(key.into(), cell);
        }
        finding.object = self.object;
        finding.kind = self.kind.map(Into::into);
        finding.hint = self.hint;
        finding.remediation = self.remediation;
        finding.confidence = self.confidence.map(Into::into);
        finding.location = self.location;
        finding.caret = self.caret;
        finding.labels = self.labels;
        finding.suppressed = self.suppressed;
        Ok(finding)
    }
}

#[derive(Deserialize)]
struct FactForm {
    key: String,
    title: String,
    value: Value,
}

impl<'de> Deserialize<'de> for Fact {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let FactForm { key, title, value } = FactForm::deserialize(input)?;
        let value = cell(&key, value).map_err(D::Error::custom)?;
        Ok(Self { key: key.into(), title: title.into(), value })
    }
}

/// A value by its key.
fn cell(key: &str, value: Value) -> Result<Cell, String> {
    match value {
        Value::Null => Ok(Cell::Missing),
        Value::Bool(value) => Ok(Cell::Bool(value)),
        Value::String(text) => Ok(text_cell(key, text)),
        Value::Number(number) => Ok(match (number.as_u64(), number.as_i64()) {
            (Some(value), _) if key.ends_with("_ms") => Cell::DurationMs(value),
            (Some(value), _) if key.ends_with("_bytes") => Cell::Bytes(value),
            (_, Some(value)) => Cell::Integer(value),
            (Some(value), None) => Cell::from(value),
            (None, None) => Cell::Float(number.as_f64().unwrap_or(f64::NAN)),
        }),
        Value::Array(_) | Value::Object(_) => Err(format!("{key:?} is not a single value")),
    }
}

fn text_cell(key: &str, text: String) -> Cell {
    let is_status = key == "status" || key.ends_with("_status");
    match Status::ALL.into_iter().find(|status| is_status && status.as_str() == text) {
        Some(status) => Cell::Status(status),
        None if key.ends_with("_at") && moment::unix_seconds(&text).is_some() => Cell::Timestamp(text),
        None => Cell::Text(text),
    }
}

/// A number that is not finite is written as `null`, and read back as not a number.
pub(super) fn number<'de, D: Deserializer<'de>>(input: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(input)?.unwrap_or(f64::NAN))
}

/// A line of the checklist as anybody could write it; only what has a measurement is read as met or not met.
#[derive(Serialize, Deserialize)]
pub(super) struct LineForm {
    requirement: Requirement,
    title: String,
    status: Status,
    measurement: Option<Measurement>,
    reason: Option<String>,
    evidence: Option<Pointer>,
}

impl From<Line> for LineForm {
    fn from(line: Line) -> Self {
        Self {
            requirement: line.requirement(),
            title: line.requirement().title().to_owned(),
            status: line.status(),
            measurement: line.measurement().cloned(),
            reason: line.reason().map(str::to_owned),
            evidence: line.evidence().cloned(),
        }
    }
}

impl TryFrom<LineForm> for Line {
    type Error = String;

    fn try_from(form: LineForm) -> Result<Self, String> {
        let LineForm { requirement, status, measurement, reason, evidence, .. } = form;
        let line = match (status, measurement, reason) {
            (Status::Pass, Some(it), None) => Self::measured(requirement, Verdict::Met, it),
            (Status::Warn, Some(it), None) => Self::measured(requirement, Verdict::MetWithRemark, it),
            (Status::Fail, Some(it), None) => Self::measured(requirement, Verdict::NotMet, it),
            (Status::Blind, None, Some(reason)) => Self::not_measured(requirement, reason),
            (Status::Skip, None, Some(reason)) => Self::not_required(requirement, reason),
            _ => return Err(format!("{:?} is {status} without what that takes", requirement.title())),
        };
        Ok(match evidence {
            None => line,
            Some(Pointer { part, detail: None }) => line.see(part),
            Some(Pointer { part, detail: Some(detail) }) => line.see_detail(part, detail),
        })
    }
}
