//! Rehearse: the pending migrations were applied to a copy, with every lock and duration traced.

use crate::Expected;
use crate::proof::Proof;

/// A rehearsal that came to its end. Only this step makes it.
#[derive(Debug)]
pub struct Rehearsed {
    proof: Proof,
    expected: Expected,
    own: bool,
}

impl Rehearsed {
    /// What was shown.
    #[must_use]
    pub fn proof(&self) -> &Proof {
        &self.proof
    }

    /// What the copy was afterwards.
    #[must_use]
    pub fn expected(&self) -> &Expected {
        &self.expected
    }

    /// Whether this very run has shown it.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.own
    }
}
