//! What the server said: an error or notice response with all its fields.

use std::fmt;

use tokio_postgres::error::{DbError, ErrorPosition};

/// An error (or notice) response of the server, field by field.
///
/// See "Error and Notice Message Fields" in the PostgreSQL manual, chapter "Frontend/Backend Protocol".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerError {
    /// `ERROR`, `FATAL`, `PANIC`, or for notices `WARNING`, `NOTICE`, …; possibly in the server's language.
    pub severity: String,
    /// The five characters of the SQLSTATE.
    pub sqlstate: String,
    /// The primary message, usually one line.
    pub message: String,
    /// More about the problem.
    pub detail: Option<String>,
    /// What the server suggests.
    pub hint: Option<String>,
    /// Where in the SQL that was sent: characters, not bytes, counted from 1.
    pub position: Option<u32>,
    /// The context in which it happened, such as the stack of PL/pgSQL calls.
    pub where_: Option<String>,
    /// The schema of the object concerned.
    pub schema: Option<String>,
    /// The table concerned.
    pub table: Option<String>,
    /// The column concerned.
    pub column: Option<String>,
    /// The constraint concerned.
    pub constraint: Option<String>,
    /// True when the server ended the session with it (`FATAL`, `PANIC`).
    pub ends_session: bool,
}

impl ServerError {
    pub(crate) fn from_db(error: &DbError) -> Self {
        use tokio_postgres::error::Severity::{Fatal, Panic};
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let position = match error.position() {
            Some(ErrorPosition::Original(position)) => Some(*position),
            // A position inside a query that the server itself made says nothing about the caller's SQL.
            Some(ErrorPosition::Internal { .. }) | None => None,
        };
        Self {
            severity: error.severity().to_owned(),
            sqlstate: error.code().code().to_owned(),
            message: error.message().to_owned(),
            detail: owned(error.detail()),
            hint: owned(error.hint()),
            position,
            where_: owned(error.where_()),
            schema: owned(error.schema()),
            table: owned(error.table()),
            column: owned(error.column()),
            constraint: owned(error.constraint()),
            ends_session: matches!(error.parsed_severity(), Some(Fatal | Panic)),
        }
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (SQLSTATE {})", self.message, self.sqlstate)?;
        match &self.detail {
            Some(detail) => write!(f, ": {detail}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ServerError {}
