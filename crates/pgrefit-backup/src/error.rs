//! Why there is no backup, or no proof of one; what to do about it is in [`Error::hint`].

mod hint;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pgrefit_catalog::Name;

/// Any cause that is not one of the below.
pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a backup could not be taken, restored or believed. No variant carries a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The source could not be reached or read.
    #[error("failed to read the source database")]
    Source(#[source] pgrefit_pg::Error),
    /// The server that a backup is restored on could not be reached or used.
    #[error("failed to use the server that the backup is restored on")]
    Target(#[source] pgrefit_pg::Error),
    /// No scratch server could be had.
    #[error("failed to start a scratch server to restore on")]
    Scratch(#[source] pgrefit_scratch::Error),
    /// A client program is nowhere.
    #[error("failed to find {tool}")]
    ToolMissing {
        /// The program.
        tool: String,
    },
    /// The newest client program there is cannot read this server.
    #[error("failed to find a {tool} of PostgreSQL {wanted} or newer: the newest is {found}, in {}", dir.display())]
    ToolTooOld {
        /// The program.
        tool: String,
        /// The source's major version.
        wanted: u32,
        /// Major version of the newest that was found.
        found: u32,
        /// Where.
        dir: PathBuf,
    },
    /// The client program was built without TLS, and the source is reached with it.
    #[error("failed to connect with {}: it has no TLS, which the source is reached with", program.display())]
    ToolWithoutTls {
        /// The program.
        program: PathBuf,
    },
    /// A program could not be run.
    #[error("failed to run {program}")]
    ToolNotRun {
        /// The program.
        program: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// A program did not end in time, and was ended.
    #[error("failed to finish {tool} within {} s", limit.as_secs())]
    ToolTimeout {
        /// The program.
        tool: String,
        /// The limit.
        limit: Duration,
    },
    /// There is no room.
    #[error("failed to find room in {}: {need} bytes are needed, {available} are there", dir.display())]
    NoSpace {
        /// Where.
        dir: PathBuf,
        /// Bytes that are needed, by the sizes of the tables.
        need: u64,
        /// Bytes that may be used.
        available: u64,
    },
    /// This role may not read something that belongs into a backup.
    #[error("failed to read everything as \"{role}\": {}", list(unreadable))]
    NotReadable {
        /// The role.
        role: String,
        /// What it may not read, and why.
        unreadable: Vec<String>,
    },
    /// The server that a backup is restored on lacks extensions of the source.
    #[error("failed to find extensions for PostgreSQL {major} on the server to restore on: {}", extensions.join(", "))]
    ExtensionMissing {
        /// Their names.
        extensions: Vec<String>,
        /// The major version of that server.
        major: u32,
    },
    /// The tool that takes the backup failed.
    #[error("failed to take the backup: {tool} ended with {status}: {output}")]
    DumpFailed {
        /// The program.
        tool: String,
        /// How it ended.
        status: String,
        /// The end of what it said.
        output: String,
    },
    /// The tool that restores it failed.
    #[error("failed to restore the backup: {tool} ended with {status}: {output}")]
    RestoreFailed {
        /// The program.
        tool: String,
        /// How it ended.
        status: String,
        /// The end of what it said.
        output: String,
    },
    /// A tool said something that cannot be understood.
    #[error("failed to understand {tool}: {what}")]
    ToolAnswer {
        /// The program.
        tool: String,
        /// What is wrong with its answer.
        what: String,
    },
    /// The files are not those that were written.
    #[error("failed to recognise the backup in {}: {what} in {}", dir.display(), list(files))]
    FilesChanged {
        /// The backup.
        dir: PathBuf,
        /// `changed` or `missing` or `unexpected`.
        what: &'static str,
        /// The files, by path in the folder.
        files: Vec<String>,
    },
    /// The restored copy is not the source.
    #[error("failed to find the restored copy equal to the source: {}", list(what))]
    Differs {
        /// Each difference, in words.
        what: Vec<String>,
    },
    /// There is something in the database that a backup is to be restored into.
    #[error("failed to restore into the database {database}: it is not empty, but has {objects} objects")]
    NotEmpty {
        /// Its name.
        database: String,
        /// How many tables, views, sequences, routines and types it has.
        objects: u64,
    },
    /// The server that a copy is to be made on is the one of the source.
    #[error("refused to make a copy on the live server itself")]
    LiveServer,
    /// The backup is older than it may be.
    #[error("failed to find a backup that is young enough: the newest is of {taken_at}, {} s old", age.as_secs())]
    TooOld {
        /// When it was taken.
        taken_at: String,
        /// How old that is.
        age: Duration,
        /// How old it may be.
        limit: Duration,
    },
    /// There is no backup at all.
    #[error("failed to find a backup: {what}")]
    NoBackup {
        /// Where there is none.
        what: String,
    },
    /// The manifest is missing or cannot be understood.
    #[error("failed to read {}", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Cause,
    },
    /// A file or directory could not be read or written.
    #[error("failed to {action} {}", path.display())]
    Io {
        /// A verb.
        action: &'static str,
        /// What it is about.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// This kind of backup cannot be restored here.
    #[error("failed to restore a backup of {adapter}: {why}")]
    NotRestorable {
        /// The adapter.
        adapter: String,
        /// Why.
        why: String,
    },
    /// Somebody asked to stop.
    #[error("failed to finish: asked to stop")]
    Stopped,
}

impl Error {
    pub(crate) fn io(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| Self::Io { action, path, source }
    }

    /// Whether the same thing may work in a moment, unchanged.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Source(error) | Self::Target(error) => error.is_retryable(),
            Self::Stopped => true,
            _ => false,
        }
    }
}

/// At most ten of them; how many more there are is said.
fn list(all: &[String]) -> String {
    let more = all.len().saturating_sub(10);
    let shown = all[..all.len() - more].join("; ");
    if more == 0 { shown } else { format!("{shown}; and {more} more") }
}

/// A name for a message.
pub(crate) fn named(kind: &str, name: &Name) -> String {
    format!("{kind} {name}")
}
