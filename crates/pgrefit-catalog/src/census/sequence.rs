//! Sequences, who draws from them, and the rows of the migration history.

use serde::{Deserialize, Serialize};

/// A row of `pg_sequence`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sequence {
    /// The sequence, as a relation.
    pub relation: u32,
    /// The type of its values.
    pub type_oid: u32,
    /// Its first value.
    pub start: i64,
    /// The step.
    pub increment: i64,
    /// The least value.
    pub min: i64,
    /// The greatest value.
    pub max: i64,
    /// Whether it begins again at its end.
    pub cycle: bool,
    /// Values that a session takes at once.
    pub cache: i64,
    /// The last value given out; none if none was, or if it could not be seen.
    pub last_value: Option<i64>,
    /// Whether the last value could be seen.
    pub readable: bool,
}

/// A column that takes its values from a sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SequenceUse {
    /// The sequence.
    pub sequence: u32,
    /// The table.
    pub relation: u32,
    /// The column.
    pub column: i16,
    /// The column owns the sequence: `serial`, `OWNED BY`, identity.
    pub owned: bool,
    /// The default of the column draws from it, or it is the column's identity.
    pub drawn: bool,
}

/// A row of refinery's history table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryRow {
    /// The version.
    pub version: i64,
    /// The name.
    pub name: Option<String>,
    /// When it was applied, as the table has it.
    pub applied_on: Option<String>,
    /// The checksum, as the table has it.
    pub checksum: Option<String>,
}

/// The rows of a table, counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExactRows {
    /// The table.
    pub relation: u32,
    /// Its rows.
    pub rows: u64,
}
