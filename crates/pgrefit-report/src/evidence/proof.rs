//! What the gate was shown.

use serde::{Deserialize, Serialize};

use crate::Status;

/// One proof, and what the gate said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Of what: "backup", "rehearsal", "lint", "approval".
    pub kind: String,
    /// The digest by which it is known.
    pub digest: String,
    /// When it was made, RFC 3339.
    pub made_at: String,
    /// How old it was at the gate, in milliseconds.
    pub age_ms: Option<u64>,
    /// Whose key signed it.
    pub signed_by: Option<String>,
    /// Whether the gate took it.
    pub status: Status,
    /// Why, or why not.
    pub reason: String,
}
