//! What can go wrong between an application and its pool, by phase.

use std::time::Duration;

use pgrefit_pg::ServerError;

/// Why there is no connection, or why a statement failed. No variant carries a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A field of the configuration is out of its bounds.
    #[error("failed to make a pool: {field} {what}")]
    Config {
        /// The field of [`crate::PoolConfig`].
        field: &'static str,
        /// What it must be.
        what: String,
    },
    /// A variable of the environment is not what it should be.
    #[error("failed to understand {name}: it {what}")]
    Variable {
        /// The variable.
        name: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The settings of the connection cannot be understood.
    #[error("failed to understand where to connect")]
    Settings(#[source] pgrefit_pg::Error),
    /// The metrics do not take the pool.
    #[error("failed to make a pool")]
    Metrics(#[from] pgrefit_metrics::Error),
    /// There is no Tokio runtime here, on which a pool does its work.
    #[error("failed to make a pool outside of a Tokio runtime")]
    NoRuntime,
    /// All connections were used all the time.
    #[error(
        "failed to get a connection of pool \"{pool}\" while waiting for one to come back: all {max} were in use for {} ms, and {waiting} others wait",
        limit.as_millis()
    )]
    WaitTimeout {
        /// The pool.
        pool: String,
        /// How many connections it has.
        max: usize,
        /// How many others wait at this moment.
        waiting: usize,
        /// The limit that ran out.
        limit: Duration,
    },
    /// A new connection took too long.
    #[error("failed to get a connection of pool \"{pool}\" while opening one: it took more than {} ms", limit.as_millis())]
    CreateTimeout {
        /// The pool.
        pool: String,
        /// The limit that ran out.
        limit: Duration,
    },
    /// A new connection was not to be had.
    #[error("failed to get a connection of pool \"{pool}\" while opening one")]
    Create {
        /// The pool.
        pool: String,
        /// Why.
        #[source]
        source: pgrefit_pg::Error,
    },
    /// The pool is closed.
    #[error("failed to get a connection of pool \"{pool}\": it is closed")]
    Closed {
        /// The pool.
        pool: String,
    },
    /// A statement failed.
    #[error("failed to run a statement")]
    Statement(#[source] pgrefit_pg::Error),
    /// Behind a pooler in transaction mode, a prepared statement is not on this backend but on another one, or somebody else's is here
    /// under its name. The driver prepares such statements to look up types that are not built in; whether the statement that needed
    /// the type has been run is not known.
    #[error("failed to run a statement: the pooler gave another backend to a statement that was prepared")]
    WrongBackend(#[source] pgrefit_pg::Error),
    /// A statement was given too few or too many values for its parameters. It was not sent.
    #[error("failed to run a statement: its parameters are {wanted}, and it was given {given} values")]
    Parameters {
        /// How many parameters it has.
        wanted: usize,
        /// How many values it was given.
        given: usize,
    },
    /// A change of the schema made a prepared statement useless inside of a transaction, where it cannot be run again.
    #[error("failed to run a statement: the schema was changed after it was prepared")]
    PlanChanged(#[source] pgrefit_pg::Error),
    /// The connection was lost while a transaction was being committed: whether it took effect is not known.
    #[error("failed to learn whether the transaction was committed")]
    CommitUnknown(#[source] pgrefit_pg::Error),
    /// A statement of the transaction had failed, so the server rolled it back when it was to be committed, and calls that no error.
    #[error("failed to commit: a statement of the transaction had failed, so the server rolled it back")]
    RolledBack,
}

impl Error {
    /// What the server said, if it said anything.
    #[must_use]
    pub fn server(&self) -> Option<&ServerError> {
        self.inner().and_then(pgrefit_pg::Error::server)
    }

    /// The SQLSTATE, if the server gave one.
    #[must_use]
    pub fn sqlstate(&self) -> Option<&str> {
        self.server().map(|server| server.sqlstate.as_str())
    }

    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::WaitTimeout { .. } => Some(
                "look for connections that are held long (db_client_connection_use_time_seconds) before making the pool larger; \
                 `pgrefit tune pool` measures which size suits"
                    .to_owned(),
            ),
            Self::CreateTimeout { .. } => Some(
                "check that the server runs, its address, and the network and name service between".to_owned(),
            ),
            Self::CommitUnknown(_) => {
                Some("look whether its changes are there before doing it again".to_owned())
            }
            Self::PlanChanged(_) => Some("do the whole transaction again; Pool::transaction does that".to_owned()),
            Self::WrongBackend(_) => Some(
                "let the pooler keep track of prepared statements (PgBouncer 1.21 or later, with max_prepared_statements above 0), or \
                 cast columns and parameters whose types are not built in to and from text in the SQL"
                    .to_owned(),
            ),
            Self::Metrics(error) => error.hint().map(str::to_owned),
            _ => self.inner().and_then(pgrefit_pg::Error::hint),
        }
    }

    /// Whether a limit of this program ran out on the way to a connection.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(
            self,
            Self::WaitTimeout { .. }
                | Self::CreateTimeout { .. }
                | Self::Create { source: pgrefit_pg::Error::Timeout { .. }, .. }
        )
    }

    pub(crate) fn inner(&self) -> Option<&pgrefit_pg::Error> {
        match self {
            Self::Settings(error)
            | Self::Statement(error)
            | Self::PlanChanged(error)
            | Self::WrongBackend(error)
            | Self::CommitUnknown(error)
            | Self::Create { source: error, .. } => Some(error),
            _ => None,
        }
    }
}

/// What the bare client and its rows return.
impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Statement(pgrefit_pg::Error::of_client(error))
    }
}

impl From<pgrefit_pg::Error> for Error {
    fn from(error: pgrefit_pg::Error) -> Self {
        Self::Statement(error)
    }
}
