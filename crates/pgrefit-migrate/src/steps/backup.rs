//! Backup: one was taken, restored on another server, and compared with its source.

use crate::proof::Proof;

/// A verified backup. Only this step makes it.
#[derive(Debug)]
pub struct BackedUp {
    proof: Proof,
    own: bool,
}

impl BackedUp {
    /// What was shown.
    #[must_use]
    pub fn proof(&self) -> &Proof {
        &self.proof
    }

    /// Whether this very run has shown it.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.own
    }
}
