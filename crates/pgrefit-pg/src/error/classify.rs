//! From `tokio_postgres::Error` to [`Error`], and the sorting of the server's words by SQLSTATE.

use std::io;

use tokio_postgres::error::DbError;

use super::{Cause, Error, ServerError};

/// What a connection attempt was about, for its errors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt<'a> {
    pub(crate) host: &'a str,
    pub(crate) user: &'a str,
    pub(crate) database: &'a str,
}

impl Error {
    /// An error inside an open session.
    pub(crate) fn in_session(error: tokio_postgres::Error) -> Self {
        if let Some(db) = error.as_db_error() {
            return Self::from_server(ServerError::from_db(db));
        }
        if error.is_closed() {
            return Self::Lost { server: None, source: None };
        }
        let text = error.to_string();
        match error.into_source() {
            Some(source) if source.is::<io::Error>() => Self::Lost { server: None, source: Some(source) },
            Some(source) => Self::Exchange(source),
            None => Self::Exchange(text.into()),
        }
    }

    /// An error before the session was open.
    pub(crate) fn in_attempt(error: tokio_postgres::Error, attempt: Attempt<'_>) -> Self {
        // tokio-postgres tells its kinds apart only in its text.
        let text = error.to_string();
        match error.into_source() {
            Some(source) => match source.downcast::<DbError>() {
                Ok(db) => Self::refused(ServerError::from_db(&db), attempt),
                Err(source) => Self::from_cause(&text, source, attempt),
            },
            None if text == "connection closed" => Self::Unreachable {
                host: attempt.host.to_owned(),
                source: io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the connection"),
            },
            None => Self::Exchange(text.into()),
        }
    }

    /// What the server said when it ended a session that was not asking anything.
    pub(crate) fn from_last_words(words: ServerError) -> Self {
        Self::Lost { source: Some(Box::new(words.clone())), server: Some(Box::new(words)) }
    }

    fn from_cause(text: &str, source: Cause, Attempt { host, user, .. }: Attempt<'_>) -> Self {
        let host = host.to_owned();
        if text.contains("TLS") {
            return Self::Tls { host, source };
        }
        // A missing password is a configuration error there; a SCRAM exchange that does not add up, authentication.
        if text.contains("authentication") || text.contains("configuration") {
            return Self::Authentication { host, user: user.to_owned(), server: None, source };
        }
        match source.downcast::<io::Error>() {
            // With TLS 1.3 the server's verdict on a client certificate comes after the handshake.
            Ok(source)
                if source
                    .get_ref()
                    .is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>) =>
            {
                Self::Tls { host, source }
            }
            Ok(source) => Self::Unreachable { host, source: *source },
            Err(source) => Self::Exchange(source),
        }
    }

    fn refused(error: ServerError, Attempt { host, user, database }: Attempt<'_>) -> Self {
        let boxed = Box::new(error);
        match boxed.sqlstate.as_str() {
            "3D000" => Self::UnknownDatabase { database: database.to_owned(), source: boxed },
            state if state.starts_with("28") => Self::Authentication {
                host: host.to_owned(),
                user: user.to_owned(),
                source: boxed.clone(),
                server: Some(boxed),
            },
            _ => Self::from_server(*boxed),
        }
    }

    /// Sorts the server's words by their SQLSTATE.
    pub(crate) fn from_server(error: ServerError) -> Self {
        let boxed = Box::new(error);
        match boxed.sqlstate.as_str() {
            "42501" => Self::NotPermitted(boxed),
            "25006" => Self::ReadOnlyServer(boxed),
            "55P03" => Self::LockTimeout(boxed),
            "57014" => Self::Cancelled(boxed),
            "53300" => Self::TooManyConnections(boxed),
            "57P03" => Self::NotAccepting(boxed),
            _ if boxed.ends_session => Self::Lost { source: Some(boxed.clone()), server: Some(boxed) },
            _ => Self::Server(boxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(error: &Error) -> String {
        let debug = format!("{error:?}");
        debug.split([' ', '(', '{']).next().unwrap_or_default().to_owned()
    }

    fn check(sqlstate: &str, ends_session: bool, in_session: &str, in_attempt: &str) {
        let error = || ServerError { sqlstate: sqlstate.to_owned(), ends_session, ..ServerError::default() };
        let attempt = Attempt { host: "h:1", user: "u", database: "d" };
        assert_eq!(named(&Error::from_server(error())), in_session, "{sqlstate}");
        assert_eq!(named(&Error::refused(error(), attempt)), in_attempt, "{sqlstate}");
    }

    #[test]
    fn sqlstates_are_sorted() {
        check("42501", false, "NotPermitted", "NotPermitted");
        check("55P03", false, "LockTimeout", "LockTimeout");
        check("57014", false, "Cancelled", "Cancelled");
        check("53300", true, "TooManyConnections", "TooManyConnections");
        check("57P03", true, "NotAccepting", "NotAccepting");
        check("57P01", true, "Lost", "Lost");
        check("25P03", true, "Lost", "Lost");
        check("28P01", true, "Lost", "Authentication");
        check("28000", true, "Lost", "Authentication");
        check("3D000", true, "Lost", "UnknownDatabase");
        check("42P01", false, "Server", "Server");
        check("40001", false, "Server", "Server");
    }
}
