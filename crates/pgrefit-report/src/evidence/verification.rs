//! What was looked at after the live run.

use serde::{Deserialize, Serialize};

use super::measurement::Quantity;
use crate::Status;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What: "constraints validated".
    pub check: String,
    /// How it ended.
    pub status: Status,
    /// What was measured, in one sentence.
    pub measurement: String,
    /// The number in it.
    pub quantity: Option<Quantity>,
}

impl Check {
    /// A check without a number.
    pub fn new(check: impl Into<String>, status: Status, measurement: impl Into<String>) -> Self {
        Self { check: check.into(), status, measurement: measurement.into(), quantity: None }
    }

    /// Adds the number.
    #[must_use]
    pub const fn number(mut self, quantity: Quantity) -> Self {
        self.quantity = Some(quantity);
        self
    }
}
