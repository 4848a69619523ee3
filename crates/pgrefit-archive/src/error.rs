//! Why there is no archive, or no proof of one; what to do about it is in [`Error::hint`].

mod hint;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use pgrefit_catalog::Name;

use crate::store::StoreCause;
use crate::{Obstacle, State};

/// Any cause that is not one of the below.
pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a table could not be archived, or an archive not be believed or restored. No variant carries a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database could not be reached, read or written.
    #[error("failed to use the database")]
    Source(#[source] pgrefit_pg::Error),
    /// The server on which files are tried could not be reached or used.
    #[error("failed to use the scratch server")]
    Scratch(#[source] pgrefit_pg::Error),
    /// The ledger could not be found or made.
    #[error("failed to find a place for the ledger")]
    NoLedger(#[source] Cause),
    /// There is no such table.
    #[error("failed to find the table {table}")]
    NoTable {
        /// Its name.
        table: Name,
    },
    /// The table cannot be archived; nothing was changed.
    #[error("failed to archive {table}: {}", list(obstacles))]
    Refused {
        /// The table.
        table: Name,
        /// Why.
        obstacles: Vec<Obstacle>,
    },
    /// Another run works on the same table.
    #[error("failed to begin: another run works on {table}")]
    Busy {
        /// The table.
        table: Name,
    },
    /// Another run has changed the ledger meanwhile.
    #[error("failed to go on with archive {id}: it is no longer {expected}")]
    Moved {
        /// Its name.
        id: String,
        /// How far it was.
        expected: State,
    },
    /// A table of the same name is not the one that the ledger knows.
    #[error("failed to go on with archive {id}: {table} is another table than the one it was begun for")]
    OtherTable {
        /// The archive.
        id: String,
        /// The table.
        table: Name,
    },
    /// There is no room.
    #[error("failed to find room in {}: {need} bytes are needed, {available} are there", dir.display())]
    NoSpace {
        /// Where.
        dir: PathBuf,
        /// Bytes that are needed, by the size of the table.
        need: u64,
        /// Bytes that may be used.
        available: u64,
    },
    /// A strong lock was not granted.
    #[error("failed to lock {table}: it was in use each of {tries} times")]
    Locked {
        /// The table.
        table: Name,
        /// How often it was tried.
        tries: u32,
    },
    /// The digest of the rows is another one on the other side.
    #[error("failed to find the rows {place}: {found} instead of {expected}")]
    Differs {
        /// Where: `in the file`, `on the scratch server`.
        place: &'static str,
        /// Rows and digest.
        expected: String,
        /// Rows and digest.
        found: String,
    },
    /// The rows go on changing: nothing was dropped.
    #[error("failed to archive {table}: its rows changed after each of {rounds} exports")]
    Changing {
        /// The table.
        table: Name,
        /// How often it was exported.
        rounds: u32,
    },
    /// A file is not the one that was written.
    #[error("failed to recognise {}: it is not as it was written", path.display())]
    FileChanged {
        /// The file.
        path: PathBuf,
    },
    /// An object is not the one that was written.
    #[error("failed to recognise the object {key}: it is not as it was written")]
    ObjectChanged {
        /// Its key in the store.
        key: String,
    },
    /// A file of rows could not be written or read.
    #[error("failed to {action} the rows in {}", path.display())]
    Rows {
        /// A verb.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: Cause,
    },
    /// The place of archives cannot be understood.
    #[error("failed to understand the store {url}: {why}")]
    StoreUrl {
        /// Without credentials.
        url: String,
        /// What is wrong.
        why: String,
    },
    /// The store does not take or give something.
    #[error("failed to {action} {place}: {problem}")]
    Store {
        /// A verb.
        action: &'static str,
        /// Without credentials.
        place: String,
        /// What kind of problem it is.
        problem: StoreProblem,
        /// What the store said.
        source: Cause,
    },
    /// The scratch server is the live one.
    #[error("refused to try the file on the live server itself")]
    LiveServer,
    /// The scratch server lacks extensions of the table.
    #[error("failed to find extensions on the scratch server: {}", extensions.join(", "))]
    ExtensionMissing {
        /// Their names.
        extensions: Vec<String>,
    },
    /// There is no such archive.
    #[error("failed to find an archive of {what}")]
    NoArchive {
        /// A table or the name of an archive.
        what: String,
    },
    /// It is too early or too late for this.
    #[error("failed to {action} archive {id}: it is {state}")]
    WrongState {
        /// A verb.
        action: &'static str,
        /// The archive.
        id: String,
        /// How far it is.
        state: State,
    },
    /// The table cannot be brought back where it was.
    #[error("failed to restore {table}: {why}")]
    NotRestorable {
        /// The table.
        table: Name,
        /// Why.
        why: String,
    },
    /// The manifest or the ledger's row cannot be understood.
    #[error("failed to read {what}")]
    Unreadable {
        /// What it is.
        what: String,
        /// Why.
        source: Cause,
    },
    /// A file or folder could not be read or written.
    #[error("failed to {action} {}", path.display())]
    Io {
        /// A verb.
        action: &'static str,
        /// What it is about.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Somebody asked to stop; the next run goes on from here.
    #[error("failed to finish: asked to stop")]
    Stopped,
}

/// What kind of problem a store has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreProblem {
    /// There is no such bucket, folder or object.
    Missing,
    /// These credentials may not do that, or are none.
    Denied,
    /// There is no room.
    NoSpace,
    /// Anything else, such as the network.
    Other,
}

impl fmt::Display for StoreProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "there is no such bucket, folder or object",
            Self::Denied => "the credentials do not allow it",
            Self::NoSpace => "there is no room",
            Self::Other => "the store did not do it",
        })
    }
}

impl Error {
    pub(crate) fn io(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| Self::Io { action, path, source }
    }

    pub(crate) fn store(
        action: &'static str,
        place: &str,
    ) -> impl FnOnce(object_store::Error) -> Self + use<> {
        let place = place.to_owned();
        move |error| Self::Store {
            action,
            place,
            problem: StoreProblem::of(&error),
            source: Box::new(StoreCause::new(&error)),
        }
    }

    pub(crate) fn unreadable(what: impl Into<String>) -> impl FnOnce(serde_json::Error) -> Self {
        let what = what.into();
        move |source| Self::Unreadable { what, source: Box::new(source) }
    }

    /// Whether the same thing may work in a moment, unchanged.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Source(error) | Self::Scratch(error) => error.is_retryable(),
            Self::Stopped | Self::Locked { .. } | Self::Busy { .. } => true,
            Self::Store { problem, .. } => *problem == StoreProblem::Other,
            _ => false,
        }
    }
}

fn list(obstacles: &[Obstacle]) -> String {
    obstacles.iter().map(Obstacle::to_string).collect::<Vec<_>>().join("; ")
}
