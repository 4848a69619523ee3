//! The evidence of one migration run: what was done, measured and proved, and its forms: JSON, a page, Markdown, text.
//!
//! Plain data. Who runs the migration fills it in, and leaves out what a run does not have; nothing here measures or
//! judges. The one thing the types insist on is that no requirement counts as met without a measurement ([`Line`]).

mod backup;
mod brief;
mod checklist;
mod execution;
mod measurement;
mod page;
mod policy;
mod proof;
mod queries;
mod requirement;
mod stage;
mod step;
pub(crate) mod svg;
mod traffic;
mod verification;
mod wire;

use serde::{Deserialize, Serialize};

pub use backup::{Backup, TableComparison};
pub use brief::{render_evidence_markdown, render_evidence_text};
pub use checklist::{Checklist, Line, Verdict};
pub use execution::{Blocks, Execution, LockSpan};
pub use measurement::{Measurement, Part, Pointer, Quantity};
pub use page::render_evidence_html;
pub use policy::{Limit, Policy, Source};
pub use proof::Proof;
pub use queries::{Latency, PlanChange, Query};
pub use requirement::Requirement;
pub use stage::{Stage, StageName};
pub use step::{Phase, Statement, Step, Way};
pub use traffic::{Traffic, TrafficBucket, TrafficTotal};
pub use verification::Check;

use crate::{Finding, Outcome, Target};

/// Name and version of the JSON form. A change that can break a reader raises the number.
pub const EVIDENCE_SCHEMA_ID: &str = "pgrefit.evidence/1";

/// JSON Schema (draft 2020-12) of the JSON form.
pub const EVIDENCE_SCHEMA: &str = include_str!("../evidence.schema.json");

/// Everything that is known of one migration run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// [`EVIDENCE_SCHEMA_ID`]; a document that says anything else is not read.
    schema: wire::Form,
    /// Version of pgrefit.
    #[serde(rename = "pgrefit")]
    pub version: String,
    /// What this run is called in the history, in logs and in file names.
    pub run_id: String,
    /// When the run started, RFC 3339. All `…_ms` that say when are counted from here, or from the start of a step.
    pub started_at: String,
    /// How long the run took, in milliseconds.
    pub duration_ms: u64,
    /// The database that was, or was to be, migrated.
    pub target: Option<Target>,
    /// How the run ended.
    pub outcome: Outcome,
    /// What the run was held to.
    pub policy: Option<Policy>,
    /// Which database the proofs are about, and of which moment.
    pub source: Option<Source>,
    /// The pipeline as it ran, in its order.
    pub stages: Vec<Stage>,
    /// What the live run requires, each with its measurement.
    pub checklist: Checklist,
    /// The files as what the server commits at once, in their order.
    pub steps: Vec<Step>,
    /// What was looked at after the live run.
    pub verification: Vec<Check>,
    /// The application's queries before and after.
    pub queries: Vec<Query>,
    /// What else ran meanwhile, and how that fared.
    pub traffic: Vec<Traffic>,
    /// The backup, and how its copy compares.
    pub backup: Option<Backup>,
    /// What the gate was shown.
    pub proofs: Vec<Proof>,
    /// What lint and preflight found.
    #[serde(with = "wire::findings")]
    pub findings: Vec<Finding>,
    /// A draft of the SQL that leads forward out of a failed verification.
    pub roll_forward: Option<String>,
    /// What to do next, one sentence each, the first thing first.
    pub next_steps: Vec<String>,
    /// Where more is to be found.
    pub links: Vec<Link>,
}

/// A place where more is to be found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// What is there, in a few words.
    pub title: String,
    /// An `https://` address, or a path relative to the evidence.
    pub uri: String,
}

impl Evidence {
    /// Evidence without content: nothing was measured, and every line of the checklist says so.
    pub fn new(
        version: impl Into<String>,
        run_id: impl Into<String>,
        started_at: impl Into<String>,
        outcome: Outcome,
    ) -> Self {
        Self {
            schema: wire::Form,
            version: version.into(),
            run_id: run_id.into(),
            started_at: started_at.into(),
            duration_ms: 0,
            target: None,
            outcome,
            policy: None,
            source: None,
            stages: Vec::new(),
            checklist: Checklist::default(),
            steps: Vec::new(),
            verification: Vec::new(),
            queries: Vec::new(),
            traffic: Vec::new(),
            backup: None,
            proofs: Vec::new(),
            findings: Vec::new(),
            roll_forward: None,
            next_steps: Vec::new(),
            links: Vec::new(),
        }
    }

    /// The evidence as indented JSON, ending with a newline. Every key is always there; what is not known is `null`.
    /// `serde_json::from_str` reads it back.
    #[must_use]
    #[expect(
        clippy::missing_panics_doc,
        reason = "all keys are strings and no value can refuse to be written"
    )]
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("evidence is always valid JSON");
        json.push('\n');
        json
    }

    /// The stage of this name, if the run came to it.
    #[must_use]
    pub fn stage(&self, name: StageName) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.name == name)
    }

    /// The longest time in milliseconds for which any step kept others out, as predicted or as it was.
    #[must_use]
    pub fn strong_lock_ms(&self, phase: Phase) -> Option<u64> {
        self.steps.iter().filter_map(|step| step.strong_lock_ms(phase)).max()
    }
}

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;
