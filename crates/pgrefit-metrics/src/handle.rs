//! Handles to single series: what observes. Cheap to clone, no locks, no allocation.

use std::sync::Arc;
use std::time::Duration;

use crate::histogram::Buckets;

/// A distribution of durations.
#[derive(Debug, Clone)]
pub struct Histogram(pub(crate) Arc<Buckets>);

impl Histogram {
    /// Adds an observation.
    pub fn observe(&self, duration: Duration) {
        self.0.observe(duration);
    }

    /// How many there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.count()
    }

    /// Their sum, in seconds.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.0.sum()
    }
}

/// A count that only grows.
#[derive(Debug, Clone)]
pub struct Counter(pub(crate) prometheus::IntCounter);

impl Counter {
    /// Adds one.
    pub fn add_one(&self) {
        self.0.inc();
    }

    /// Adds several.
    pub fn add(&self, count: u64) {
        self.0.inc_by(count);
    }

    /// The count.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.get()
    }
}

/// A level.
#[derive(Debug, Clone)]
pub struct Gauge(pub(crate) prometheus::IntGauge);

impl Gauge {
    /// Sets the level.
    pub fn set(&self, level: usize) {
        self.0.set(i64::try_from(level).unwrap_or(i64::MAX));
    }

    /// The level as it was set last.
    #[must_use]
    pub fn level(&self) -> i64 {
        self.0.get()
    }
}
