//! What the run was held to, and which database its proofs are about.

use serde::{Deserialize, Serialize};

use crate::Fact;

/// What the run was held to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// "production", "staging", "disposable".
    pub environment: String,
    /// How long others may be kept out at a time, in milliseconds; `None` is without a limit.
    pub strong_lock_limit_ms: Option<u64>,
    /// Each limit, and where it came from.
    pub limits: Vec<Limit>,
}

/// A limit of the policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// Its name and value.
    #[serde(flatten)]
    pub fact: Fact,
    /// Where it came from: "pgrefit.toml", "--lock-budget", "default of production".
    pub origin: String,
}

/// The database that the proofs are about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// `system_identifier` of `pg_control_system()`.
    pub system_identifier: String,
    /// Name of the database.
    pub database: String,
    /// `server_version`.
    pub server_version: String,
    /// The LSN at which the snapshot was taken.
    pub snapshot_lsn: Option<String>,
    /// When the snapshot was taken, RFC 3339.
    pub snapshot_at: Option<String>,
}
