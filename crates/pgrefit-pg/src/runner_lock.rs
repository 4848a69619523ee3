//! The lock that lets one run at a time change a database.
//!
//! It is a transaction-level advisory lock in a session of its own, and each part of that was measured:
//!
//! * In a transaction, so that it works through a pooler in transaction mode, and so that it dies with the session.
//! * In a session of its own, so that `CREATE INDEX CONCURRENTLY` in the working session does not wait for the
//!   transaction of the lock.
//! * Tried and rolled back, not waited for: a session that waits inside `pg_advisory_xact_lock` holds a snapshot,
//!   for which `CREATE INDEX CONCURRENTLY` of the holder waits in turn, and neither ends.
//! * By the simple protocol, so that no portal keeps a snapshot and `backend_xmin` stays NULL while the lock is held.

mod holder;
mod wait;

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::migrator::SERVER_KEEPALIVE;
use crate::session::Session;
use crate::{Connector, Error};

pub use holder::LockHolder;
use wait::Backoff;

/// The key of the advisory lock: the first eight bytes of the SHA-256 of `pgrefit runner`, big-endian. In SQL:
/// `('x' || left(encode(sha256('pgrefit runner'), 'hex'), 16))::bit(64)::bigint`.
pub const RUNNER_LOCK_KEY: i64 = -61_165_533_785_582_952;

/// Between two looks at who holds the lock.
const REPORT_INTERVAL: Duration = Duration::from_secs(2);

/// Proof that no other run is changing this database. Given back by [`RunnerLock::release`], on drop, and by the
/// server when this process or its connection dies.
#[derive(Debug)]
pub struct RunnerLock {
    /// None after the lock was lost and could not be gained again.
    session: Option<Session>,
    connector: Connector,
}

impl RunnerLock {
    /// Gets the lock, trying again for `wait` at most; zero is a single try.
    ///
    /// `on_held` is told who holds the lock after the first failed try and every two seconds from then on; `None`
    /// when that could not be seen. Writes nothing; opens one session, which stays in a transaction.
    ///
    /// # Errors
    /// [`Error::RunnerLockHeld`] when `wait` is over; any error of connecting.
    pub async fn acquire(
        connector: &Connector,
        wait: Duration,
        mut on_held: impl FnMut(Option<&LockHolder>) + Send,
    ) -> Result<Self, Error> {
        let session = connector.open().await?;
        let started = Instant::now();
        let mut backoff = Backoff::default();
        let mut holder = None;
        let mut reported: Option<Instant> = None;
        while !connector.within("try the runner lock", try_lock(&session)).await? {
            if reported.is_none_or(|at| at.elapsed() >= REPORT_INTERVAL) {
                holder =
                    connector.within("see who holds the runner lock", LockHolder::find(&session)).await?;
                on_held(holder.as_ref());
                reported = Some(Instant::now());
            }
            let waited = started.elapsed();
            if waited >= wait {
                return Err(Error::RunnerLockHeld { holder: holder.map(Box::new), waited });
            }
            sleep(backoff.next_pause().min(wait.saturating_sub(waited))).await;
        }
        Ok(Self { session: Some(session), connector: connector.clone() })
    }

    /// Gets the lock again after it was lost, as [`Self::acquire`] does. Whatever another runner did meanwhile is done when
    /// this returns.
    ///
    /// # Errors
    /// As [`Self::acquire`]; the lock is then not held.
    pub async fn regain(
        &mut self,
        wait: Duration,
        on_held: impl FnMut(Option<&LockHolder>) + Send,
    ) -> Result<(), Error> {
        // First of all: a session that only did not answer in time still holds the lock.
        self.session = None;
        self.session = Self::acquire(&self.connector, wait, on_held).await?.session;
        Ok(())
    }

    /// Whether the lock is still held, by asking the server.
    ///
    /// # Errors
    /// [`Error::Lost`] when the session is gone, and the lock with it; [`Error::Timeout`] when the server does not
    /// answer within the limit for connecting, so that nobody knows.
    pub async fn check(&self) -> Result<(), Error> {
        self.connector.within("check the runner lock", self.ask("SELECT 1")).await
    }

    /// Gives the lock back and waits until the server has done so.
    ///
    /// # Errors
    /// [`Error::Lost`] when the lock had been lost before; [`Error::Timeout`] as for [`Self::check`].
    pub async fn release(self) -> Result<(), Error> {
        self.connector.within("release the runner lock", self.ask("ROLLBACK")).await
    }

    async fn ask(&self, sql: &str) -> Result<(), Error> {
        match &self.session {
            Some(session) => session.batch(sql).await,
            None => Err(Error::Lost { server: None, source: None }),
        }
    }
}

/// One try. When it fails the transaction is rolled back, so that `xact_start` of the one that succeeds is the time
/// of acquisition.
async fn try_lock(session: &Session) -> Result<bool, Error> {
    let answers = session
        .pipeline(&[
            &begin(session.version_num),
            &format!("SELECT pg_catalog.pg_try_advisory_xact_lock({RUNNER_LOCK_KEY})"),
        ])
        .await;
    let mut got = false;
    for answer in answers {
        got = answer?.first().and_then(|row| row.first()?.as_deref()) == Some("t");
    }
    if !got {
        session.batch("ROLLBACK").await?;
    }
    Ok(got)
}

/// No time limit of the server may end the transaction while a long migration runs in the other session.
fn begin(version_num: u32) -> String {
    let transaction_timeout = if version_num >= 170_000 { "SET LOCAL transaction_timeout = 0;" } else { "" };
    let keepalive = SERVER_KEEPALIVE.map(|setting| format!("SET LOCAL {setting};")).concat();
    format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = 0; \
         SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; {transaction_timeout} {keepalive}"
    )
}
