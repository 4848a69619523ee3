//! Does again what failed for a reason that passes by itself, where doing it twice is safe, and not too often.
//!
//! Pauses have full jitter: a random time up to a bound that doubles ("Exponential Backoff And Jitter", AWS Architecture Blog,
//! 2015). A budget shared by the pool keeps retries to a tenth of all work, so that they do not finish off a server that is
//! already struggling.

mod budget;
mod judge;

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pgrefit_metrics::RetryOutcome;

use crate::core::Core;
use crate::{Connection, Error, Pool, Transaction};

pub(crate) use budget::Budget;
pub use judge::Work;

/// The future of one attempt, boxed: `|transaction| Box::pin(async move { … })`. What it takes from its surroundings it must own, or
/// clone for each attempt; where that does not suit, make a loop with [`Pool::attempts`].
///
/// An asynchronous closure would read better, but the compiler does not see that the future of one that borrows may be sent to
/// another thread, as every web framework demands.
pub type Attempt<'t, T> = Pin<Box<dyn Future<Output = T> + Send + 't>>;

/// How often and how long something is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// How often it is tried in all. Default 4.
    pub attempts_max: u32,
    /// The bound of the first pause. Default 20 ms.
    pub pause_first: Duration,
    /// The bound of any pause. Default 1 s.
    pub pause_max: Duration,
    /// No new attempt is begun after this. Default 5 s.
    pub time_max: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts_max: 4,
            pause_first: Duration::from_millis(20),
            pause_max: Duration::from_secs(1),
            time_max: Duration::from_secs(5),
        }
    }
}

/// An error of an application that may have come from the pool.
pub trait Cause {
    /// The pool's error, if it came from there.
    fn pool_error(&self) -> Option<&Error>;
}

impl Cause for Error {
    fn pool_error(&self) -> Option<&Error> {
        Some(self)
    }
}

impl Retry {
    /// The pause before the attempt that follows `failed` failed ones; `share` is a random number from 0 to 1.
    #[must_use]
    pub fn pause(&self, failed: u32, share: f64) -> Duration {
        let doublings = failed.saturating_sub(1).min(31);
        let bound = self.pause_first.saturating_mul(1 << doublings).min(self.pause_max);
        bound.mul_f64(share.clamp(0.0, 1.0))
    }
}

impl Pool {
    /// Runs `body` in a transaction and commits it. When that fails for a reason that passes by itself (a serialization failure, a
    /// deadlock, a lock not obtained in time, a plan that a change of the schema made useless, a lost connection), the whole
    /// transaction is done again on a connection that may be another; `body` must have no effects outside of the database.
    ///
    /// A connection that is lost during the commit leaves open whether it took effect: that is [`Error::CommitUnknown`], and never
    /// done again.
    ///
    /// # Errors
    /// Those of the last attempt.
    pub async fn transaction<T, E: From<Error> + Cause>(
        &self,
        retry: Retry,
        mut body: impl for<'t> FnMut(&'t mut Transaction<'_>) -> Attempt<'t, Result<T, E>>,
    ) -> Result<T, E> {
        let mut attempts = self.attempts(retry, Work::Transaction);
        loop {
            match self.try_transaction(&mut body).await {
                Ok(value) => return Ok(value),
                Err(error) => attempts.after(error).await?,
            }
        }
    }

    async fn try_transaction<T, E: From<Error>>(
        &self,
        body: &mut impl for<'t> FnMut(&'t mut Transaction<'_>) -> Attempt<'t, Result<T, E>>,
    ) -> Result<T, E> {
        let mut connection = self.get().await?;
        let mut transaction = connection.transaction().await?;
        let value = body(&mut transaction).await?;
        transaction.commit().await?;
        Ok(value)
    }

    /// The attempts at one piece of work, for loops of your own: after each failure, [`Attempts::after`] waits or gives the error
    /// back.
    pub fn attempts(&self, retry: Retry, work: Work) -> Attempts {
        Attempts::new(Arc::clone(self.core()), retry, work)
    }

    /// Runs `work` with a connection, and does it again when it fails for a reason that passes by itself. For work that may safely be
    /// done twice: reads, and writes that say what shall be rather than how it changes.
    ///
    /// # Errors
    /// Those of the last attempt.
    pub async fn repeat<T, E: From<Error> + Cause>(
        &self,
        retry: Retry,
        mut work: impl for<'t> FnMut(&'t mut Connection) -> Attempt<'t, Result<T, E>>,
    ) -> Result<T, E> {
        let mut attempts = self.attempts(retry, Work::Idempotent);
        loop {
            let done = match self.get().await {
                Ok(mut connection) => work(&mut connection).await,
                Err(error) => Err(error.into()),
            };
            match done {
                Ok(value) => return Ok(value),
                Err(error) => attempts.after(error).await?,
            }
        }
    }
}

/// The attempts at one piece of work.
#[must_use = "it is asked after each failure"]
pub struct Attempts {
    core: Arc<Core>,
    retry: Retry,
    work: Work,
    began: Instant,
    failed: u32,
}

impl Attempts {
    fn new(core: Arc<Core>, retry: Retry, work: Work) -> Self {
        core.budget.earn();
        Self { core, retry, work, began: Instant::now(), failed: 0 }
    }

    /// After a failure: waits if there is to be another attempt.
    ///
    /// # Errors
    /// The error itself, if there is not: it does not pass by itself, or time, attempts or the pool's budget are used up.
    pub async fn after<E: Cause>(&mut self, error: E) -> Result<(), E> {
        self.failed += 1;
        if !error.pool_error().is_some_and(|error| self.work.may_be_repeated(error)) {
            return Err(error);
        }
        let pause = self.retry.pause(self.failed, fastrand::f64());
        let outcome = self.outcome(pause);
        self.core.metrics.retries(outcome).add_one();
        if outcome != RetryOutcome::Retried {
            return Err(error);
        }
        tokio::time::sleep(pause).await;
        Ok(())
    }

    fn outcome(&self, pause: Duration) -> RetryOutcome {
        let is_late = self.began.elapsed().saturating_add(pause) > self.retry.time_max;
        if self.failed >= self.retry.attempts_max || is_late {
            return RetryOutcome::GaveUp;
        }
        if self.core.budget.spend() { RetryOutcome::Retried } else { RetryOutcome::OverBudget }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(failed: u32, share: f64, millis: u64) {
        assert_eq!(Retry::default().pause(failed, share), Duration::from_millis(millis), "{failed} {share}");
    }

    #[test]
    fn pauses_grow_to_a_bound_and_are_random_below_it() {
        check(1, 1.0, 20);
        check(2, 1.0, 40);
        check(3, 1.0, 80);
        check(3, 0.5, 40);
        check(3, 0.0, 0);
        check(9, 1.0, 1_000);
        check(u32::MAX, 1.0, 1_000);
        check(1, 7.0, 20);
    }
}
