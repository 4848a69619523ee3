//! The pipeline as it ran: one stage after the other.

use serde::{Deserialize, Serialize};

use crate::{Fact, Status};

/// The stages of a migration run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StageName {
    /// The files held against the history.
    Plan,
    /// The files judged.
    Lint,
    /// The live database looked at.
    Preflight,
    /// The backup taken.
    Backup,
    /// The backup restored and compared.
    VerifyBackup,
    /// The plan applied to the restored copy.
    Rehearse,
    /// The proofs held against the policy.
    Gate,
    /// The plan applied to the live database.
    Apply,
    /// The result held against what was expected.
    Verify,
    /// The evidence written.
    Record,
}

impl StageName {
    /// Every stage, in the order in which they run.
    pub const ALL: [Self; 10] = [
        Self::Plan,
        Self::Lint,
        Self::Preflight,
        Self::Backup,
        Self::VerifyBackup,
        Self::Rehearse,
        Self::Gate,
        Self::Apply,
        Self::Verify,
        Self::Record,
    ];

    /// The name as people and JSON write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Lint => "lint",
            Self::Preflight => "preflight",
            Self::Backup => "backup",
            Self::VerifyBackup => "verify-backup",
            Self::Rehearse => "rehearse",
            Self::Gate => "gate",
            Self::Apply => "apply",
            Self::Verify => "verify",
            Self::Record => "record",
        }
    }
}

/// How one stage went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// Which one.
    pub name: StageName,
    /// How it ended; [`Status::Skip`] if it was left out.
    pub status: Status,
    /// When it began, in milliseconds from the start of the run; `None` if it did not run.
    pub started_ms: Option<u64>,
    /// How long it took, in milliseconds; `None` if it did not run.
    pub duration_ms: Option<u64>,
    /// What came of it, in one sentence.
    pub summary: String,
    /// What it measured.
    pub facts: Vec<Fact>,
    /// Why it was left out.
    pub skipped: Option<String>,
    /// Which earlier proof stands in for it, so that it did not run again.
    pub reused: Option<String>,
}

impl Stage {
    /// A stage that ran: from when, in milliseconds from the start of the run, and for how long.
    pub fn ran(
        name: StageName,
        status: Status,
        started_ms: u64,
        duration_ms: u64,
        summary: impl Into<String>,
    ) -> Self {
        Self {
            name,
            status,
            started_ms: Some(started_ms),
            duration_ms: Some(duration_ms),
            summary: summary.into(),
            facts: Vec::new(),
            skipped: None,
            reused: None,
        }
    }

    /// A stage that was left out, and why.
    pub fn skipped(name: StageName, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        let mut stage = Self::ran(name, Status::Skip, 0, 0, String::new());
        (stage.started_ms, stage.duration_ms, stage.skipped) = (None, None, Some(reason));
        stage
    }

    /// A stage for which an earlier proof stands in: which one.
    pub fn reused(name: StageName, proof: impl Into<String>, summary: impl Into<String>) -> Self {
        let mut stage = Self::ran(name, Status::Pass, 0, 0, summary);
        (stage.started_ms, stage.duration_ms, stage.reused) = (None, None, Some(proof.into()));
        stage
    }

    /// Adds what it measured.
    #[must_use]
    pub fn fact(mut self, fact: Fact) -> Self {
        self.facts.push(fact);
        self
    }
}
