//! One round over a database: its sessions, its migrations and runs, its partitions. Reads only.

mod migrations;
mod partitions;
mod sessions;

use std::sync::Arc;
use std::time::Duration;

use pgrefit_backup::Identity;
use pgrefit_pg::{Connector, Error as PgError, Limits, ReadOnly, ServerFacts};
use pgrefit_report::Failure;

pub(crate) use migrations::Migrations;
pub(crate) use partitions::{Partition, headroom};
pub(crate) use sessions::Sessions;

use crate::Target;
use crate::board::{Lease, Outcome, Part, Seat};

/// How long one attempt to connect may take.
pub(crate) const CONNECT: Duration = Duration::from_secs(5);
/// How long one query of a round may take.
const STATEMENT: Duration = Duration::from_secs(5);

/// What does not change while a session lives.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub(crate) facts: ServerFacts,
    pub(crate) identity: Identity,
    /// `host:port`.
    pub(crate) address: String,
}

/// A session that is kept from round to round.
pub(crate) struct Held {
    session: ReadOnly,
    pub(crate) server: Arc<Server>,
    _lease: Lease,
}

/// Why a round did not reach the database.
#[derive(Debug)]
pub(crate) struct Missed {
    pub(crate) outcome: Outcome,
    pub(crate) failure: Box<Failure>,
}

impl Missed {
    /// The round, or the audit, took longer than it may.
    pub(crate) fn late(what: &str, limit: Duration) -> Self {
        let message = format!("failed to {what} within {} s", limit.as_secs());
        Self { outcome: Outcome::TimedOut, failure: Box::new(Failure::new(message)) }
    }
}

impl From<PgError> for Missed {
    fn from(error: PgError) -> Self {
        Self { outcome: outcome(&error), failure: Box::new(failure(&error, error.hint())) }
    }
}

/// An error as it is shown.
pub(crate) fn failure(error: &dyn std::error::Error, hint: Option<String>) -> Failure {
    let mut failure = Failure::from_error(error);
    failure.hint = hint;
    failure
}

fn outcome(error: &PgError) -> Outcome {
    match error {
        PgError::Authentication { .. } | PgError::Tls { .. } | PgError::NotPermitted(_) => Outcome::Denied,
        PgError::Timeout { .. } | PgError::Cancelled(_) | PgError::LockTimeout(_) => Outcome::TimedOut,
        error if error.is_retryable() => Outcome::Unreachable,
        _ => Outcome::Failed,
    }
}

/// Whether the session is of no use after this error.
fn is_fatal(error: &PgError) -> bool {
    matches!(
        error,
        PgError::Lost { .. } | PgError::NotAccepting(_) | PgError::Exchange(_) | PgError::NotReadOnly
    )
}

/// The way to a database within the limits of a round.
pub(crate) fn connector(target: &Target, statement: Duration) -> Result<Connector, Missed> {
    let limits = Limits { connect: CONNECT, statement, ..Limits::default() };
    let connector = (target.connect)().map_err(|failure| Missed { outcome: Outcome::Failed, failure })?;
    Ok(connector.with_limits(limits))
}

impl Held {
    /// Opens a session, and asks what it is a session of.
    pub(crate) async fn open(seat: &Seat) -> Result<Self, Missed> {
        let connector = connector(&seat.target, STATEMENT)?;
        let lease = seat.lease();
        let session = connector.read_only().await?;
        let facts = session.facts().await?;
        let settings = connector.settings();
        let (host, port) = settings.first_host();
        let identity = Identity {
            system_identifier: facts.system_identifier.map(i64::cast_unsigned),
            database: facts.database.clone(),
            database_oid: sessions::database_oid(&session).await?,
            address: settings.describe(),
        };
        let server = Arc::new(Server { facts, identity, address: format!("{host}:{port}") });
        Ok(Self { session, server, _lease: lease })
    }

    /// Reads the parts in turn. One that may not be read is told, and the others go on.
    pub(crate) async fn round(&mut self, seat: &Seat) -> Result<(), Missed> {
        let sessions = sessions::read(&self.session).await?;
        let server = Arc::clone(&self.server);
        seat.write(|seen| {
            seen.server = Some(server);
            seen.saw_sessions(sessions);
        });
        migrations::look(&mut self.session, seat).await?;
        partitions::look(&mut self.session, seat).await
    }
}

/// Notes how reading a part ended; an error that ends the session ends the round.
fn note(seat: &Seat, part: Part, problem: Option<(Failure, Option<PgError>)>) -> Result<(), Missed> {
    let Some((failure, source)) = problem else {
        seat.write(|seen| drop(seen.problems.remove(&part)));
        return Ok(());
    };
    if let Some(source) = source.filter(is_fatal) {
        return Err(source.into());
    }
    seat.write(|seen| drop(seen.problems.insert(part, failure)));
    Ok(())
}
