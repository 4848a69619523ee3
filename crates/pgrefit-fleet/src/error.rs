//! What can go wrong with the journal of a run.

use std::path::PathBuf;

use crate::Part;

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be read or written.
    #[error("failed to {what} the journal {}", path.display())]
    File {
        /// "read", "write".
        what: &'static str,
        /// The journal.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// Another run of the same fleet is at work.
    #[error("failed to begin: another run of this fleet is at work, it has the journal {}", .0.display())]
    Busy(PathBuf),
    /// A line is none of ours.
    #[error("failed to understand the journal {}, line {line}", path.display())]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// The journal is of another list, or of other migrations.
    #[error("failed to resume: {} since the run of the journal {}", changed.words(), path.display())]
    Changed {
        /// The journal.
        path: PathBuf,
        /// What is not the same.
        changed: Part,
    },
}

impl Error {
    /// What helps, if that is known.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::File { .. } => {
                Some("the journal is in the folder of evidence: [evidence] dir in pgrefit.toml")
            }
            Self::Busy(_) => Some("wait for the other run to end"),
            Self::Damaged { .. } => Some(
                "without --resume a run begins anew; databases that have the migrations are passed over in a moment",
            ),
            Self::Changed { .. } => Some(
                "without --resume a run begins anew, canaries first; databases that have the migrations are passed over",
            ),
        }
    }

    /// Whether the same may work later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Busy(_))
    }
}
