//! Lets as many in as there may be connections, and can be made wider and narrower while people are inside.
//!
//! deadpool's own `resize` leaves too many permits when the pool had not grown to its size: of 10 made 5 it handed out 10. So
//! the limit is here, and deadpool never has less room than this gate lets in.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{AcquireError, Semaphore, TryAcquireError};
use tokio::time::timeout;

/// The gate.
#[derive(Debug)]
pub(crate) struct Gate {
    permits: Semaphore,
    /// Permits that are to vanish as they come back, since the gate was made narrower.
    owed: AtomicUsize,
    waiting: AtomicUsize,
    max: AtomicUsize,
    /// One change at a time.
    changing: Mutex<()>,
}

/// Why nobody came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The time ran out.
    Timeout,
    /// The gate is shut for good.
    Shut,
}

impl Gate {
    pub(crate) fn new(max: usize) -> Self {
        Self {
            permits: Semaphore::new(max),
            owed: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            max: AtomicUsize::new(max),
            changing: Mutex::default(),
        }
    }

    /// Goes in if there is room and nobody waits. `Ok(false)` if not.
    pub(crate) fn try_enter(&self) -> Result<bool, Refused> {
        loop {
            match self.permits.try_acquire() {
                Ok(permit) => permit.forget(),
                Err(TryAcquireError::NoPermits) => return Ok(false),
                Err(TryAcquireError::Closed) => return Err(Refused::Shut),
            }
            if !self.pay() {
                return Ok(true);
            }
        }
    }

    /// Waits for room, first come, first served.
    pub(crate) async fn enter(&self, limit: Duration) -> Result<(), Refused> {
        let _counted = Counted::new(&self.waiting);
        match timeout(limit, self.enter_unbounded()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Refused::Shut),
            Err(_) => Err(Refused::Timeout),
        }
    }

    async fn enter_unbounded(&self) -> Result<(), AcquireError> {
        loop {
            self.permits.acquire().await?.forget();
            if !self.pay() {
                return Ok(());
            }
        }
    }

    /// Gives the room back.
    pub(crate) fn leave(&self) {
        if !self.pay() {
            self.permits.add_permits(1);
        }
    }

    /// Whether more are inside than may be: whoever leaves now should take the connection along.
    pub(crate) fn is_too_full(&self) -> bool {
        self.owed.load(Ordering::Acquire) > 0
    }

    /// Lets a permit vanish if one is owed.
    fn pay(&self) -> bool {
        let less = |owed: usize| owed.checked_sub(1);
        self.is_too_full() && self.owed.fetch_update(Ordering::AcqRel, Ordering::Acquire, less).is_ok()
    }

    /// Changes how many may be inside. Whoever is inside stays; nobody comes in until fewer than the new number are.
    pub(crate) fn resize(&self, new: usize) {
        let _alone = self.changing.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let old = self.max.swap(new, Ordering::AcqRel);
        for _ in new..old {
            self.owed.fetch_add(1, Ordering::AcqRel);
        }
        for _ in old..new {
            self.leave();
        }
        // What is owed is paid at once from what nobody has.
        while self.is_too_full() {
            let Ok(permit) = self.permits.try_acquire() else { break };
            permit.forget();
            if !self.pay() {
                self.permits.add_permits(1);
            }
        }
    }

    /// How many may be inside.
    pub(crate) fn max(&self) -> usize {
        self.max.load(Ordering::Acquire)
    }

    /// How many are inside. Not counted, which would cost everybody who comes and goes, but computed.
    pub(crate) fn inside(&self) -> usize {
        let owed = self.owed.load(Ordering::Acquire);
        (self.max() + owed).saturating_sub(self.permits.available_permits())
    }

    /// How many wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Sends everybody away who waits or will come.
    pub(crate) fn shut(&self) {
        self.permits.close();
    }

    pub(crate) fn is_shut(&self) -> bool {
        self.permits.is_closed()
    }
}

/// Counts for as long as it lives, also when the future that holds it is dropped.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many can come in at once.
    fn room(gate: &Gate) -> usize {
        let inside = std::iter::from_fn(|| gate.try_enter().ok().filter(|entered| *entered)).count();
        (0..inside).for_each(|_| gate.leave());
        inside
    }

    fn check(max: usize, inside: usize, new: usize, left: usize, expected_room: usize) {
        let gate = Gate::new(max);
        (0..inside).for_each(|_| assert_eq!(gate.try_enter(), Ok(true)));
        gate.resize(new);
        (0..left).for_each(|_| gate.leave());
        assert_eq!(room(&gate), expected_room, "{max} -> {new} with {inside} inside of whom {left} leave");
        assert_eq!(gate.is_too_full(), inside - left > new);
    }

    #[test]
    fn never_more_than_the_new_number() {
        check(10, 0, 5, 0, 5);
        check(10, 2, 5, 0, 3);
        check(10, 10, 5, 0, 0);
        check(10, 10, 5, 5, 0);
        check(10, 10, 5, 6, 1);
        check(10, 10, 5, 10, 5);
        check(5, 5, 10, 0, 5);
        check(5, 0, 1, 0, 1);
    }

    #[test]
    fn back_and_forth_adds_up() {
        let gate = Gate::new(10);
        (0..8).for_each(|_| assert_eq!(gate.try_enter(), Ok(true)));
        for new in [3, 12, 1, 9, 2, 10] {
            gate.resize(new);
        }
        assert_eq!(room(&gate), 2);
        (0..8).for_each(|_| gate.leave());
        assert_eq!((room(&gate), gate.max()), (10, 10));
    }

    #[tokio::test]
    async fn who_waits_is_counted_until_the_time_runs_out_or_the_gate_shuts() {
        let gate = std::sync::Arc::new(Gate::new(1));
        assert_eq!(gate.try_enter(), Ok(true));
        assert_eq!(gate.enter(Duration::from_millis(5)).await, Err(Refused::Timeout));
        let waiter = tokio::spawn({
            let gate = std::sync::Arc::clone(&gate);
            async move { gate.enter(Duration::from_secs(5)).await }
        });
        while gate.waiting() == 0 {
            tokio::task::yield_now().await;
        }
        gate.shut();
        assert_eq!(waiter.await.expect("ended"), Err(Refused::Shut));
        assert_eq!((gate.waiting(), gate.try_enter()), (0, Err(Refused::Shut)));
    }
}
