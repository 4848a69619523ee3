//! Locks that others hold are tried again, a number of times.

use std::time::Duration;

use pgrefit_catalog::Name;
use pgrefit_pg::Error as PgError;

use crate::{Error, Event, Job};

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// How often something was tried.
pub(crate) struct Patience<'a> {
    job: &'a Job<'a>,
    table: Name,
    lock: &'static str,
    tries: u32,
    pause: Duration,
}

impl<'a> Patience<'a> {
    pub(crate) fn new(job: &'a Job<'a>, table: &Name, lock: &'static str) -> Self {
        Self { job, table: table.clone(), lock, tries: 0, pause: FIRST }
    }

    /// Waits a little, or gives up. `_error` is what the last try ended with.
    pub(crate) async fn pause(&mut self, _error: PgError) -> Result<(), Error> {
        self.tries += 1;
        if self.tries >= self.job.limits.lock_tries {
            return Err(Error::Locked { table: self.table.clone(), tries: self.tries });
        }
        let pause = self.pause;
        self.pause = (pause * 2).min(LONGEST);
        self.job.tell(Event::Waits { lock: self.lock, tries: self.tries, pause });
        let slept = async {
            tokio::time::sleep(pause).await;
            Ok(())
        };
        self.job.unless_stopped(slept).await
    }
}

/// Whether a lock was not granted in time, or by the detector of deadlocks (40P01).
pub(crate) fn is_lock(error: &PgError) -> bool {
    match error {
        PgError::LockTimeout(_) => true,
        PgError::Server(server) => server.sqlstate == "40P01",
        _ => false,
    }
}
