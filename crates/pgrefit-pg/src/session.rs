//! One open session: the client, the task that drives its connection, and how that connection ended.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::TryStreamExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::AbortHandle;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{AsyncMessage, Client, Connection, Row, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::connector::PlainWay;
use crate::{Error, ServerError};

/// A row of a simple query: every value as text, `None` for NULL.
pub type SimpleRow = Vec<Option<String>>;

/// Values for `$1`, `$2`, … with their types. The types are given, so that no statement has to be prepared under a name: behind
/// a pooler it would stay in a backend in which somebody else prepares one of the same name.
pub type Params<'a> = &'a [(&'a (dyn ToSql + Sync), Type)];

/// Called with every notice and warning of the server, from the task that drives the connection.
pub(crate) type OnNotice = Arc<dyn Fn(&ServerError) + Send + Sync>;

/// A client together with the end of its connection.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) last_words: LastWords,
    /// As in `server_version_num`; 0 when the server did not say.
    pub(crate) version_num: u32,
    /// How this session is encrypted; a cancel request goes the same way.
    pub(crate) tls: Option<MakeRustlsConnect>,
    /// Bounds a cancel request.
    pub(crate) connect_limit: Duration,
    /// How a cancel request goes when this session is plain and has a tap.
    pub(crate) tapped: Option<PlainWay>,
    /// The task that drives the connection.
    pub(crate) task: AbortHandle,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { version_num, tls, .. } = self;
        f.debug_struct("Session")
            .field("version_num", version_num)
            .field("tls", &tls.is_some())
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Takes a fresh connection and drives it on a task of its own until the client is dropped.
    pub(crate) fn spawn<S, T>(
        client: Client,
        connection: Connection<S, T>,
        tls: Option<MakeRustlsConnect>,
        connect_limit: Duration,
        on_notice: Option<OnNotice>,
    ) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let version_num = connection.parameter("server_version").map_or(0, version_num);
        let last_words = LastWords::default();
        let task = tokio::spawn(drive(connection, last_words.clone(), on_notice)).abort_handle();
        Self { client, last_words, version_num, tls, connect_limit, tapped: None, task }
    }

    pub(crate) async fn query(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>, Error> {
        self.client.query_typed(sql, params).await.map_err(|error| self.last_words.error(error))
    }

    pub(crate) async fn batch(&self, sql: &str) -> Result<(), Error> {
        self.client.batch_execute(sql).await.map_err(|error| self.last_words.error(error))
    }

    pub(crate) async fn simple(&self, sql: &str) -> Result<Vec<SimpleRow>, Error> {
        let messages = self.client.simple_query(sql).await.map_err(|error| self.last_words.error(error))?;
        Ok(messages.iter().filter_map(simple_row).collect())
    }

    /// Runs one statement; returns how many rows its command tag counts.
    pub(crate) async fn affected(&self, sql: &str) -> Result<u64, Error> {
        let messages = self.client.simple_query(sql).await.map_err(|error| self.last_words.error(error))?;
        let counts = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::CommandComplete(rows) => Some(*rows),
            _ => None,
        });
        Ok(counts.sum())
    }

    /// Runs statements in one message, and hands over their rows as they come, if anybody wants them; also tells how many
    /// were completed before an error.
    pub(crate) async fn script(
        &self,
        sql: &str,
        mut on_row: Option<&mut (dyn FnMut(SimpleRow) + Send)>,
    ) -> (usize, Result<(), Error>) {
        let mut completed = 0;
        let count = async {
            let mut messages = pin!(self.client.simple_query_raw(sql).await?);
            while let Some(message) = messages.try_next().await? {
                completed += usize::from(matches!(message, SimpleQueryMessage::CommandComplete(_)));
                if let Some(on_row) = &mut on_row {
                    simple_row(&message).map(on_row);
                }
            }
            Ok(())
        };
        let outcome: Result<(), tokio_postgres::Error> = count.await;
        (completed, outcome.map_err(|error| self.last_words.error(error)))
    }

    /// Sends all parts in order without waiting between them, then collects the answer of each.
    pub(crate) async fn pipeline(&self, parts: &[&str]) -> Vec<Result<Vec<SimpleRow>, Error>> {
        let mut sent = Vec::with_capacity(parts.len());
        for part in parts {
            // Resolves as soon as the message is queued for the connection's task.
            sent.push(self.client.simple_query_raw(part).await);
        }
        let mut answers = Vec::with_capacity(parts.len());
        for stream in sent {
            let messages = match stream {
                Ok(stream) => pin!(stream).try_collect::<Vec<_>>().await,
                Err(error) => Err(error),
            };
            answers.push(
                messages
                    .map(|all| all.iter().filter_map(simple_row).collect())
                    .map_err(|error| self.last_words.error(error)),
            );
        }
        answers
    }

    /// Asks the server to cancel what this session runs.
    pub(crate) fn canceller(&self) -> crate::CancelHandle {
        let token = self.client.cancel_token();
        crate::CancelHandle::new(token, self.tls.clone(), self.tapped.clone(), self.connect_limit)
    }
}

/// What the server said when it ended a connection that was not asking anything.
#[derive(Debug, Clone, Default)]
pub struct LastWords(Arc<OnceLock<ServerError>>);

impl LastWords {
    /// Converts an error of the client, and adds the last words when the connection is gone.
    #[must_use]
    pub fn error(&self, error: tokio_postgres::Error) -> Error {
        match (Error::in_session(error), self.0.get()) {
            (Error::Lost { server: None, .. }, Some(words)) => Error::from_last_words(words.clone()),
            (error, _) => error,
        }
    }
}

async fn drive<S, T>(mut connection: Connection<S, T>, last_words: LastWords, on_notice: Option<OnNotice>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        match poll_fn(|cx| connection.poll_message(cx)).await {
            Some(Ok(AsyncMessage::Notice(notice))) => {
                let notice = ServerError::from_db(&notice);
                tracing::debug!(target: "pgrefit_pg::notice", severity = notice.severity, "{notice}");
                if let Some(on_notice) = &on_notice {
                    on_notice(&notice);
                }
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                // Before the connection is dropped, which is what wakes those who wait for an answer.
                if let Some(words) = error.as_db_error() {
                    let _ = last_words.0.set(ServerError::from_db(words));
                }
                tracing::debug!("the connection ended: {error}");
                return;
            }
            None => return,
        }
    }
}

pub(crate) fn simple_row(message: &SimpleQueryMessage) -> Option<SimpleRow> {
    match message {
        SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|i| row.get(i).map(str::to_owned)).collect()),
        _ => None,
    }
}

/// `18.6 (Debian 18.6-1)` → 180006, `19devel` → 190000; 0 when it cannot be read.
fn version_num(text: &str) -> u32 {
    let mut numbers =
        text.split(|c: char| !c.is_ascii_digit()).map(|digits| digits.parse::<u32>().unwrap_or(0));
    let major = numbers.next().unwrap_or(0);
    let minor = if text.contains('.') { numbers.next().unwrap_or(0) } else { 0 };
    major * 10_000 + minor
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_version_is_read_from_its_text() {
        let check = |text, expected| assert_eq!(super::version_num(text), expected, "{text}");
        check("18.6", 180_006);
        check("15.14 (Debian 15.14-0+deb12u1)", 150_014);
        check("19devel", 190_000);
        check("17rc1", 170_000);
        check("", 0);
        check("unknown", 0);
    }
}
