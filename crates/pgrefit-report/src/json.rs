//! The JSON form of a report, and the schema that describes it.

use std::collections::BTreeSet;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::{Cell, Column, Fact, Finding, Outcome, Report, RuleInfo, Table, Target, fingerprints};

/// Name and version of the JSON form. A change that can break a reader raises the number.
pub const SCHEMA_ID: &str = "pgrefit.report/1";

/// JSON Schema (draft 2020-12) of the JSON form.
pub const SCHEMA: &str = include_str!("../report.schema.json");

impl Report {
    /// The report as indented JSON, ending with a newline. Every key is always there; what is not known is `null`.
    #[must_use]
    #[expect(
        clippy::missing_panics_doc,
        reason = "all keys are strings and no value can refuse to be written"
    )]
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("a report is always valid JSON");
        json.push('\n');
        json
    }
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Document::from(self).serialize(serializer)
    }
}

/// The top level of the JSON form, in reading order.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    pgrefit: &'a str,
    command: &'a str,
    started_at: &'a str,
    duration_ms: u64,
    target: &'a Option<Target>,
    outcome: &'a Outcome,
    #[serde(serialize_with = "facts")]
    facts: &'a [Fact],
    #[serde(serialize_with = "tables")]
    tables: &'a [Table],
    #[serde(serialize_with = "findings")]
    findings: &'a [Finding],
    checks: Vec<&'a RuleInfo>,
}

impl<'a> From<&'a Report> for Document<'a> {
    fn from(report: &'a Report) -> Self {
        Self {
            schema: SCHEMA_ID,
            pgrefit: &report.version,
            command: &report.command,
            started_at: &report.started_at,
            duration_ms: report.duration_ms,
            target: &report.target,
            outcome: &report.outcome,
            facts: &report.facts,
            tables: &report.tables,
            findings: &report.findings,
            checks: report.checks().collect(),
        }
    }
}

fn facts<S: Serializer>(facts: &[Fact], serializer: S) -> Result<S::Ok, S::Error> {
    object(facts.iter().map(|fact| (&*fact.key, &fact.value)), serializer)
}

fn tables<S: Serializer>(tables: &[Table], serializer: S) -> Result<S::Ok, S::Error> {
    object(tables.iter().map(|table| (table.id, table)), serializer)
}

/// Writes `entries` as one object, keeping their order. A key used twice is a bug in the command, caught in debug builds.
fn object<'a, S: Serializer, V: Serialize>(
    entries: impl Iterator<Item = (&'a str, V)> + Clone,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    debug_assert!(
        entries.clone().map(|(key, _)| key).collect::<BTreeSet<_>>().len() == entries.clone().count(),
        "a key is used twice"
    );
    serializer.collect_map(entries)
}

/// A table is the list of its rows; a row is an object.
impl Serialize for Table {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.rows.iter().map(|cells| Row { columns: &self.columns, cells }))
    }
}

struct Row<'a> {
    columns: &'a [Column],
    cells: &'a [Cell],
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object(self.columns.iter().map(|column| column.key).zip(self.cells), serializer)
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) | Self::Timestamp(text) => serializer.serialize_str(text),
            Self::Integer(value) => serializer.serialize_i64(*value),
            // serde_json writes a float that is not finite as null, which is what it means here.
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::DurationMs(value) | Self::Bytes(value) => serializer.serialize_u64(*value),
            Self::Status(status) => status.serialize(serializer),
            Self::Missing => serializer.serialize_none(),
        }
    }
}

pub(crate) fn findings<S: Serializer>(findings: &[Finding], serializer: S) -> Result<S::Ok, S::Error> {
    let named = findings.iter().zip(fingerprints(findings));
    serializer.collect_seq(named.map(|(finding, fingerprint)| Named { finding, fingerprint }))
}

/// A finding with its name in this report.
struct Named<'a> {
    finding: &'a Finding,
    fingerprint: String,
}

impl Serialize for Named<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Finding { check, status, object, message, numbers, hint, remediation, .. } = self.finding;
        let Finding { kind, confidence, location, caret, labels, suppressed, .. } = self.finding;
        let mut map = serializer.serialize_map(Some(14))?;
        map.serialize_entry("check", check)?;
        map.serialize_entry("status", status)?;
        map.serialize_entry("object", object)?;
        map.serialize_entry("kind", kind)?;
        map.serialize_entry("message", message)?;
        map.serialize_entry("numbers", numbers)?;
        map.serialize_entry("hint", hint)?;
        map.serialize_entry("remediation", remediation)?;
        map.serialize_entry("confidence", confidence)?;
        map.serialize_entry("location", location)?;
        map.serialize_entry("caret", caret)?;
        map.serialize_entry("labels", labels)?;
        map.serialize_entry("suppressed", suppressed)?;
        map.serialize_entry("fingerprint", &self.fingerprint)?;
        map.end()
    }
}

#[cfg(test)]
mod tests;
