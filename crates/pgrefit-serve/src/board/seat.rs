//! The place of one database: what it is, and what is known of it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::Seen;
use crate::Target;

/// The place of one database.
pub(crate) struct Seat {
    pub(crate) target: Target,
    seen: Mutex<Seen>,
    sessions: Arc<AtomicUsize>,
}

/// A session that is open, until this is dropped.
#[derive(Debug)]
pub(crate) struct Lease(Arc<AtomicUsize>);

impl Seat {
    pub(super) fn new(target: Target) -> Self {
        Self { target, seen: Mutex::new(Seen::new()), sessions: Arc::default() }
    }

    /// Looks at what is known. Nobody waits while they hold it.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&Seen) -> T) -> T {
        look(&self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes what is known.
    pub(crate) fn write(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Counts a session from now on.
    pub(crate) fn lease(&self) -> Lease {
        self.sessions.fetch_add(1, Ordering::Relaxed);
        Lease(Arc::clone(&self.sessions))
    }

    /// How many sessions are open.
    pub(crate) fn sessions(&self) -> usize {
        self.sessions.load(Ordering::Relaxed)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
