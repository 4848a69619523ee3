//! A request to stop in order: whoever works on a database looks for it, ends what it does, and says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::watch;

/// A request to stop. Clones share it.
#[derive(Debug, Clone)]
pub struct Stop {
    requested: watch::Sender<bool>,
    heeded: Arc<AtomicUsize>,
}

/// Somebody looks for the request, until this is dropped.
#[derive(Debug)]
pub struct Heed(Arc<AtomicUsize>);

impl Default for Stop {
    fn default() -> Self {
        Self { requested: watch::Sender::new(false), heeded: Arc::default() }
    }
}

impl Stop {
    /// Asks everybody to stop.
    pub fn request(&self) {
        self.requested.send_replace(true);
    }

    /// Whether that has happened.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        *self.requested.borrow()
    }

    /// Waits until it happens.
    pub async fn requested(&self) {
        // The sender lives in `self`, so that the channel cannot close.
        let _ = self.requested.subscribe().wait_for(|requested| *requested).await;
    }

    /// Promises to look for the request from now on: whoever has asked may wait for the work to end by itself.
    #[must_use]
    pub fn heed(&self) -> Heed {
        self.heeded.fetch_add(1, Ordering::SeqCst);
        Heed(Arc::clone(&self.heeded))
    }

    /// Whether anybody has promised that.
    #[must_use]
    pub fn is_heeded(&self) -> bool {
        self.heeded.load(Ordering::SeqCst) > 0
    }
}

impl Drop for Heed {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::Stop;

    #[tokio::test]
    async fn a_request_reaches_every_clone_once_and_for_all() {
        let stop = Stop::default();
        let other = stop.clone();
        assert!(!other.is_requested());
        stop.request();
        other.requested().await;
        other.requested().await;
        assert!(other.is_requested());
    }

    #[test]
    fn a_promise_ends_with_its_value() {
        let stop = Stop::default();
        let promise = stop.heed();
        assert!(stop.clone().is_heeded());
        drop(promise);
        assert!(!stop.is_heeded());
    }
}
