//! Why nothing could be measured at all. A query that fails is not an error: it is what was measured.

use thiserror::Error as ThisError;

/// An error of this crate.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// No session could be had, or it could not be kept.
    #[error(transparent)]
    Database(#[from] pgrefit_pg::Error),
    /// Two queries have one name, so that their results could not be told apart.
    #[error("failed to tell queries apart: two are called \"{0}\"")]
    SameName(String),
    /// Every query has weight 0, or there is none.
    #[error("failed to make a mix of queries: none has a weight")]
    EmptyMix,
    /// A rate, number of sessions or limit that cannot be worked with.
    #[error("failed to use the options: {0}")]
    Options(&'static str),
    /// The library of histograms did not take the bounds it was given.
    #[error("failed to make a histogram of latencies")]
    Histogram(#[from] hdrhistogram::CreationError),
    /// The server keeps no statistics of statements.
    #[error("failed to read pg_stat_statements: {0}")]
    NoStatements(String),
    /// The load could not be put on the server.
    #[error(transparent)]
    Load(#[from] pgrefit_load::Error),
    /// Somebody asked to stop before anything was measured.
    #[error("failed to measure anything before it was stopped")]
    Stopped,
    /// Every statement of the workload writes, and only reading is allowed.
    #[error("failed to find a statement that only reads in the workload")]
    OnlyWrites,
    /// The SQL that sets one side of a comparison up failed.
    #[error("failed to set up side {side}")]
    Setup {
        /// Which.
        side: String,
        /// What the server said.
        #[source]
        source: pgrefit_pg::Error,
    },
    /// The server's answer is not what it is documented to be.
    #[error("failed to understand what {0} answered")]
    Unexpected(&'static str),
}

impl Error {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let own = match self {
            Self::Database(error) | Self::Setup { source: error, .. } => return error.hint(),
            Self::Load(error) => return error.hint(),
            Self::Stopped => "run it again",
            Self::OnlyWrites => "allow writes, on a database that may be written to",
            Self::SameName(_) => "give each query a name of its own",
            Self::EmptyMix => "give at least one query a weight above 0",
            Self::NoStatements(_) => {
                "add pg_stat_statements to shared_preload_libraries, restart, and CREATE EXTENSION pg_stat_statements; \
                 the role needs pg_read_all_stats to see the statements of others"
            }
            Self::Options(_) | Self::Histogram(_) | Self::Unexpected(_) => return None,
        };
        Some(own.to_owned())
    }
}
