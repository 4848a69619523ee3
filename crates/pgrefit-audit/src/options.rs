//! What an audit is told besides the census.

use crate::Contract;

/// What an audit is told besides the census.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The time that a query may take, in milliseconds: 2,000 unless the project says otherwise.
    pub budget_ms: f64,
    /// Memory of the machine or container that the server has, in bytes; none if it was not said. It is never guessed.
    pub memory_bytes: Option<u64>,
    /// The migrations that belong in this database; none if there are none to compare with.
    pub migrations: Option<Vec<Migration>>,
    /// What the project promises of its database.
    pub contract: Contract,
    /// The schema beside the one that is expected; none if that was not asked.
    pub drift: Option<Drift>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            budget_ms: 2_000.0,
            memory_bytes: None,
            migrations: None,
            contract: Contract::default(),
            drift: None,
        }
    }
}

/// A migration of the project, to be held against the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its version.
    pub version: i64,
    /// Its name.
    pub name: String,
    /// The checksums under which refinery may have recorded it.
    pub checksums: Vec<String>,
    /// It may be applied behind later versions.
    pub any_time: bool,
}

/// The schema beside the one that is expected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    /// Objects that are expected.
    pub objects: usize,
    /// What differs, in an order in which it can be taken back.
    pub changes: Vec<SchemaChange>,
    /// Why the schema could not be read, if it could not.
    pub blind: Option<String>,
}

/// One thing by which a schema differs from the one that is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaChange {
    /// The object, with its kind.
    pub object: String,
    /// What differs.
    pub message: String,
    /// SQL that would take it back.
    pub remedy: Option<String>,
    /// The strongest lock that it takes; empty if none.
    pub lock: &'static str,
}
