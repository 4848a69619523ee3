//! Tells by behaviour whether a pooler in transaction mode stands between this program and the server.

use crate::session::Session;
use crate::{Connector, Error};

/// What stands between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooler {
    /// Nothing, or a pooler that keeps a backend for a session: session settings and locks hold.
    None,
    /// A pooler that gives a backend to a transaction only: `SET`, session-level advisory locks, prepared statements
    /// and temporary tables of one client reach or miss others.
    Transaction,
}

/// Opens two sessions and compares the backends that serve them. Writes nothing.
///
/// A asks for its backend's process id; B opens a transaction and asks; A asks again. With a backend each, A's is the
/// same twice and B's another. In transaction mode B is given the backend that A just left, or A, whose backend B now
/// holds, is given another.
///
/// Limits: on a busy pooler in transaction mode A may by chance be given its old backend and B another; a pool of one
/// backend is found out by the first comparison, but in session mode B never gets one, which ends as
/// [`Error::Timeout`]. A pooler in statement mode refuses the transaction, which ends as an error too.
///
/// # Errors
/// Any of connecting; [`Error::Timeout`] when a session gets no backend within the limit for connecting.
pub async fn detect_pooler(connector: &Connector) -> Result<Pooler, Error> {
    let (a, b) = (connector.open().await?, connector.open().await?);
    let first = backend_pid(connector, &a, "").await?;
    let other = backend_pid(connector, &b, "BEGIN;").await?;
    if first == other || backend_pid(connector, &a, "").await? != first {
        return Ok(Pooler::Transaction);
    }
    Ok(Pooler::None)
}

/// Asks the server, because the process id of the protocol's startup is the pooler's own invention.
async fn backend_pid(connector: &Connector, session: &Session, before: &str) -> Result<String, Error> {
    let sql = format!("{before} SELECT pg_catalog.pg_backend_pid()");
    let rows = connector.within("get a backend for a session", session.simple(&sql)).await?;
    let pid = rows.into_iter().next().and_then(|row| row.into_iter().next()?);
    pid.ok_or_else(|| Error::Exchange("no pg_backend_pid".into()))
}
