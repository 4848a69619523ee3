//! What can go wrong.

use std::time::Duration;

use pgrefit_pg::Error as PgError;

use crate::Judgement;

/// A section that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to read the partitions of {}: {key}: {problem}", named(table))]
pub struct SetError {
    /// The table, as far as it is said.
    pub table: String,
    /// The key of the configuration.
    pub key: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

fn named(table: &str) -> &str {
    if table.is_empty() { "a table without a name" } else { table }
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server, or the way to it.
    #[error("failed to {what}")]
    Server {
        /// What was tried.
        what: String,
        /// What was said.
        #[source]
        source: PgError,
    },
    /// There is no such table.
    #[error("failed to find the table {table}")]
    NoTable {
        /// As it was asked for.
        table: String,
    },
    /// A conversion is refused.
    #[error("failed to convert {table}: {} in the way", counted(judgement.refusals.len()))]
    Refused {
        /// The table.
        table: String,
        /// What is in the way, and what to do about it.
        judgement: Box<Judgement>,
    },
    /// The table is not partitioned in the way that the configuration says.
    #[error("failed to maintain {table}: {problem}")]
    Unfit {
        /// The table.
        table: String,
        /// What does not fit.
        problem: String,
    },
    /// Locks were not obtained within the budget; nothing was changed by the last attempt.
    #[error("failed to {what} within {} ms and {tries} tries: others hold locks in its way", waited.as_millis())]
    LockedOut {
        /// What was tried.
        what: String,
        /// How often.
        tries: u32,
        /// For how long.
        waited: Duration,
    },
    /// It was asked to stop.
    #[error("failed to finish: it was asked to stop")]
    Stopped,
}

fn counted(count: usize) -> String {
    if count == 1 { "something is".to_owned() } else { format!("{count} things are") }
}

impl Error {
    /// The same as an adaptor for `map_err`.
    pub(crate) fn server(what: impl Into<String>) -> impl FnOnce(PgError) -> Self {
        let what = what.into();
        move |source| Self::Server { what, source }
    }

    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Server { source, .. } => source.hint(),
            Self::NoTable { .. } => {
                Some("name it with its schema, or see that search_path has it".to_owned())
            }
            Self::Refused { .. } => {
                Some("see what is said of each; a loss can be accepted by its name in `accept`".to_owned())
            }
            Self::Unfit { .. } => Some("`pgrefit partition plan` says what a conversion would do".to_owned()),
            Self::LockedOut { .. } | Self::Stopped => {
                Some("run it again: what is done is done, and the rest is taken up".to_owned())
            }
        }
    }

    /// Whether the same may succeed later, without anything being changed by somebody.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Server { source, .. } => matches!(
                source,
                PgError::RunnerLockHeld { .. }
                    | PgError::LockTimeout(_)
                    | PgError::Cancelled(_)
                    | PgError::Lost { .. }
                    | PgError::TooManyConnections(_)
                    | PgError::NotAccepting(_)
            ),
            Self::LockedOut { .. } | Self::Stopped => true,
            Self::NoTable { .. } | Self::Refused { .. } | Self::Unfit { .. } => false,
        }
    }
}
