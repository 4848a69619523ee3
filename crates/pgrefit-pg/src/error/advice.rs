//! What follows from an error: what the server said, what a person can do, whether to try again.

use super::{Error, ServerError};

impl Error {
    /// What the server said, if it said anything.
    #[must_use]
    pub fn server(&self) -> Option<&ServerError> {
        match self {
            Self::UnknownDatabase { source, .. }
            | Self::TooManyConnections(source)
            | Self::NotAccepting(source)
            | Self::NotPermitted(source)
            | Self::ReadOnlyServer(source)
            | Self::LockTimeout(source)
            | Self::Cancelled(source)
            | Self::Server(source) => Some(source),
            Self::Authentication { server, .. } | Self::Lost { server, .. } => server.as_deref(),
            _ => None,
        }
    }

    /// The same with the server's position, if it gave one, changed: for SQL that was sent as a part of a longer text, or with
    /// more in it, where the position in another text is meant.
    #[must_use]
    pub fn moved(mut self, change: impl FnOnce(u32) -> u32) -> Self {
        if let Self::NotPermitted(source)
        | Self::ReadOnlyServer(source)
        | Self::LockTimeout(source)
        | Self::Cancelled(source)
        | Self::Server(source) = &mut self
        {
            source.position = source.position.map(change);
        }
        self
    }

    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let own = match self {
            Self::Settings { nearest: Some(word), .. } => return Some(format!("did you mean \"{word}\"?")),
            Self::Settings { place, .. } if !place.contains("URL") => {
                return Some(format!("correct {place}"));
            }
            Self::Settings { .. } => {
                "a URL is postgres://user:password@host:5432/database?sslmode=verify-full, with / : @ ? # % in the \
                 password percent-encoded"
            }
            Self::NotNamed => {
                "set DATABASE_URL, or libpq's variables; to play, `pgrefit scratch start` starts a server and prints its URL"
            }
            Self::NoRootCertificate { .. } => {
                "name the authority's certificate with sslrootcert=<file>, or sslrootcert=system for the system's own"
            }
            Self::ReadOnlyServer(_) => {
                "this may be a standby: add target_session_attrs=read-write to the URL; or default_transaction_read_only is \
                 on, which some platforms set when the disk is full"
            }
            Self::Unreachable { .. } | Self::Timeout { .. } => {
                "check that the server runs, the host and the port, and the network between"
            }
            Self::Authentication { server: None, .. } => {
                "give a password by PGPASSWORD, ~/.pgpass or the URL"
            }
            Self::Authentication { server: Some(server), .. } => authentication_hint(server)?,
            Self::UnknownDatabase { .. } => "check the name of the database after the last / of the URL",
            Self::Tls { source, .. } => tls_hint(&source.to_string()),
            Self::TooManyConnections(_) => "wait, or raise max_connections, or close idle connections",
            Self::RunnerLockHeld { .. } => "wait for the other run to finish; its lock goes when it ends",
            Self::LockTimeout(_) => {
                "see who holds the lock in pg_stat_activity (look for old transactions); wait longer with --lock-timeout, \
                 or try longer with migrations.lock_budget"
            }
            Self::Cancelled(server) if !server.message.contains("user request") => {
                "raise the limit for this file with `-- pgrefit:statement-timeout <duration>`, or for all with \
                 migrations.statement_timeout"
            }
            Self::NotPermitted(server) if server.hint.is_none() => {
                "connect as the owner of the objects, or have the privilege granted to this role"
            }
            Self::TargetSession { .. } => "name all servers in host, or change target_session_attrs",
            _ => return self.server().and_then(|server| server.hint.clone()),
        };
        Some(own.to_owned())
    }

    /// Whether the same thing may work in a moment, unchanged.
    ///
    /// For [`Error::Lost`] that is said of the connection; whether a statement in flight took effect is unknown.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::Timeout { .. }
            | Self::TooManyConnections(_)
            | Self::NotAccepting(_)
            | Self::Lost { .. }
            | Self::LockTimeout(_)
            | Self::TargetSession { .. }
            | Self::RunnerLockHeld { .. } => true,
            Self::Server(error) => retryable_sqlstate(&error.sqlstate),
            _ => false,
        }
    }
}

/// Class 08 (connection), serialization failure, deadlock, lock timeout, and a server that is going or coming.
fn retryable_sqlstate(sqlstate: &str) -> bool {
    sqlstate.starts_with("08")
        || matches!(sqlstate, "40001" | "40P01" | "53300" | "55P03" | "57P01" | "57P02" | "57P03")
}

/// The server repeats the state of encryption at the end of "no `pg_hba.conf` entry for host …".
fn authentication_hint(server: &ServerError) -> Option<&'static str> {
    match server.sqlstate.as_str() {
        "28P01" => Some("check the user and the password"),
        "28000" if server.message.contains("no encryption") => {
            Some("the server may want TLS: try sslmode=require")
        }
        "28000" if server.message.contains("pg_hba.conf") => {
            Some("the server's pg_hba.conf does not admit this user from here")
        }
        _ => None,
    }
}

fn tls_hint(cause: &str) -> &'static str {
    if cause.contains("does not support TLS") {
        "the server has no TLS: set ssl=on there, or weaken sslmode if the network is trusted"
    } else if cause.contains("NotValidForName") || cause.contains("not valid for name") {
        "the certificate is for another name: connect by a name in its subjectAltName (its CN is not looked at), or use sslmode=verify-ca"
    } else if cause.contains("UnknownIssuer") || cause.contains("BadSignature") {
        "the certificate's authority is not in sslrootcert"
    } else {
        "check the certificates; sslmode=require encrypts without verifying"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sqlstate: &str, expected: bool) {
        let error = ServerError { sqlstate: sqlstate.to_owned(), ..ServerError::default() };
        assert_eq!(Error::from_server(error).is_retryable(), expected, "{sqlstate}");
    }

    #[test]
    fn what_passes_by_itself_is_retryable() {
        for sqlstate in ["08000", "08006", "40001", "40P01", "53300", "55P03", "57P01", "57P02", "57P03"] {
            check(sqlstate, true);
        }
        for sqlstate in ["42501", "42P01", "57014", "23505", "3D000", "28P01", "XX000"] {
            check(sqlstate, false);
        }
    }
}
