//! What a run tells while it works.

use std::path::PathBuf;
use std::time::Duration;

use pgrefit_catalog::Name;

use crate::State;

/// Something happened. None carries a password.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The run goes on from this state, which an earlier run has reached.
    Resumes {
        /// The table.
        table: Name,
        /// How far the archive is.
        state: State,
    },
    /// The archive has reached this state.
    Reached {
        /// The table.
        table: Name,
        /// How far it is now.
        state: State,
    },
    /// Rows read so far, once a second at most.
    Rows {
        /// How many.
        rows: u64,
        /// Bytes of the file so far.
        bytes: u64,
    },
    /// Somebody else has a lock on the table; it is tried again after a pause.
    Waits {
        /// Which lock.
        lock: &'static str,
        /// How often it was tried.
        tries: u32,
        /// Until the next time.
        pause: Duration,
    },
    /// The table is not as it was exported: it is exported again.
    Changed {
        /// The table.
        table: Name,
        /// How many rows were exported.
        exported_rows: u64,
        /// How many there are.
        rows: u64,
    },
    /// The table was locked against everybody for so long.
    Locked {
        /// From the lock to the end of the transaction.
        exclusive: Duration,
        /// From the lock against writers, before it.
        writers: Duration,
    },
    /// What a killed run left behind was removed.
    Removed(PathBuf),
    /// What a person should know, though nothing failed.
    Note(String),
}
