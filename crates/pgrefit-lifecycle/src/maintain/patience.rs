//! Tries for a lock: briefly at first, so that nobody queues behind it for long, then longer, with pauses in which nothing is held.

use std::time::{Duration, Instant};

use pgrefit_pg::Error as PgError;

use super::keeper::Keeper;
use crate::{Error, MaintainEvent};

/// `deadlock_detected`: another one of those that are over when it is tried again.
const DEADLOCK: &str = "40P01";

impl Keeper<'_> {
    /// Runs a transaction until it gets its locks. `sql` stands between `BEGIN` and `COMMIT`.
    ///
    /// # Errors
    /// [`Error::LockedOut`], [`Error::Stopped`], or the first error that is not about locks.
    pub(super) async fn transact(&mut self, what: &str, sql: &str) -> Result<(), Error> {
        let begun = Instant::now();
        let mut timeout = self.options.lock_timeout_min;
        for tries in 1.. {
            if self.stop.is_requested() {
                return Err(Error::Stopped);
            }
            match self.attempt(sql, timeout).await {
                Ok(()) => return Ok(()),
                Err(error) if !is_lockout(&error) => return Err(Error::server(what)(error)),
                Err(_) => self.report.lockouts += 1,
            }
            if tries >= self.options.lock_tries.max(1)
                || self.waited + begun.elapsed() >= self.options.lock_budget
            {
                let waited = begun.elapsed();
                self.waited += waited;
                return Err(Error::LockedOut { what: what.to_owned(), tries, waited });
            }
            // Between once and twice the attempt: others have had their turn, and two of these do not meet again and again.
            let pause = timeout.mul_f64(1.0 + fastrand::f64());
            (self.listener)(MaintainEvent::LockedOut { what, pause });
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.stop.requested() => return Err(Error::Stopped),
            }
            timeout = timeout.mul_f64(1.5).min(self.options.lock_timeout_max);
        }
        Err(Error::Stopped)
    }

    async fn attempt(&mut self, sql: &str, timeout: Duration) -> Result<(), PgError> {
        let sql = format!(
            "BEGIN; SET LOCAL lock_timeout = {}; SET LOCAL statement_timeout = {}; SET LOCAL \"TimeZone\" = 'UTC'; \
             SET LOCAL \"DateStyle\" = 'ISO, MDY';\n{sql}\nCOMMIT",
            timeout.as_millis().max(1),
            STATEMENT_LIMIT.as_millis()
        );
        self.session.script(&sql).await.map_err(|error| error.source)
    }
}

/// Nothing of this reads rows, except attaching beside a default partition, which is kept from everybody meanwhile.
const STATEMENT_LIMIT: Duration = Duration::from_secs(5);

fn is_lockout(error: &PgError) -> bool {
    matches!(error, PgError::LockTimeout(_))
        || error.server().is_some_and(|server| server.sqlstate == DEADLOCK)
}
