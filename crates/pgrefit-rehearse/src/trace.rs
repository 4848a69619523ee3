//! What a rehearsal has seen, as plain data that is written to a file and read again. Times are milliseconds since the
//! rehearsal began, or lengths in milliseconds, with fractions; what could not be seen is absent, never 0.

use std::collections::BTreeMap;

use pgrefit_sql::LockMode;
use serde::{Deserialize, Serialize};

use crate::mode;

/// A rehearsal.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// The form of this data: [`Trace::FORMAT`].
    pub format: u32,
    /// The copy's server, as in `server_version_num`.
    pub server_version_num: u32,
    /// The copy's database.
    pub database: String,
    /// When it began, RFC 3339.
    pub started_at: String,
    /// How long it took, looking included.
    pub duration_ms: f64,
    /// How closely it was looked.
    pub sampling: Sampling,
    /// The files in the order in which they ran. A file that failed is the last one.
    pub files: Vec<FileTrace>,
    /// The tables, views and sequences that existed before and were locked or touched, by their quoted names.
    pub relations: BTreeMap<String, Relation>,
    /// What a connected application noticed.
    pub canary: Canary,
    /// Whether traffic ran beside it. Rows and WAL of what runs on its own then count the traffic too, and are left out.
    pub traffic: bool,
    /// Why it ended early, if it did.
    pub failure: Option<Failure>,
    /// What could not be traced.
    pub blind: Vec<Blind>,
}

/// How closely it was looked from the second connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// How often it was meant to look.
    pub interval_ms: f64,
    /// How often it did.
    pub samples: u64,
    /// The longest time between two looks while something ran: a lock that was held for less may have been missed, unless it
    /// was held to the end of its statement.
    pub gap_max_ms: f64,
}

/// One migration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FileTrace {
    /// Its version.
    pub version: i64,
    /// `V3__name`.
    pub title: String,
    /// Where it was read from.
    pub path: String,
    /// When it began.
    pub started_ms: f64,
    /// How long it took, looking included.
    pub duration_ms: f64,
    /// Its directive `phase`, if it has one: `expand` or `contract`.
    pub phase: Option<String>,
    /// Whether it was applied and recorded.
    pub recorded: bool,
    /// Its transactions, statements on their own and backfills, in order; attempts that were rolled back too.
    pub steps: Vec<StepTrace>,
    /// By how much the database has grown on disk.
    pub disk_growth_bytes: Option<i64>,
    /// Indexes that no query can use, that were not there before and remain to the end, each with its table.
    pub invalid_indexes: Vec<String>,
    /// `NOT VALID` constraints that were not there before and remain to the end, each with its table.
    pub unvalidated_constraints: Vec<String>,
}

/// How a step runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepWay {
    /// One transaction.
    #[default]
    Transaction,
    /// One statement outside of a transaction block.
    Alone,
    /// One statement in batches, each a transaction.
    Batches,
}

/// A part of a migration that takes effect as a whole.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StepTrace {
    /// The number of its first statement, from 1.
    pub number: usize,
    /// How it runs.
    pub way: StepWay,
    /// Which of the file's transactions it is, from 1.
    pub transaction: Option<usize>,
    /// When it began.
    pub started_ms: f64,
    /// When `COMMIT`, or the statement on its own, was answered.
    pub ended_ms: f64,
    /// Whether it took effect.
    pub committed: bool,
    /// WAL written from its begin to its end.
    pub wal_bytes: Option<u64>,
    /// Locks on relations of users; those on an index or a TOAST table count as of their table. pgrefit's own tables and
    /// temporary ones are left out.
    pub locks: Vec<LockTrace>,
    /// Locks on catalogs that keep others out: [`LockMode::Share`] and stronger.
    pub catalog_locks: Vec<LockTrace>,
    /// Its statements.
    pub statements: Vec<StatementTrace>,
}

/// A lock mode on a relation, in one step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LockTrace {
    /// The table, view or sequence, quoted.
    pub relation: String,
    /// The mode.
    #[serde(with = "mode")]
    pub mode: LockMode,
    /// Whether the relation existed before the file: else nobody else can want it.
    pub existed_before: bool,
    /// The number of the statement that took it.
    pub statement: usize,
    /// Since when it was waited for, if it was seen waiting.
    pub asked_ms: Option<f64>,
    /// When it was granted, as early as can be; absent if it never was.
    pub granted_ms: Option<f64>,
    /// When it was given back, as late as can be; of one that was never granted, when it was last waited for.
    pub until_ms: f64,
    /// The longest time for which it was held without a break.
    pub held_ms: f64,
    /// How often it was taken anew.
    pub times: u64,
    /// Whether it is on an index or the TOAST table only, not on the table itself.
    pub on_parts_only: bool,
}

/// A statement.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StatementTrace {
    /// Its number in the file, from 1.
    pub number: usize,
    /// Its line, from 1.
    pub line: usize,
    /// Its column in characters, from 1.
    pub column: usize,
    /// Its text: at most 2000 characters, quoted values left out where it speaks of a password.
    pub text: String,
    /// The whole line on which it begins; as the text.
    pub source_line: String,
    /// When it was sent.
    pub started_ms: f64,
    /// How long the server took, as seen from here.
    pub duration_ms: f64,
    /// WAL written meanwhile, that of other sessions included.
    pub wal_bytes: Option<u64>,
    /// Temporary files written. Absent where the role may not have them told.
    pub temp_bytes: Option<u64>,
    /// Rows read and written, by relation.
    pub work: Vec<Work>,
    /// Relations that are in another file than before.
    pub rewritten: Vec<Rewrite>,
    /// What the server said it was doing, in order.
    pub phases: Vec<Phase>,
    /// If it ran in batches, what they came to.
    pub batches: Option<Batches>,
    /// Why it failed, if it did.
    pub error: Option<Failure>,
}

/// Rows that a statement has read and written in one table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// The table, quoted.
    pub relation: String,
    /// Whether it existed before the file.
    pub existed_before: bool,
    /// Rows inserted.
    pub rows_inserted: u64,
    /// Rows updated.
    pub rows_updated: u64,
    /// Of them, those that did not need new index entries.
    pub rows_hot_updated: u64,
    /// Rows deleted.
    pub rows_deleted: u64,
    /// Rows read by scans of the whole table.
    pub rows_scanned: u64,
    /// How many such scans there were.
    pub scans: u64,
    /// Blocks read, from the cache or from disk.
    pub blocks_read: u64,
    /// The strongest lock on it when the statement had ended.
    #[serde(with = "mode::option")]
    pub under: Option<LockMode>,
}

/// A relation that a statement has put into another file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rewrite {
    /// The table that it belongs to, quoted.
    pub relation: String,
    /// The relation in the new file, quoted: the table, or an index or the TOAST table of it.
    pub object: String,
    /// What it is.
    pub kind: RelationKind,
    /// Whether it existed before the file.
    pub existed_before: bool,
    /// Its size when the file began; of a table with what it keeps out of line.
    pub before_bytes: Option<u64>,
    /// Its size when the statement had ended, likewise; 0 of one that was emptied.
    pub after_bytes: Option<u64>,
}

/// What a relation is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RelationKind {
    /// A table.
    #[default]
    Table,
    /// A partitioned table.
    PartitionedTable,
    /// An index.
    Index,
    /// The table of long values of another one.
    Toast,
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
    /// A sequence.
    Sequence,
    /// A foreign table, a composite type.
    Other,
}

/// A relation as it was before the rehearsal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relation {
    /// What it is.
    pub kind: RelationKind,
    /// The server's estimate of its rows; absent if it was never analyzed.
    pub rows_estimate: Option<u64>,
    /// Its size with what it keeps out of line, without indexes.
    pub bytes: Option<u64>,
}

/// What the server said it was doing for some time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// In the server's words: "building index: scanning table", "waiting for old snapshots".
    pub name: String,
    /// When it was first seen.
    pub from_ms: f64,
    /// When it was last seen.
    pub until_ms: f64,
}

/// What the batches of a statement came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Batches {
    /// How many.
    pub count: u64,
    /// Rows written.
    pub rows: u64,
    /// The longest.
    pub longest_ms: f64,
}

/// What connections that were there before noticed after each step.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canary {
    /// Tables and views that it has prepared queries of.
    pub relations: usize,
    /// Those that it has not: beyond the bound, or not to be read.
    pub left_out: usize,
    /// What it met.
    pub errors: Vec<CanaryError>,
}

/// How an application names its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CanaryKind {
    /// `SELECT *`.
    Star,
    /// `SELECT a, b, c`, all columns that there were.
    Columns,
}

/// A prepared query of a table that does not run any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CanaryError {
    /// The table or view, as it was named.
    pub relation: String,
    /// How the query named its columns.
    pub kind: CanaryKind,
    /// The version of the migration after which it failed.
    pub version: i64,
    /// The migration.
    pub title: String,
    /// The first statement of the step after which it failed.
    pub step: usize,
    /// The SQLSTATE; `0A000` is "cached plan must not change result type".
    pub sqlstate: String,
    /// What the server said.
    pub message: String,
}

/// Why a statement, or the rehearsal, did not succeed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What failed, with its causes.
    pub message: String,
    /// The SQLSTATE, if the server said it.
    pub sqlstate: Option<String>,
    /// More about it.
    pub detail: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// The migration.
    pub title: Option<String>,
    /// The file.
    pub path: Option<String>,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The column in characters, from 1.
    pub column: Option<usize>,
    /// The text of that line.
    pub source_line: Option<String>,
}

/// Something that could not be traced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blind {
    /// What: `temp_bytes`.
    pub what: String,
    /// Why, and what would open it.
    pub why: String,
}

impl Trace {
    /// The form of this data.
    pub const FORMAT: u32 = 1;

    /// Every step with its file.
    pub fn steps(&self) -> impl Iterator<Item = (&FileTrace, &StepTrace)> {
        self.files.iter().flat_map(|file| file.steps.iter().map(move |step| (file, step)))
    }
}

impl StepTrace {
    /// The statement with this number, or the last one before it.
    #[must_use]
    pub fn statement(&self, number: usize) -> Option<&StatementTrace> {
        self.statements.iter().rev().find(|statement| statement.number <= number).or(self.statements.first())
    }
}

impl StatementTrace {
    /// When it had ended.
    #[must_use]
    pub fn ended_ms(&self) -> f64 {
        self.started_ms + self.duration_ms
    }
}

impl RelationKind {
    /// What `pg_class.relkind` means.
    pub(crate) fn of_relkind(relkind: &str) -> Self {
        match relkind {
            "r" => Self::Table,
            "p" => Self::PartitionedTable,
            "i" | "I" => Self::Index,
            "t" => Self::Toast,
            "v" => Self::View,
            "m" => Self::MaterializedView,
            "S" => Self::Sequence,
            _ => Self::Other,
        }
    }
}
