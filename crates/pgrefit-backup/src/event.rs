//! What a run tells while it works.

use std::path::PathBuf;

use pgrefit_catalog::Name;

/// What a run is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Tools, space, privileges and extensions are looked at.
    Preflight,
    /// The data is written to files.
    Take,
    /// The files are hashed.
    Hash,
    /// The files are restored.
    Restore,
    /// Both sides are compared.
    Compare,
}

impl Phase {
    /// For people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Preflight => "preflight",
            Self::Take => "take",
            Self::Hash => "hash",
            Self::Restore => "restore",
            Self::Compare => "compare",
        }
    }
}

/// Something happened. None carries a password.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A phase begins. Several may be going on at once.
    Begins(Phase),
    /// A phase has ended well.
    Ends(Phase),
    /// Bytes written so far, once a second at most. The estimate is that of the data in the database: files are often smaller.
    Written {
        /// Bytes in files.
        bytes: u64,
        /// Bytes of tables in the database, as of their last `VACUUM` or `ANALYZE`.
        estimated_bytes: u64,
    },
    /// The data of a table is restored.
    TableRestored {
        /// So many so far.
        done: usize,
        /// Of so many.
        tables: usize,
    },
    /// A table was digested on one side.
    TableDigested {
        /// Whose.
        table: Name,
        /// So many so far, on both sides.
        done: usize,
        /// Of so many, on both sides.
        tables: usize,
        /// Bytes of tables so far, on both sides.
        bytes: u64,
    },
    /// What a person should know, though nothing failed.
    Note(String),
    /// An abandoned or old backup was removed.
    Removed(PathBuf),
}

/// Is told of everything, from several threads.
pub(crate) type Listener<'a> = &'a (dyn Fn(Event) + Send + Sync);
