//! A session that may write.

mod cancel;

use std::pin::pin;

use bytes::Bytes;
use futures_util::{SinkExt, Stream, StreamExt};
use tokio_postgres::Row;

use crate::connector::Limits;
use crate::session::{Params, Session};
use crate::{Error, SimpleRow};

pub use cancel::CancelHandle;

/// A session that may change the database.
#[derive(Debug)]
pub struct Migrator {
    session: Session,
    backend_pid: i32,
    own_settings: Vec<String>,
}

/// How far a script came, and why not further.
#[derive(Debug, thiserror::Error)]
#[error("failed after {completed} statements of the script")]
pub struct ScriptError {
    /// How many statements were completed; empty ones do not count.
    pub completed: usize,
    /// Why the next one was not.
    #[source]
    pub source: Error,
}

/// Which part of a pipeline failed first, and how.
#[derive(Debug, thiserror::Error)]
#[error("failed at part {} of the pipeline", index + 1)]
pub struct PipelineError {
    /// Index of the string that failed, from 0.
    pub index: usize,
    /// Why.
    #[source]
    pub source: Error,
}

impl Migrator {
    /// `limits` are set for the session; `None` sets nothing: behind a pooler it would stay with a backend that somebody else
    /// gets next.
    pub(crate) async fn start(session: Session, limits: Option<Limits>) -> Result<Self, Error> {
        let Some(limits) = limits else { return Self::start_pooled(session).await };
        let (limits, check) =
            (limits_sql(limits, session.version_num), connection_check(session.version_num));
        let mut answers =
            session.pipeline(&[&limits.join(";"), check, "SELECT pg_catalog.pg_backend_pid()"]).await;
        let backend_pid = pid(&answers.pop().unwrap_or_else(|| Ok(Vec::new()))?)?;
        // What the server could not do now it cannot do later either.
        let can_check = answers.pop().is_some_and(|answer| answer.is_ok()) && !check.is_empty();
        answers.swap_remove(0)?;
        let own_settings = own_settings(limits, can_check.then_some(check));
        Ok(Self { session, backend_pid, own_settings })
    }

    /// Which backend serves a statement changes; the process id is that of the first one.
    async fn start_pooled(session: Session) -> Result<Self, Error> {
        let backend_pid = pid(&session.simple("SELECT pg_catalog.pg_backend_pid()").await?)?;
        Ok(Self { session, backend_pid, own_settings: Vec::new() })
    }

    /// Statements that undo what earlier SQL left in the session (role, `search_path`, every other setting, temporary
    /// tables, advisory locks) and give it its own limits again. None behind a pooler, where a session has nothing of its
    /// own.
    #[must_use]
    pub fn own_settings(&self) -> &[String] {
        &self.own_settings
    }

    /// Runs a script in one message: the server reads it whole, runs its statements in order, and passes over the rest at
    /// the first error.
    ///
    /// # Errors
    /// The first error, with the number of statements completed before it, after a `ROLLBACK`: the session is idle again,
    /// if it is still there.
    pub async fn script(&mut self, sql: &str) -> Result<(), ScriptError> {
        self.run_script(sql, None).await
    }

    /// The same; each row is handed over as it comes.
    ///
    /// # Errors
    /// As [`Self::script`].
    pub async fn script_with_rows(
        &mut self,
        sql: &str,
        on_row: &mut (dyn FnMut(SimpleRow) + Send),
    ) -> Result<(), ScriptError> {
        self.run_script(sql, Some(on_row)).await
    }

    async fn run_script(
        &mut self,
        sql: &str,
        on_row: Option<&mut (dyn FnMut(SimpleRow) + Send)>,
    ) -> Result<(), ScriptError> {
        let (completed, outcome) = self.session.script(sql, on_row).await;
        if outcome.is_err() {
            // Says so itself when the connection is gone; the first error is the one to tell.
            let _ = self.session.batch("ROLLBACK").await;
        }
        outcome.map_err(|source| ScriptError { completed, source })
    }

    /// Runs one statement with parameters `$1`, `$2`, ….
    ///
    /// # Errors
    /// What the server says; [`Error::Lost`] when the connection died.
    pub async fn query(&mut self, sql: &str, params: Params<'_>) -> Result<Vec<Row>, Error> {
        self.session.query(sql, params).await
    }

    /// Runs one statement by the simple protocol, and returns how many rows it wrote.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub async fn affected(&mut self, sql: &str) -> Result<u64, Error> {
        self.session.affected(sql).await
    }

    /// Runs SQL by the simple protocol: any number of statements, rows of text.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub async fn simple(&mut self, sql: &str) -> Result<Vec<SimpleRow>, Error> {
        self.session.simple(sql).await
    }

    /// Runs SQL by the simple protocol: any number of statements, no rows back.
    ///
    /// Several statements in one string are one transaction, unless they say otherwise.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub async fn batch(&mut self, sql: &str) -> Result<(), Error> {
        self.session.batch(sql).await
    }

    /// Sends all parts back to back as messages of their own, then waits for all answers: one network round trip.
    ///
    /// The parts that follow a failed one have been sent already. Inside a transaction that a former part opened the
    /// server refuses them; outside of one it runs them. A `BEGIN` that may be cancelled therefore belongs into the
    /// same part as what must not run without it.
    ///
    /// # Errors
    /// The first part that failed, after a `ROLLBACK`: the session is idle again, if it is still there.
    pub async fn pipeline(&mut self, parts: &[&str]) -> Result<(), PipelineError> {
        let answers = self.session.pipeline(parts).await;
        let failed = answers.into_iter().enumerate().find_map(|(index, answer)| Some((index, answer.err()?)));
        let Some((index, source)) = failed else { return Ok(()) };
        if !matches!(source, Error::Lost { .. }) {
            // Its only way to fail is a lost connection, which the next use of the session reports.
            let _ = self.session.batch("ROLLBACK").await;
        }
        Err(PipelineError { index, source })
    }

    /// Runs a `COPY … FROM STDIN` with the bytes of `data`; returns the number of rows.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub async fn copy_in(&mut self, sql: &str, data: impl Stream<Item = Bytes> + Send) -> Result<u64, Error> {
        let lost = |error| self.session.last_words.error(error);
        let mut sink = pin!(self.session.client.copy_in(sql).await.map_err(lost)?);
        let mut data = pin!(data);
        while let Some(chunk) = data.next().await {
            sink.send(chunk).await.map_err(lost)?;
        }
        sink.finish().await.map_err(lost)
    }

    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// The process id of this session's backend on the server.
    #[must_use]
    pub fn backend_pid(&self) -> i32 {
        self.backend_pid
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

fn pid(rows: &[SimpleRow]) -> Result<i32, Error> {
    let pid = rows.first().and_then(|row| row.first()?.as_deref()?.parse().ok());
    pid.ok_or_else(|| Error::Exchange("no pg_backend_pid".into()))
}

/// Keeps the time limits of the server's configuration from ending a migration half-way.
fn own_settings(limits: Vec<String>, check: Option<&str>) -> Vec<String> {
    let reset = [
        "RESET SESSION AUTHORIZATION",
        "RESET ROLE",
        "RESET ALL",
        "DISCARD TEMP",
        "SELECT pg_catalog.pg_advisory_unlock_all()",
    ];
    reset.map(str::to_owned).into_iter().chain(limits).chain(check.map(str::to_owned)).collect()
}

/// What [`Migrator::own_settings`] will be on a server of this version, as far as it is known without one.
pub(crate) fn expected_settings(limits: Limits, version_num: u32) -> Vec<String> {
    let check = Some(connection_check(version_num)).filter(|check| !check.is_empty());
    own_settings(limits_sql(limits, version_num), check)
}

fn limits_sql(limits: Limits, version_num: u32) -> Vec<String> {
    let mut sql = vec![
        format!("SET lock_timeout = {}", limits.lock.as_millis()),
        format!("SET statement_timeout = {}", limits.statement.as_millis()),
        "SET idle_in_transaction_session_timeout = 0".to_owned(),
    ];
    sql.extend(SERVER_KEEPALIVE.map(|setting| format!("SET {setting}")));
    if version_num >= 170_000 {
        sql.push("SET transaction_timeout = 0".to_owned());
    }
    sql
}

/// Has the server's side notice within eleven seconds that the network to its client is gone, where no closed connection
/// tells it: five seconds of silence, then three unanswered probes.
pub(crate) const SERVER_KEEPALIVE: [&str; 3] =
    ["tcp_keepalives_idle = 5", "tcp_keepalives_interval = 2", "tcp_keepalives_count = 3"];

/// Has a backend notice within half a second that its client is gone, and stop. Measured: a killed client's statement
/// held its locks for 12 ms instead of 7.8 s. A message of its own, whose failure is accepted: not every platform of
/// the server can do it.
fn connection_check(version_num: u32) -> &'static str {
    if version_num >= 140_000 { "SET client_connection_check_interval = '500ms'" } else { "" }
}
