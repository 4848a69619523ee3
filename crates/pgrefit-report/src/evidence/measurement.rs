//! What was measured: a sentence with its number, and where its evidence stands.

use serde::{Deserialize, Serialize};

/// What was measured: a sentence, and the number in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measurement {
    /// "212 tables and 48 118 204 rows have the same digest".
    pub text: String,
    /// The number the judgement rests on.
    #[serde(flatten)]
    pub quantity: Quantity,
}

/// A number with its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "unit", content = "value", rename_all = "snake_case")]
pub enum Quantity {
    /// How many.
    Count(u64),
    /// How long, in milliseconds.
    Ms(u64),
    /// How much, in bytes.
    Bytes(u64),
    /// What share of the limit or of the whole, in percent.
    Percent(u64),
}

/// A part of the evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The stages.
    Pipeline,
    /// The steps, and what they locked.
    Locks,
    /// How long each statement took.
    Durations,
    /// What was looked at after the run.
    Verification,
    /// The application's queries.
    Queries,
    /// What else ran meanwhile.
    Traffic,
    /// The backup and its copy.
    Backup,
    /// What the gate was shown.
    Proofs,
    /// What lint and preflight found.
    Findings,
}

/// Where the evidence of a line stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pointer {
    /// The part.
    pub part: Part,
    /// Which stage, table or check in it; `None` is all of it.
    pub detail: Option<String>,
}

impl Measurement {
    /// A sentence without a full stop, and the number in it.
    pub fn new(text: impl Into<String>, quantity: Quantity) -> Self {
        Self { text: text.into(), quantity }
    }
}
