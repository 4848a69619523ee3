//! Why a migration cannot be split.

use thiserror::Error;

use crate::Place;

/// Why a migration cannot be split.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SplitError {
    /// The text does not parse.
    #[error("line {}: {message}", place.line)]
    Syntax {
        /// Where.
        place: Place,
        /// What the parser says.
        message: String,
    },
    /// There is no sequence of steps for a statement that a live application would not notice.
    #[error("line {}: no safe sequence is known for this statement: {reason}", place.line)]
    NoSafeForm {
        /// Where the statement begins.
        place: Place,
        /// What stands in the way, and what to do by hand.
        reason: &'static str,
    },
}

impl SplitError {
    /// What is wrong, without the place.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::Syntax { message, .. } => message.clone(),
            Self::NoSafeForm { reason, .. } => {
                format!("no safe sequence is known for this statement: {reason}")
            }
        }
    }

    /// Where the statement or the error stands.
    #[must_use]
    pub fn place(&self) -> Place {
        match self {
            Self::Syntax { place, .. } | Self::NoSafeForm { place, .. } => *place,
        }
    }
}
