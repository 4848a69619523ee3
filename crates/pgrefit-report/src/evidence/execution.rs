//! How a statement, or a whole step, went: in the rehearsal or on the live database.

use serde::{Deserialize, Serialize};

use crate::Failure;

/// One execution. What was not measured is `None`; of a step that only was measured as a whole, its statements have none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    /// When it began, in milliseconds: of a statement from the start of its step, of a step from the start of its stage.
    pub started_ms: u64,
    /// How long it took, in milliseconds, of the attempt that counts.
    pub duration_ms: u64,
    /// How long it waited for locks, in milliseconds, over all attempts.
    pub waited_ms: Option<u64>,
    /// How often it was tried, the one that counts included.
    pub attempts: Option<u64>,
    /// In how many batches it ran.
    pub batches: Option<u64>,
    /// The locks it took, with how long they were held.
    pub locks: Vec<LockSpan>,
    /// The longest time for which it kept others out without a pause, in milliseconds; `None` has it taken from `locks`.
    pub strong_lock_ms: Option<u64>,
    /// The relations that were written anew.
    pub rewritten: Vec<String>,
    /// WAL written, in bytes.
    pub wal_bytes: Option<u64>,
    /// Temporary files written, in bytes.
    pub temporary_bytes: Option<u64>,
    /// Rows inserted, updated or deleted.
    pub rows_touched: Option<u64>,
    /// Rows read.
    pub rows_scanned: Option<u64>,
    /// What broke.
    pub error: Option<Failure>,
}

/// A lock on a relation, from when it was granted until it was released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockSpan {
    /// The relation, quoted as SQL would quote it.
    pub relation: String,
    /// The mode in PostgreSQL's words: "ACCESS EXCLUSIVE".
    pub mode: String,
    /// When it was granted, in milliseconds from the start of the step.
    pub from_ms: u64,
    /// When it was released, in milliseconds from the start of the step: mostly at the commit.
    pub to_ms: u64,
    /// Whom it keeps out.
    pub blocks: Blocks,
}

/// Whom a lock keeps out of a table, mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Blocks {
    /// Nobody but who would change the schema.
    Nothing,
    /// INSERT, UPDATE, DELETE and MERGE.
    Writes,
    /// SELECT, too.
    ReadsAndWrites,
}

impl Execution {
    /// One of which only the time is known, in milliseconds.
    #[must_use]
    pub fn new(started_ms: u64, duration_ms: u64) -> Self {
        Self { started_ms, duration_ms, ..Self::default() }
    }

    /// Adds a lock.
    #[must_use]
    pub fn lock(mut self, lock: LockSpan) -> Self {
        self.locks.push(lock);
        self
    }

    /// When it ended, in milliseconds.
    #[must_use]
    pub const fn ended_ms(&self) -> u64 {
        self.started_ms.saturating_add(self.duration_ms)
    }
}

impl LockSpan {
    /// A lock held between two moments, in milliseconds from the start of the step; whom it keeps out follows from `mode`.
    pub fn new(relation: impl Into<String>, mode: impl Into<String>, from_ms: u64, to_ms: u64) -> Self {
        let mode = mode.into();
        let blocks = Blocks::by_mode(&mode);
        Self { relation: relation.into(), mode, from_ms, to_ms, blocks }
    }

    /// How long it was held, in milliseconds.
    #[must_use]
    pub const fn held_ms(&self) -> u64 {
        self.to_ms.saturating_sub(self.from_ms)
    }
}

impl Blocks {
    /// Whom a table lock of this mode keeps out, as SQL or `pg_locks` writes it: "SHARE", "`ShareLock`".
    ///
    /// By the table of conflicts of the manual, 13.3.1. What is not a mode is taken for the strongest.
    #[must_use]
    pub fn by_mode(mode: &str) -> Self {
        let letters = mode.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
        match letters.trim_end_matches("lock") {
            "accessshare" | "rowshare" | "rowexclusive" | "shareupdateexclusive" => Self::Nothing,
            "share" | "sharerowexclusive" | "exclusive" => Self::Writes,
            _ => Self::ReadsAndWrites,
        }
    }

    /// `reads and writes`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "neither reads nor writes",
            Self::Writes => "writes",
            Self::ReadsAndWrites => "reads and writes",
        }
    }
}
