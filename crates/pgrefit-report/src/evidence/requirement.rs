//! What a live run requires: a fixed list, so that nothing can be left out of a checklist unseen.

use serde::{Deserialize, Serialize};

/// One thing that must be so before, during or after the live run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Requirement {
    /// A backup exists and its files are whole.
    BackupVerified,
    /// The backup was restored, and each row of the copy compared with its source.
    RestoreCompared,
    /// The migrations were applied to a restored copy of a fresh snapshot.
    Rehearsed,
    /// The longest time for which others are kept out, as predicted, is within the limit.
    PredictedLockWithinLimit,
    /// The longest time for which others were kept out, as it was, is within the limit.
    ActualLockWithinLimit,
    /// No transaction of the application failed because of the run.
    NoTransactionFailed,
    /// No row was lost or changed that no migration announced.
    NoRowLost,
    /// The schema is what the migrations make.
    SchemaAsExpected,
    /// Every constraint is validated.
    ConstraintsValid,
    /// Every index is valid.
    IndexesValid,
    /// Every sequence is ahead of the keys it serves.
    SequencesAhead,
    /// The planner has statistics of what was changed.
    StatisticsFresh,
    /// Nobody may do more or less than before.
    PrivilegesUnchanged,
    /// The application's queries are within their budgets.
    QueriesWithinBudget,
    /// No query got a worse kind of plan.
    PlansStable,
    /// The history table has what was applied.
    HistoryRecorded,
    /// How to go back is written down.
    RollbackDocumented,
}

impl Requirement {
    /// Every requirement, in the order in which to read them.
    pub const ALL: [Self; 17] = [
        Self::BackupVerified,
        Self::RestoreCompared,
        Self::Rehearsed,
        Self::PredictedLockWithinLimit,
        Self::ActualLockWithinLimit,
        Self::NoTransactionFailed,
        Self::NoRowLost,
        Self::SchemaAsExpected,
        Self::ConstraintsValid,
        Self::IndexesValid,
        Self::SequencesAhead,
        Self::StatisticsFresh,
        Self::PrivilegesUnchanged,
        Self::QueriesWithinBudget,
        Self::PlansStable,
        Self::HistoryRecorded,
        Self::RollbackDocumented,
    ];

    /// The requirement in a few words.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::BackupVerified => "Verified backup exists",
            Self::RestoreCompared => "Restore compared row by row",
            Self::Rehearsed => "Rehearsed on a fresh production snapshot",
            Self::PredictedLockWithinLimit => "Longest lock predicted within the limit",
            Self::ActualLockWithinLimit => "Longest lock actual within the limit",
            Self::NoTransactionFailed => "Zero failed transactions",
            Self::NoRowLost => "No row lost or changed unannounced",
            Self::SchemaAsExpected => "Schema equals expectation",
            Self::ConstraintsValid => "Constraints valid",
            Self::IndexesValid => "Indexes valid",
            Self::SequencesAhead => "Sequences ahead of keys",
            Self::StatisticsFresh => "Statistics fresh",
            Self::PrivilegesUnchanged => "Privileges unchanged",
            Self::QueriesWithinBudget => "Queries within budget",
            Self::PlansStable => "Plans not flipped",
            Self::HistoryRecorded => "History recorded",
            Self::RollbackDocumented => "Rollback documented",
        }
    }
}
