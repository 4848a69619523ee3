//! How far a command of the server has come.

use crate::SimpleRow;

/// A row of one of the views `pg_stat_progress_*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// What it is doing: `building index: scanning table`, `waiting for old snapshots`, …
    pub phase: String,
    /// How much of it is done.
    pub done: u64,
    /// Of how much; 0 when that is not known.
    pub total: u64,
    /// What is counted: `blocks`, `tuples`, `lockers` or `bytes`.
    pub unit: String,
}

impl Progress {
    /// A row behind its mark `progress`.
    pub(super) fn from_row(row: SimpleRow) -> Option<Self> {
        let [_, phase, done, total, unit] = <[_; 5]>::try_from(row).ok()?;
        let number = |text: Option<String>| text.and_then(|text| text.parse().ok()).unwrap_or(0);
        Some(Self { phase: phase?, done: number(done), total: number(total), unit: unit? })
    }
}
