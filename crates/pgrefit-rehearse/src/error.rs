//! Why there is no rehearsal. A migration that fails in one is no error: [`Trace::failure`](crate::Trace::failure) has it.

use pgrefit_history::Error as HistoryError;
use pgrefit_pg::Error as PgError;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The copy said no, or nothing, to what the rehearsal itself needs.
    #[error("failed to {what}")]
    Database {
        /// What was being done: "read the relations of the copy".
        what: &'static str,
        /// What the server said.
        #[source]
        source: PgError,
    },
    /// The migrations cannot be run at all, or the run was stopped.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// What is said to be a copy is the live database.
    #[error("refused to rehearse: {database} is on the live server")]
    IsLive {
        /// Its name.
        database: String,
    },
    /// What is said to be a copy takes no writes.
    #[error("refused to rehearse: {database} is on a standby, which takes no writes")]
    IsStandby {
        /// Its name.
        database: String,
    },
    /// The copy has no database, or a name that cannot be read.
    #[error("failed to read {what} of the copy")]
    Unreadable {
        /// What.
        what: &'static str,
    },
}

impl Error {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Database { source, .. } => source.hint(),
            Self::History(source) => source.hint(),
            Self::IsLive { .. } => Some(
                "name another server for the rehearsal: one that was restored from a backup of this one"
                    .into(),
            ),
            Self::IsStandby { .. } => Some("promote the copy first, or name one that takes writes".into()),
            Self::Unreadable { .. } => None,
        }
    }

    /// Gives a database error its place.
    pub(crate) fn while_doing(what: &'static str) -> impl FnOnce(PgError) -> Self {
        move |source| Self::Database { what, source }
    }
}
