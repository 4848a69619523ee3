//! A session that the server itself keeps from writing.

use std::time::Duration;

use tokio_postgres::types::ToSql;
use tokio_postgres::{IsolationLevel, Row, Transaction};

use crate::connector::Limits;
use crate::session::{LastWords, Session};
use crate::{CancelHandle, Error, SimpleRow};

/// A session in which the server refuses every write. Works on a standby too.
///
/// `default_transaction_read_only` guards against mistakes, not against SQL that turns it off on purpose.
#[derive(Debug)]
pub struct ReadOnly {
    session: Session,
}

impl ReadOnly {
    /// The `statement_timeout` when [`Limits::statement`] is zero: a look at a live database always has a bound.
    pub const STATEMENT_LIMIT: Duration = Duration::from_mins(1);

    pub(crate) async fn start(session: Session, limits: Limits) -> Result<Self, Error> {
        // Two messages: a setting of the default reaches only the next transaction, and one message is one transaction.
        let mut answers = session.pipeline(&[&setup(limits), "SHOW transaction_read_only"]).await.into_iter();
        let (set, shown) = (answers.next().transpose()?, answers.next().transpose()?);
        let says_on = shown.is_some_and(|rows| rows == [[Some("on".to_owned())]]);
        if set.is_some() && says_on { Ok(Self { session }) } else { Err(Error::NotReadOnly) }
    }

    /// Runs one query with parameters `$1`, `$2`, … outside of any snapshot.
    ///
    /// # Errors
    /// What the server says; [`Error::Lost`] when the connection died.
    pub async fn query(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error> {
        self.session.query(sql, params).await
    }

    /// Runs SQL by the simple protocol: no prepared statement, all values as text.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub async fn simple(&self, sql: &str) -> Result<Vec<SimpleRow>, Error> {
        self.session.simple(sql).await
    }

    /// Opens a `REPEATABLE READ READ ONLY` transaction: every query in it sees the same moment. It ends on drop.
    ///
    /// The server ends one that asks nothing for a minute: an open snapshot keeps `VACUUM` from its work.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub async fn snapshot(&mut self) -> Result<Snapshot<'_>, Error> {
        let Session { client, last_words, .. } = &mut self.session;
        let builder =
            client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true);
        let transaction = builder.start().await.map_err(|error| last_words.error(error))?;
        Ok(Snapshot { transaction, last_words })
    }

    /// The server's version as in `server_version_num`; 0 when it could not be read.
    #[must_use]
    pub fn version_num(&self) -> u32 {
        self.session.version_num
    }

    /// A handle to cancel what this session runs.
    #[must_use]
    pub fn cancel_handle(&self) -> CancelHandle {
        self.session.canceller()
    }
}

/// One moment of the database, to be read with as many queries as needed.
pub struct Snapshot<'a> {
    transaction: Transaction<'a>,
    last_words: &'a LastWords,
}

impl std::fmt::Debug for Snapshot<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").finish_non_exhaustive()
    }
}

impl Snapshot<'_> {
    /// Runs one query with parameters `$1`, `$2`, ….
    ///
    /// # Errors
    /// What the server says, after which the snapshot answers nothing more; [`Error::Lost`] when the connection died.
    pub async fn query(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error> {
        self.transaction.query(sql, params).await.map_err(|error| self.last_words.error(error))
    }
}

fn setup(limits: Limits) -> String {
    let statement = if limits.statement.is_zero() { ReadOnly::STATEMENT_LIMIT } else { limits.statement };
    format!(
        "SET default_transaction_read_only = on; SET lock_timeout = '100ms'; SET statement_timeout = {}; \
         SET idle_in_transaction_session_timeout = '60s'",
        statement.as_millis()
    )
}
