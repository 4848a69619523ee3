//! What a search has found: each index that pays with what it buys, each that does not with the reason, and what could not be read.

use pgrefit_catalog::Name;
use serde::Serialize;

/// The result of [`find`](super::find).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Found {
    /// The indexes that pay, in the order in which they were chosen: each was measured beside those before it.
    pub kept: Vec<Kept>,
    /// Candidates that were built or tried and do not pay, with the reason.
    pub rejected: Vec<Rejected>,
    /// Every statement that was measured, without and with all kept indexes.
    pub statements: Vec<StatementFound>,
    /// Statements that could not be measured, and why.
    pub unread: Vec<Unread>,
    /// What else a reader should know.
    pub notes: Vec<String>,
    /// Existing indexes that are the beginning of a kept one, as `schema.name`: they are seldom needed any more.
    pub superseded: Vec<Superseded>,
    /// Weighted milliseconds of all statements before.
    pub before_ms: f64,
    /// The same with all kept indexes.
    pub after_ms: f64,
    /// What the whole search took, in milliseconds.
    pub took_ms: u64,
}

/// An index that pays.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Kept {
    /// Its name, free in the schema of its table.
    pub name: String,
    /// Its table.
    pub table: Name,
    /// If that is a partitioned one, the index of each leaf partition.
    pub partitions: Vec<Part>,
    /// Whether some of those hang on a partition that is partitioned again.
    pub is_deep: bool,
    /// What stands behind `CREATE INDEX name ON table`: ` USING btree (…) …`, without the blank.
    pub definition: String,
    /// What it is for, in words.
    pub purpose: String,
    /// Names of the statements whose plans use it.
    pub used_by: Vec<String>,
    /// Its size on the copy.
    pub size_bytes: u64,
    /// The table's size on the copy, with TOAST, without indexes.
    pub table_bytes: u64,
    /// The table's rows on the copy, by its statistics.
    pub rows: f64,
    /// How long the build took there, without `CONCURRENTLY`.
    pub build_ms: u64,
    /// What it costs on writes; none if it could not be measured.
    pub write: Option<WriteCost>,
    /// Weighted milliseconds it saves, beside the ones chosen before it.
    pub saves_ms: f64,
    /// A key that no longer text may be stored in: `B-tree` keys have at most 2,704 bytes.
    pub long_key: Option<String>,
}

/// The part of an index in one partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// The partition.
    pub table: Name,
    /// The name of its index, which no other index has.
    pub index: String,
}

/// What writing a row costs without and with one index.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct WriteCost {
    /// Microseconds a row, with the indexes that were there before only.
    pub before_us: f64,
    /// Microseconds a row with this one too, and with its pending list cleaned, if it has one.
    pub after_us: f64,
    /// Bytes of WAL a row before.
    pub wal_before_bytes: f64,
    /// The same with it.
    pub wal_after_bytes: f64,
}

/// A candidate that does not pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// Its table.
    pub table: Name,
    /// As in [`Kept::definition`].
    pub definition: String,
    /// Why: "no plan uses it", "saves 0.1 % and no statement becomes twice as fast".
    pub reason: String,
}

/// An existing index that a kept one makes needless.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Superseded {
    /// The existing one.
    pub index: Name,
    /// The kept one.
    pub by: String,
}

/// A statement, without and with all kept indexes: medians over alternating rounds, added up over its lists of values.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StatementFound {
    /// Its name.
    pub name: String,
    /// Its weight.
    pub weight: f64,
    /// Its budget in milliseconds.
    pub budget_ms: f64,
    /// Planning and execution on the server before, in milliseconds: the slowest of its lists of values.
    pub before_ms: f64,
    /// The same after.
    pub after_ms: f64,
    /// Blocks touched before, hit or read: the most of its lists of values.
    pub blocks_before: u64,
    /// The same after.
    pub blocks_after: u64,
    /// Whether it reached the limit of a statement before: the true time is longer.
    pub cut_before: bool,
    /// The same after.
    pub cut_after: bool,
    /// Existing and kept indexes that its plans use after.
    pub indexes: Vec<String>,
}

impl StatementFound {
    /// Whether it keeps its budget now.
    #[must_use]
    pub fn keeps_budget(&self) -> bool {
        self.after_ms <= self.budget_ms && !self.cut_after
    }
}

/// A statement that could not be measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unread {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// What happens, as it happens: for a progress line.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The copy is being vacuumed and analyzed.
    Preparing,
    /// A statement is measured as the database is.
    Measuring {
        /// Its name.
        statement: String,
    },
    /// A candidate is being built.
    Building {
        /// Which, from 1.
        number: usize,
        /// Of how many.
        count: usize,
        /// As in [`Kept::definition`], with the table.
        definition: String,
    },
    /// One more is kept.
    Chosen {
        /// Its name.
        name: String,
        /// Weighted milliseconds it saves.
        saves_ms: f64,
    },
    /// Without and with all kept indexes, for the last time.
    Comparing,
}
