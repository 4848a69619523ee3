//! What maintenance did, and how partition sets are, as data.

use std::time::Duration;

use pgrefit_catalog::Name;

use crate::Point;

/// What one run of maintenance came to.
#[derive(Debug)]
pub struct MaintainReport {
    /// The server's clock when it began.
    pub now: Point,
    /// One for each set, in their order.
    pub sets: Vec<SetReport>,
}

impl MaintainReport {
    /// Whether a set failed.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.sets.iter().any(|set| set.error.is_some())
    }
}

/// What became of one set. What stands here was done and committed, also if an error came after it.
#[derive(Debug, Default)]
pub struct SetReport {
    /// The table as the set names it.
    pub table: String,
    /// The same with its schema, once it is known.
    pub name: Option<Name>,
    /// Partitions whose interrupted detach was ended.
    pub finalized: Vec<Name>,
    /// Partitions that were made, or found half-made and attached.
    pub made: Vec<Name>,
    /// Partitions that became tables of their own.
    pub detached: Vec<Name>,
    /// Partitions that were dropped with their rows.
    pub dropped: Vec<Name>,
    /// Partitions that are due for the archive.
    pub due: Vec<Due>,
    /// What somebody should look at.
    pub warnings: Vec<String>,
    /// Up to where partitions are ready.
    pub ready_until: Option<Point>,
    /// How many attempts did not get their locks.
    pub lockouts: u32,
    /// Why not everything was done.
    pub error: Option<crate::Error>,
}

/// A partition that is wholly older than what is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The partitioned table.
    pub parent: Name,
    /// The partition.
    pub partition: Name,
    /// `FOR VALUES FROM (…) TO (…)`.
    pub bound: String,
    /// Its upper bound: older than what is kept.
    pub until: Point,
    /// As the server estimates.
    pub rows: Option<u64>,
    /// As the server estimates.
    pub bytes: u64,
}

/// Something that happens while maintenance is going on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MaintainEvent<'a> {
    /// Another run has the runner lock; it is waited for.
    WaitingForRunner {
        /// Who it is, if that can be seen.
        holder: Option<String>,
    },
    /// A set is begun.
    Set {
        /// The table as the set names it.
        table: &'a str,
    },
    /// A partition was made, or a half-made one attached.
    Made {
        /// Its name.
        partition: &'a Name,
    },
    /// A detach that somebody began was ended.
    Finalized {
        /// The partition.
        partition: &'a Name,
    },
    /// A partition is being detached; that waits for every transaction that uses the table.
    Detaching {
        /// The partition.
        partition: &'a Name,
    },
    /// A partition became a table of its own.
    Detached {
        /// The partition.
        partition: &'a Name,
    },
    /// A partition was dropped.
    Dropped {
        /// The partition.
        partition: &'a Name,
    },
    /// A lock was not obtained; nothing is held meanwhile.
    LockedOut {
        /// What was tried.
        what: &'a str,
        /// How long until the next attempt.
        pause: Duration,
    },
    /// A set failed; the next ones are gone on with.
    Failed {
        /// The table as the set names it.
        table: &'a str,
        /// Why.
        error: &'a str,
    },
}

/// How a partition set is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SetStatus {
    /// The table as the set names it.
    pub table: String,
    /// The same with its schema; `None` if there is none.
    pub name: Option<Name>,
    /// Whether the table is partitioned at all.
    pub partitioned: bool,
    /// Its partitions, oldest first.
    pub partitions: Vec<PartitionStatus>,
    /// As the server estimates; partitions that nobody has analyzed count nothing.
    pub rows: u64,
    /// Heaps, TOAST and indexes, as the server estimates.
    pub bytes: u64,
    /// Where the last partition ends.
    pub ready_until: Option<Point>,
    /// How many whole intervals are ready behind the present one.
    pub ahead: usize,
    /// How many should be.
    pub ahead_wanted: u32,
    /// How many days are ready, of a key that is a moment; negative when the end has passed.
    pub ahead_days: Option<i64>,
    /// Partitions that are wholly older than what is kept.
    pub due: Vec<Due>,
    /// The default partition.
    pub default_partition: Option<Name>,
    /// The partition whose detach was begun and not ended.
    pub pending_detach: Option<Name>,
    /// Ranges that no partition takes, between those that are there.
    pub gaps: Vec<(Point, Point)>,
    /// What somebody should look at.
    pub warnings: Vec<String>,
}

/// How one partition is.
#[derive(Debug, Clone, PartialEq)]
pub struct PartitionStatus {
    /// Its name.
    pub name: Name,
    /// As the server prints it.
    pub bound: String,
    /// As the server estimates.
    pub rows: Option<u64>,
    /// As the server estimates.
    pub bytes: u64,
}
