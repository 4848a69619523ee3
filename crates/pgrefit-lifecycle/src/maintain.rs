//! Keeps partitions ready ahead of time and retires old ones, by the server's clock.

mod keeper;
mod make;
mod patience;
mod retire;

use std::time::Duration;

use pgrefit_pg::{CancelHandle, Connector, Error as PgError, RunnerLock, Stop};

use crate::{Error, KeyType, MaintainEvent, MaintainReport, PartitionSet, Point, SetReport};
use keeper::Keeper;

/// The bounds of a run.
#[derive(Debug, Clone, Copy)]
pub struct MaintainOptions {
    /// How long to wait for another runner; zero is a single try.
    pub runner_wait: Duration,
    /// The `lock_timeout` of the first attempt at a lock.
    pub lock_timeout_min: Duration,
    /// That of the last ones.
    pub lock_timeout_max: Duration,
    /// How often a lock is tried for.
    pub lock_tries: u32,
    /// How long a set may wait for locks in all.
    pub lock_budget: Duration,
    /// How long a concurrent detach may wait for transactions that use the table.
    pub detach_limit: Duration,
    /// In the place of the server's clock: for tests, and for a look at what would be.
    pub now: Option<Point>,
}

impl Default for MaintainOptions {
    /// No waiting for a runner; 100 ms growing to 2 s for a lock, at most 30 times within two minutes; ten minutes for a detach.
    fn default() -> Self {
        Self {
            runner_wait: Duration::ZERO,
            lock_timeout_min: Duration::from_millis(100),
            lock_timeout_max: Duration::from_secs(2),
            lock_tries: 30,
            lock_budget: Duration::from_mins(2),
            detach_limit: Duration::from_mins(10),
            now: None,
        }
    }
}

/// Keeps the partitions of these sets as they should be. Idempotent; killed anywhere, the next run takes up what is half-made.
///
/// One set that fails does not stop the others: its error is in its report. The runner lock is held from the beginning to the end, so that
/// no migration runs meanwhile.
///
/// # Locks
/// To make a partition: SHARE UPDATE EXCLUSIVE on the partitioned table, SHARE ROW EXCLUSIVE on tables that its foreign keys refer to; each
/// waited for at most `lock_timeout`. To detach: those of [`pgrefit_pg::partition::detach_concurrently`].
///
/// # Errors
/// [`Error::Server`] with [`pgrefit_pg::Error::RunnerLockHeld`] when another run is at work: try again later; what the server says before
/// the first set.
pub async fn maintain(
    connector: &Connector,
    sets: &[PartitionSet],
    options: &MaintainOptions,
    stop: &Stop,
    listener: &mut (dyn FnMut(MaintainEvent<'_>) + Send),
) -> Result<MaintainReport, Error> {
    let _heed = stop.heed();
    let lock = RunnerLock::acquire(connector, options.runner_wait, |holder| {
        let holder = holder.map(ToString::to_string);
        listener(MaintainEvent::WaitingForRunner { holder });
    });
    let lock = lock.await.map_err(Error::server("be the only one who changes the database"))?;
    let now = match options.now {
        Some(now) => now,
        None => server_clock(connector).await?,
    };
    let mut report = MaintainReport { now, sets: Vec::new() };
    for set in sets {
        listener(MaintainEvent::Set { table: &set.table });
        let mut own = SetReport { table: set.table.clone(), ..SetReport::default() };
        let outcome = match lock.check().await {
            Ok(()) if stop.is_requested() => Err(Error::Stopped),
            Ok(()) => Box::pin(one(connector, set, options, stop, listener, &mut own, now)).await,
            Err(error) => Err(Error::server("keep the runner lock")(error)),
        };
        if let Err(error) = &outcome {
            listener(MaintainEvent::Failed { table: &set.table, error: &error.to_string() });
        }
        own.error = outcome.err();
        report.sets.push(own);
    }
    // Whatever it says, what was done is done, and the lock goes with its session.
    let _ = lock.release().await;
    Ok(report)
}

async fn one(
    connector: &Connector,
    set: &PartitionSet,
    options: &MaintainOptions,
    stop: &Stop,
    listener: &mut (dyn FnMut(MaintainEvent<'_>) + Send),
    report: &mut SetReport,
    now: Point,
) -> Result<(), Error> {
    Keeper::open(connector, set, options, stop, listener, report).await?.run(now).await
}

async fn server_clock(connector: &Connector) -> Result<Point, Error> {
    let session = connector.read_only().await.map_err(Error::server("open a session"))?;
    clock(&session).await
}

/// The server's clock, in UTC.
pub(crate) async fn clock(session: &pgrefit_pg::ReadOnly) -> Result<Point, Error> {
    let sql = "SELECT pg_catalog.to_char(pg_catalog.now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')";
    let rows = session.simple(sql).await.map_err(Error::server("read the server's clock"))?;
    let text = rows.into_iter().flatten().flatten().next();
    let unreadable =
        || Error::server("read the server's clock")(PgError::Exchange("no time that is understood".into()));
    text.and_then(|text| KeyType::TimestampTz.point(&text)).ok_or_else(unreadable)
}

/// Waits for a statement, and cancels it when it is asked to stop.
async fn attended<T>(
    stop: &Stop,
    cancel: &CancelHandle,
    work: impl Future<Output = Result<T, PgError>>,
) -> Result<Result<T, PgError>, Error> {
    let mut work = std::pin::pin!(work);
    tokio::select! {
        outcome = &mut work => Ok(outcome),
        () = stop.requested() => {
            // It ends by its time limit if the request does not reach the server.
            let _ = cancel.cancel().await;
            let _ = work.await;
            Err(Error::Stopped)
        }
    }
}
