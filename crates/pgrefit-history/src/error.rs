//! Why migrations cannot be planned or applied.

use std::path::PathBuf;

use pgrefit_pg::Error as PgError;
use pgrefit_sql::{Obstacle, Place};
use thiserror::Error;

use crate::{Entry, FileError, State};

/// An error of this crate.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The migration files cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// The database said no, or nothing.
    #[error(transparent)]
    Database(#[from] PgError),
    /// Files and history do not fit; nothing was done. One entry for each version that does not.
    #[error("the migration files and the history of the database do not fit: {}", summary(.0))]
    Diverged(Vec<Entry>),
    /// The session has no schema to create the history table in.
    #[error("failed to find a schema for the history table: search_path names none that exists")]
    NoSchema,
    /// A table of the history's name is something else.
    #[error("the table \"{table}\" is not a migration history: {found}")]
    NotHistory {
        /// The table.
        table: String,
        /// What is wrong with it.
        found: String,
    },
    /// A history row without a version.
    #[error("{table} has a row without a version")]
    BrokenRow {
        /// The table.
        table: String,
    },
    /// A version that the history table's column cannot hold.
    #[error(
        "version {version} does not fit the history table: its column version is int4 (at most 2147483647)"
    )]
    VersionTooWide {
        /// The version.
        version: i64,
        /// The history table, quoted.
        table: String,
    },
    /// `--target` names no version.
    #[error("there is no migration with version {0}")]
    UnknownTarget(i64),
    /// A statement that cannot run in the transaction of its migration.
    #[error("{}:{}:{}: {}", path.display(), place.line, place.column, obstacle_text(*obstacle))]
    NotTransactional {
        /// The file.
        path: PathBuf,
        /// The statement's place.
        place: Place,
        /// What is in the way.
        obstacle: Obstacle,
    },
    /// A statement of a migration failed; the migration was rolled back.
    #[error(transparent)]
    Statement(Box<StatementError>),
    /// Recording or committing a migration failed; the migration was rolled back.
    #[error("failed to {what} {title}")]
    Commit {
        /// `begin`, `record` or `commit`.
        what: &'static str,
        /// The migration.
        title: String,
        /// What the server said.
        #[source]
        source: PgError,
    },
    /// The file ended the transaction that pgrefit had opened for it.
    #[error("{} ends the transaction it runs in: a part of it is committed, but it is not recorded", path.display())]
    EndedTransaction {
        /// The file.
        path: PathBuf,
    },
    /// The connection that holds the runner lock died; another runner may be at work.
    #[error("lost the runner lock before {title}")]
    LockLost {
        /// The migration that was not begun.
        title: String,
        /// What became of the connection.
        #[source]
        source: PgError,
    },
    /// A database that has a history cannot be adopted again.
    #[error("{table} records migrations already ({count})")]
    AlreadyManaged {
        /// The history table, quoted.
        table: String,
        /// How many rows it has.
        count: usize,
    },
    /// The history is no longer what was shown before a repair.
    #[error("the record of {title} has changed since it was shown")]
    ChangedMeanwhile {
        /// The migration.
        title: String,
    },
    /// refinery refused what was planned. A bug of pgrefit: both judge by the same rules.
    #[error("refinery refused the plan")]
    Refinery(#[source] refinery::Error),
}

/// The failure of one statement of a migration.
#[derive(Debug, Error)]
#[error("failed to apply {title}")]
pub struct StatementError {
    /// The migration.
    pub title: String,
    /// The file.
    pub path: PathBuf,
    /// Where in the file, as exactly as the server told.
    pub place: Place,
    /// The text of that line.
    pub line: String,
    /// What the server said.
    pub source: PgError,
}

impl Error {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::File(error) => error.hint(),
            Self::Diverged(entries) => return entries.first().map(|entry| hint_for(entry.state).to_owned()),
            Self::NoSchema => {
                "create the schema, or connect with a search_path that names an existing one".into()
            }
            Self::NotHistory { .. } => {
                "name another history table in pgrefit.toml ([migrations] history_table)".into()
            }
            Self::BrokenRow { table } => format!("look at it: SELECT * FROM {table} WHERE version IS NULL"),
            Self::VersionTooWide { table, .. } => format!(
                "use smaller numbers, or widen the column once: ALTER TABLE {table} ALTER COLUMN version TYPE int8 \
                 (plain refinery then needs its feature int8-versions)"
            ),
            Self::UnknownTarget(_) => "`pgrefit status` lists the versions".into(),
            Self::NotTransactional { obstacle, .. } => obstacle_hint(*obstacle).into(),
            Self::EndedTransaction { .. } => {
                "take BEGIN, COMMIT and ROLLBACK out of the file; look at what it did before running again"
                    .into()
            }
            Self::AlreadyManaged { .. } => {
                "run `pgrefit migrate`; `pgrefit status` shows what is recorded".into()
            }
            Self::ChangedMeanwhile { .. } => "look again with `pgrefit repair`".into(),
            Self::LockLost { .. } => "run again; what was applied is recorded".into(),
            Self::Database(source) | Self::Commit { source, .. } => return source.hint(),
            Self::Statement(error) => return error.source.hint(),
            Self::Refinery(_) => return None,
        };
        Some(text)
    }
}

/// What to do about a version in this state.
#[must_use]
pub fn hint_for(state: State) -> &'static str {
    match state {
        State::Divergent => {
            "restore the file as it was applied, or, if the edit was deliberate, record it with `pgrefit repair`"
        }
        State::FileMissing => {
            "bring the file back (version control has it); `pgrefit status` shows what is recorded"
        }
        State::Ahead => "a newer release has migrated this database; use that release or a later one",
        State::OutOfOrder => {
            "give the file a version above the last applied one, or, if its place in the order does not matter, \
             begin its name with U instead of V"
        }
        State::Cosmetic => "`pgrefit repair --cosmetic` records the reformatted file",
        State::Applied | State::Pending | State::AboveTarget => "nothing to do",
    }
}

fn summary(entries: &[Entry]) -> String {
    let first =
        entries.first().map(|entry| format!("{}: {}", entry.title, entry.state.word())).unwrap_or_default();
    match entries.len() {
        0 | 1 => first,
        count => format!("{first} (and {} more)", count - 1),
    }
}

fn obstacle_text(obstacle: Obstacle) -> &'static str {
    match obstacle {
        Obstacle::ControlsTransaction => "the statement ends the transaction that the migration runs in",
        Obstacle::RefusedInTransaction => "the statement cannot run in the transaction of its migration",
        Obstacle::NeedsPsql => "COPY … FROM STDIN needs psql to send its rows, COPY … TO STDOUT to take them",
    }
}

fn obstacle_hint(obstacle: Obstacle) -> &'static str {
    match obstacle {
        Obstacle::ControlsTransaction => "leave it out: each migration already is one transaction",
        Obstacle::RefusedInTransaction => {
            "run it by hand, outside of a migration, or use the form that works in a transaction (without CONCURRENTLY)"
        }
        Obstacle::NeedsPsql => "write the rows to be inserted as INSERT … VALUES; leave the other out",
    }
}
