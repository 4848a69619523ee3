//! The session in which a copy is worked on: alone, within limits, and ended in order when the run is asked to stop.

use std::pin::pin;
use std::time::Duration;

use pgrefit_pg::{Error as PgError, Limits, Migrator, SimpleRow, Stop};

use super::{Error, WritableCopy};

/// Held by whoever tunes on a database: "pgrefit tune" as a number.
const LOCK_KEY: i64 = 0x7067_7265_7475_6e65;
/// A copy is nobody else's; only autovacuum may be in the way, and it gives way after `deadlock_timeout`.
const LOCK_LIMIT: Duration = Duration::from_secs(20);

/// The session.
pub(super) struct Session<'a> {
    inner: Migrator,
    stop: &'a Stop,
}

/// What came of SQL: rows, or what the server has against it.
pub(super) type Said<T> = Result<T, Box<PgError>>;

impl<'a> Session<'a> {
    /// Opens it and takes the copy for itself: a second run on the same database is refused.
    ///
    /// `limit` is the `statement_timeout` of what has no shorter one.
    pub(super) async fn open(copy: &WritableCopy, stop: &'a Stop, limit: Duration) -> Result<Self, Error> {
        let limits = copy.connector().limits();
        let limits = Limits { statement: limit, lock: LOCK_LIMIT, ..limits };
        let opened = copy.connector().clone().with_limits(limits).migrator().await;
        let inner = opened.map_err(Error::doing("open a session in the copy"))?;
        let mut session = Self { inner, stop };
        let took = session.value(&format!("SELECT pg_catalog.pg_try_advisory_lock({LOCK_KEY})")).await?;
        if took.as_deref() == Some("t") { Ok(session) } else { Err(Error::Busy) }
    }

    /// Runs SQL by the simple protocol; what the server has against it is an answer, a lost connection and a request to stop are
    /// errors. A statement that runs when the request comes is cancelled.
    pub(super) async fn say(&mut self, sql: &str) -> Result<Said<Vec<SimpleRow>>, Error> {
        if self.stop.is_requested() {
            return Err(Error::Stopped);
        }
        let cancel = self.inner.cancel_handle();
        let mut work = pin!(self.inner.simple(sql));
        let answer = tokio::select! {
            answer = &mut work => answer,
            () = self.stop.requested() => {
                // If the request does not arrive, the statement's own limit ends it.
                let _ = cancel.cancel().await;
                let _ = work.await;
                return Err(Error::Stopped);
            }
        };
        sorted(answer)
    }

    /// The same for what must succeed.
    pub(super) async fn must(&mut self, sql: &str, doing: &'static str) -> Result<Vec<SimpleRow>, Error> {
        self.say(sql).await?.map_err(|source| Error::Database { doing, source: *source })
    }

    /// The first value of the first row.
    pub(super) async fn value(&mut self, sql: &str) -> Result<Option<String>, Error> {
        let rows = self.must(sql, "ask the copy").await?;
        Ok(rows.into_iter().next().and_then(|row| row.into_iter().next().flatten()))
    }

    /// Runs one statement by the extended protocol, which takes no second one behind a semicolon: for SQL that came from outside.
    pub(super) async fn single(&mut self, sql: &str) -> Result<Said<()>, Error> {
        if self.stop.is_requested() {
            return Err(Error::Stopped);
        }
        sorted(self.inner.query(sql, &[]).await.map(drop))
    }

    /// Cleans up: also when the run was asked to stop.
    pub(super) async fn settle(&mut self, sql: &str) -> Result<Said<()>, Error> {
        sorted(self.inner.batch(sql).await)
    }

    /// The same for a query.
    pub(super) async fn settle_rows(&mut self, sql: &str) -> Result<Vec<SimpleRow>, Error> {
        self.inner.simple(sql).await.map_err(Error::doing("clean up the copy"))
    }
}

/// Tells what the server has against SQL from a session that is gone.
fn sorted<T>(answer: Result<T, PgError>) -> Result<Said<T>, Error> {
    match answer {
        Ok(value) => Ok(Ok(value)),
        Err(error) if error.server().is_none() || matches!(error, PgError::Lost { .. }) => {
            Err(Error::Database { doing: "work on the copy", source: error })
        }
        Err(error) => Ok(Err(Box::new(error))),
    }
}

/// What the server says, in one line.
pub(super) fn reason(error: &PgError) -> String {
    error.server().map_or_else(|| error.to_string(), |server| server.message.clone())
}

/// A string as SQL, the same whatever `standard_conforming_strings` is.
pub(super) fn literal(text: &str) -> String {
    if text.contains('\\') {
        return format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"));
    }
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn literals() {
        let check = |text: &str, expected: &str| assert_eq!(super::literal(text), expected);
        check("a", "'a'");
        check("it's", "'it''s'");
        check("a\\'b", "E'a\\\\''b'");
    }
}
