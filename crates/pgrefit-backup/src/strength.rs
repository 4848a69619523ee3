//! How much a backup proves.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How much is known of a backup, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "strength")]
pub enum Strength {
    /// It was restored, and every row of every table compared with the source as of the same moment.
    Compared,
    /// It was restored; all rows were counted, and this share of them compared with the source as of the same moment.
    Sampled {
        /// Of the rows, 1 to 99.
        percent: u8,
    },
    /// It was restored and read whole; the source had no such moment to compare with.
    Restored,
    /// The tool that took it says that it is good.
    Attested,
}

impl Strength {
    /// Whether a rehearsal on it is one on the very data of the source.
    #[must_use]
    pub fn is_restored(self) -> bool {
        self != Self::Attested
    }
}

impl fmt::Display for Strength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compared => f.write_str("restored, every row compared"),
            Self::Sampled { percent } => write!(f, "restored, all rows counted, {percent} % compared"),
            Self::Restored => f.write_str("restored and read whole"),
            Self::Attested => f.write_str("attested by the tool that took it"),
        }
    }
}
