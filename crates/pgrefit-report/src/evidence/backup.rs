//! The backup, and how its restored copy compares with what it was taken of.

use serde::{Deserialize, Serialize};

use crate::Status;

/// A backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// What took it: "`pg_dump`", "pgBackRest".
    pub adapter: String,
    /// Version of that tool.
    pub tool_version: Option<String>,
    /// Its size, in bytes.
    pub size_bytes: Option<u64>,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<u64>,
    /// How long restoring it took, in milliseconds.
    pub restore_ms: Option<u64>,
    /// The snapshot that it is of.
    pub snapshot: Option<String>,
    /// What was proved of it, in a few words: "restored, every row compared by digest".
    pub strength: String,
    /// How many files it has.
    pub files: Option<u64>,
    /// The digest over its files, or of its manifest.
    pub digest: Option<String>,
    /// Where it is, without credentials.
    pub location: Option<String>,
    /// Table by table.
    pub tables: Vec<TableComparison>,
}

/// One table of the source and of the copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableComparison {
    /// The table, quoted as SQL would quote it.
    pub table: String,
    /// Rows of the source.
    pub source_rows: Option<u64>,
    /// Rows of the copy.
    pub copy_rows: Option<u64>,
    /// Digest of the source.
    pub source_digest: Option<String>,
    /// Digest of the copy.
    pub copy_digest: Option<String>,
    /// The verdict.
    pub status: Status,
    /// What differs, or why it could not be compared.
    pub note: Option<String>,
}

impl Backup {
    /// A backup of which no more is known.
    pub fn new(adapter: impl Into<String>, strength: impl Into<String>) -> Self {
        Self {
            adapter: adapter.into(),
            tool_version: None,
            size_bytes: None,
            duration_ms: None,
            restore_ms: None,
            snapshot: None,
            strength: strength.into(),
            files: None,
            digest: None,
            location: None,
            tables: Vec::new(),
        }
    }
}
