//! A session that the server itself keeps from writing.

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, TryStreamExt};
use tokio_postgres::{IsolationLevel, Row, Transaction};

use crate::connector::Limits;
use crate::session::{LastWords, Params, Session, simple_row};
use crate::workload::StatementLimits;
use crate::{CancelHandle, Error, SimpleRow};

/// A session in which the server refuses every write. Works on a standby too.
///
/// Each query is a `READ ONLY` transaction with its own time limits, and the server is asked each time whether it is one.
/// Nothing is set for the session: behind a pooler in transaction mode that would stay with a backend which the next
/// transaction of some application gets.
#[derive(Debug)]
pub struct ReadOnly {
    session: Session,
    begin: String,
}

impl ReadOnly {
    /// The `statement_timeout` when [`Limits::statement`] is zero: a look at a live database always has a bound.
    pub const STATEMENT_LIMIT: Duration = Duration::from_mins(1);

    /// Asks once, so that a pooler that has no backend to give is found out within the limit for connecting.
    pub(crate) async fn start(session: Session, limits: Limits) -> Result<Self, Error> {
        let read_only = Self { session, begin: begin(limits) };
        read_only.simple("").await?;
        Ok(read_only)
    }

    /// Runs one query with parameters `$1`, `$2`, … outside of any snapshot.
    ///
    /// # Errors
    /// What the server says; [`Error::Lost`] when the connection died.
    pub async fn query(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>, Error> {
        check(&self.session.simple(&format!("BEGIN READ ONLY; {}", self.begin)).await?)?;
        let answer = self.session.query(sql, params).await;
        // Also after an error, which would otherwise be that of every later query.
        self.session.batch("ROLLBACK").await?;
        answer
    }

    /// Runs SQL by the simple protocol: no prepared statement, all values as text. One message, so that what follows a
    /// statement that fails is not run.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub async fn simple(&self, sql: &str) -> Result<Vec<SimpleRow>, Error> {
        let answer =
            self.session.simple(&format!("BEGIN READ ONLY; {};\n{sql}\n; ROLLBACK", self.begin)).await;
        if answer.is_err() {
            self.session.batch("ROLLBACK").await?;
        }
        let mut rows = answer?;
        check(rows.get(..1).unwrap_or_default())?;
        Ok(rows.split_off(1))
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
        let shown = transaction.simple_query(&self.begin).await.map_err(|error| last_words.error(error))?;
        check(&shown.iter().filter_map(simple_row).collect::<Vec<_>>())?;
        Ok(Snapshot { transaction, last_words })
    }

    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// Begins a `READ ONLY` transaction with limits of its own instead of the session's.
    pub(crate) async fn begin_within(&self, limits: StatementLimits) -> Result<(), Error> {
        let limits = limits_sql(limits);
        let shown = self.session.simple(&format!("BEGIN READ ONLY; {limits}; {SHOW}")).await;
        match shown {
            Ok(shown) => check(&shown),
            Err(error) => self.end_after(Err(error)).await,
        }
    }

    /// Rolls back, also after an error, which is the one to tell.
    pub(crate) async fn end_after<T>(&self, answer: Result<T, Error>) -> Result<T, Error> {
        let ended = self.session.batch("ROLLBACK").await;
        let answer = answer?;
        ended.map(|()| answer)
    }

    /// Opens a transaction that sees the same moment as the one that exported the snapshot `id`
    /// ([`Connector::export_snapshot`](crate::Connector::export_snapshot)). It ends on drop.
    ///
    /// `statement` and `lock` are its time limits; zero is no limit for a statement.
    ///
    /// # Errors
    /// As [`Self::query`]; [`Error::Server`] when there is no such snapshot any more, or on another server or in another
    /// database than that of the exporting session.
    pub async fn join(
        &mut self,
        id: &str,
        statement: Duration,
        lock: Duration,
    ) -> Result<Snapshot<'_>, Error> {
        let Session { client, last_words, .. } = &mut self.session;
        let builder =
            client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true);
        let transaction = builder.start().await.map_err(|error| last_words.error(error))?;
        // Before any query, and with nothing in it that could end the literal.
        let sql = format!(
            "SET TRANSACTION SNAPSHOT '{}'; SET LOCAL lock_timeout = {}; SET LOCAL statement_timeout = {}; \
             SET LOCAL idle_in_transaction_session_timeout = '60s'; SHOW transaction_read_only",
            id.replace('\'', "''"),
            lock.as_millis(),
            statement.as_millis()
        );
        let shown = transaction.simple_query(&sql).await.map_err(|error| last_words.error(error))?;
        check(&shown.iter().filter_map(simple_row).collect::<Vec<_>>())?;
        Ok(Snapshot { transaction, last_words })
    }

    /// Whether this session is encrypted, as the server says: where TLS is only preferred, that it was offered tells nothing.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub async fn is_encrypted(&self) -> Result<bool, Error> {
        if self.session.tls.is_none() {
            return Ok(false);
        }
        let sql = "SELECT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_catalog.pg_backend_pid()";
        let rows = self.simple(sql).await?;
        Ok(rows.first().and_then(|row| row.first()?.as_deref()) == Some("t"))
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
    pub async fn query(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>, Error> {
        self.transaction.query_typed(sql, params).await.map_err(|error| self.last_words.error(error))
    }

    /// Runs a `COPY … TO STDOUT` within `limit` (zero is no limit), whose bytes come as they are read from the stream: no more than
    /// a few messages of the server are held at once.
    ///
    /// The stream must be read to its end before the snapshot is asked anything else. `row_security` is off, so that a policy that
    /// would hide rows is an error.
    ///
    /// # Errors
    /// As [`Self::query`], here or from the stream.
    pub async fn copy_out(
        &self,
        sql: &str,
        limit: Duration,
    ) -> Result<impl Stream<Item = Result<Bytes, Error>> + Send + use<'_>, Error> {
        let limit = limit.as_millis();
        self.batch(&format!("SET LOCAL row_security = off; SET LOCAL statement_timeout = {limit}")).await?;
        let lost = |error| self.last_words.error(error);
        Ok(self.transaction.copy_out(sql).await.map_err(lost)?.map_err(lost))
    }

    /// Runs one query, and hands each row to `take` as it comes, so that they need not all be held at once.
    pub(crate) async fn each(
        &self,
        sql: &str,
        params: Params<'_>,
        mut take: impl FnMut(&Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let params = params.iter().map(|(value, type_)| (*value, type_.clone()));
        let rows = self.transaction.query_typed_raw(sql, params).await;
        let mut rows = pin!(rows.map_err(|error| self.last_words.error(error))?);
        while let Some(row) = rows.try_next().await.map_err(|error| self.last_words.error(error))? {
            take(&row)?;
        }
        Ok(())
    }

    /// Runs statements without an answer: of savepoints, and settings of this transaction.
    pub(crate) async fn batch(&self, sql: &str) -> Result<(), Error> {
        self.transaction.batch_execute(sql).await.map_err(|error| self.last_words.error(error))
    }
}

/// The limits of a transaction, and the question whether it is read-only.
fn begin(limits: Limits) -> String {
    let statement = if limits.statement.is_zero() { ReadOnly::STATEMENT_LIMIT } else { limits.statement };
    let limits = limits_sql(StatementLimits { statement, lock: Duration::from_millis(100) });
    format!("{limits}; {SHOW}")
}

const SHOW: &str = "SHOW transaction_read_only";

fn limits_sql(limits: StatementLimits) -> String {
    format!(
        "SET LOCAL lock_timeout = {}; SET LOCAL statement_timeout = {}; \
         SET LOCAL idle_in_transaction_session_timeout = '60s'",
        limits.lock.as_millis(),
        limits.statement.as_millis()
    )
}

/// The answer to that question.
fn check(rows: &[SimpleRow]) -> Result<(), Error> {
    if rows == [[Some("on".to_owned())]] { Ok(()) } else { Err(Error::NotReadOnly) }
}
