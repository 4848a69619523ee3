//! Why no proposal could be made at all. A statement that fails, or an index that cannot be built, is no error: it is told.

use thiserror::Error as ThisError;

/// An error of the search for indexes.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// No session could be had, or it could not be kept.
    #[error("failed to {doing}")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// What the server, or the connection, says.
        #[source]
        source: pgrefit_pg::Error,
    },
    /// What was given as the copy is the live database, or another database of its server.
    #[error("failed to accept database \"{database}\" as a copy: its server is the live one")]
    IsLive {
        /// The database that was given.
        database: String,
    },
    /// The copy takes no writes.
    #[error("failed to accept database \"{database}\" as a copy: it is a standby")]
    IsStandby {
        /// The database that was given.
        database: String,
    },
    /// The live database is a standby, and what was given as the copy may be the primary that it follows.
    #[error(
        "failed to accept database \"{database}\" as a copy: the live one is a standby, and this may be the primary that it follows"
    )]
    MayBePrimary {
        /// The database that was given.
        database: String,
    },
    /// The live database is not what the copy is.
    #[error(
        "failed to fit the files to the live database: {table} is gone there, or partitioned on one side only"
    )]
    Changed {
        /// The table.
        table: String,
    },
    /// Somebody else tunes on this copy.
    #[error("failed to have the copy alone: another run works on it")]
    Busy,
    /// There is nothing to make faster: no statement was given, or none can be measured.
    #[error("failed to find a statement to measure: {0}")]
    NoStatements(String),
    /// Two statements have one name, so that what is said of them could not be told apart.
    #[error("failed to tell statements apart: two are called \"{0}\"")]
    SameName(String),
    /// The run was asked to stop.
    #[error("failed to finish: the run was asked to stop")]
    Stopped,
    /// A threshold or limit that cannot be worked with.
    #[error("failed to use the options: {0}")]
    Options(&'static str),
    /// The server keeps no statistics of statements, or not for this role.
    #[error("failed to read pg_stat_statements: {0}")]
    NoTraffic(String),
    /// The server's answer is not what it is documented to be.
    #[error("failed to understand what the server says of {0}")]
    Unexpected(&'static str),
}

impl Error {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let own = match self {
            Self::Database { source, .. } => return source.hint(),
            Self::IsLive { .. } => {
                "restore a backup on another server, or let pgrefit start a scratch server"
            }
            Self::IsStandby { .. } => "indexes are built for real: give a copy that takes writes",
            Self::MayBePrimary { .. } => {
                "restore a backup on another server, or let pgrefit start a scratch server; or give the live URL of the primary"
            }
            Self::Changed { .. } => "take a new backup, and search again",
            Self::Busy => "wait for the other run to end, or give each run a copy of its own",
            Self::NoStatements(_) => "give [[queries]], or a server with pg_stat_statements",
            Self::SameName(_) => "give each statement a name of its own",
            Self::NoTraffic(_) => {
                "add pg_stat_statements to shared_preload_libraries, restart, and CREATE EXTENSION pg_stat_statements; \
                 or give [[queries]]"
            }
            Self::Stopped | Self::Options(_) | Self::Unexpected(_) => return None,
        };
        Some(own.to_owned())
    }

    /// Wraps what the server says while something is done.
    pub(super) fn doing(doing: &'static str) -> impl FnOnce(pgrefit_pg::Error) -> Self {
        move |source| Self::Database { doing, source }
    }
}
