//! What can go wrong between this program and a server, by phase.

mod advice;
mod classify;
mod server;

use std::time::Duration;

use crate::runner_lock::LockHolder;

pub(crate) use classify::Attempt;
pub use server::ServerError;

/// Any cause that is not the server's own words.
pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a connection could not be made or used. No variant ever carries a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Neither a URL nor a variable says which database is meant.
    #[error("no database is named")]
    NotNamed,
    /// The settings cannot be understood.
    #[error("failed to understand the connection settings: {what} (in {place})")]
    Settings {
        /// What is wrong.
        what: String,
        /// Where it was read: the URL, a variable, a file and its line.
        place: String,
        /// The nearest known spelling of an unknown word.
        nearest: Option<String>,
    },
    /// `sslmode` asks for a verified certificate, but there is nothing to verify it with.
    #[error("failed to find a root certificate, which sslmode={sslmode} needs")]
    NoRootCertificate {
        /// `verify-ca` or `verify-full`.
        sslmode: String,
    },
    /// Nobody answered at the address.
    #[error("failed to reach {host}")]
    Unreachable {
        /// `host:port` or the path of the socket.
        host: String,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// A limit of this program ran out.
    #[error("failed to {what} within {} ms", limit.as_millis())]
    Timeout {
        /// What was being done: "connect to host:port".
        what: String,
        /// The limit.
        limit: Duration,
    },
    /// The server did not accept who we are (SQLSTATE class 28, or a password is missing).
    #[error("failed to log in at {host} as \"{user}\"")]
    Authentication {
        /// `host:port` or the path of the socket.
        host: String,
        /// The role that was tried.
        user: String,
        /// What the server said; none when this side gave up, for instance for want of a password.
        server: Option<Box<ServerError>>,
        /// The cause.
        #[source]
        source: Cause,
    },
    /// The database does not exist (3D000).
    #[error("failed to open the database \"{database}\"")]
    UnknownDatabase {
        /// Its name.
        database: String,
        /// What the server said.
        #[source]
        source: Box<ServerError>,
    },
    /// The encrypted connection was not made.
    #[error("failed to set up TLS with {host}")]
    Tls {
        /// `host:port`.
        host: String,
        /// The cause: certificate not trusted, name does not match, "server does not support TLS", …
        #[source]
        source: Cause,
    },
    /// The server takes no more connections (53300).
    #[error("failed to get one of the server's connections")]
    TooManyConnections(#[source] Box<ServerError>),
    /// The server is starting up, shutting down or recovering (57P03).
    #[error("failed to connect: the server does not accept connections now")]
    NotAccepting(#[source] Box<ServerError>),
    /// The role lacks a privilege (42501).
    #[error("failed for want of a privilege")]
    NotPermitted(#[source] Box<ServerError>),
    /// The connection died under the session; what was in flight may or may not have happened.
    #[error("failed because the connection to the server was lost")]
    Lost {
        /// The server's last words, if it had any.
        server: Option<Box<ServerError>>,
        /// The cause, if any is known.
        #[source]
        source: Option<Cause>,
    },
    /// The server takes no writes (25006): a standby, or `default_transaction_read_only` is on.
    #[error("failed to write: the server takes no writes now")]
    ReadOnlyServer(#[source] Box<ServerError>),
    /// `lock_timeout` ran out (55P03).
    #[error("failed to get a lock in time")]
    LockTimeout(#[source] Box<ServerError>),
    /// The statement was cancelled, by request or by `statement_timeout` (57014).
    #[error("failed to finish the statement before it was cancelled")]
    Cancelled(#[source] Box<ServerError>),
    /// Any other error of the server.
    #[error("failed on the server")]
    Server(#[source] Box<ServerError>),
    /// This side could not make sense of a value or message, or convert a parameter.
    #[error("failed to exchange values with the server")]
    Exchange(#[source] Cause),
    /// A session that must not write was not made read-only by the server.
    #[error("failed to get a read-only session: the server answers that it may write")]
    NotReadOnly,
    /// A session for a load that must not write was given a statement that may do more than read.
    #[error("failed to send a statement that may do more than read: {command}")]
    NotAQuery {
        /// Its first word, or the function that is refused: `SET`, `set_config`.
        command: String,
    },
    /// No server is of the kind that `target_session_attrs` asks for.
    #[error("failed to find a {wanted} server: {host} is not one")]
    TargetSession {
        /// The value of `target_session_attrs`.
        wanted: &'static str,
        /// The last server that was asked.
        host: String,
    },
    /// Another run held the runner lock all the time.
    #[error("failed to get the runner lock within {} ms: {}", waited.as_millis(), holder_text(holder.as_deref()))]
    RunnerLockHeld {
        /// Who has it, if that could be seen.
        holder: Option<Box<LockHolder>>,
        /// How long this run waited.
        waited: Duration,
    },
}

fn holder_text(holder: Option<&LockHolder>) -> String {
    holder
        .map_or_else(|| "its holder could not be seen".to_owned(), |holder| format!("it is held by {holder}"))
}
