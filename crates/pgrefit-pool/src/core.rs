//! What all parts of a pool share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use pgrefit_metrics::{Levels, PoolLevels, PoolMetrics};
use pgrefit_pg::Connector;
use tokio::runtime::Handle;

use crate::PoolConfig;
use crate::gate::Gate;
use crate::retry::Budget;
use crate::types::Types;

/// What all parts of a pool share. It does not hold the pool itself, so that connections can hold it.
pub(crate) struct Core {
    pub(crate) config: PoolConfig,
    pub(crate) connector: Connector,
    pub(crate) metrics: PoolMetrics,
    pub(crate) counts: Arc<Counts>,
    pub(crate) types: Types,
    pub(crate) budget: Budget,
    /// Where work goes on when a connection is dropped, on whatever thread that happens.
    pub(crate) runtime: Handle,
    began: Instant,
    /// Idle connections that were used last before this moment, in microseconds since `began`, are not trusted.
    trusted_since: AtomicU64,
}

/// How many connections are where.
#[derive(Debug)]
pub(crate) struct Counts {
    pub(crate) gate: Gate,
    /// Open: idle, or somebody has them.
    pub(crate) open: AtomicUsize,
    /// Being opened.
    pub(crate) creating: AtomicUsize,
    min: usize,
}

impl Counts {
    pub(crate) fn new(config: &PoolConfig) -> Self {
        let (open, creating) = Default::default();
        let gate = Gate::new(config.connections_max);
        Self { gate, open, creating, min: config.connections_min }
    }

    /// How many are kept open.
    pub(crate) fn min(&self) -> usize {
        if self.gate.is_shut() { 0 } else { self.min.min(self.gate.max()) }
    }

    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::Acquire)
    }

    /// How many somebody has, or are being made clean after that.
    pub(crate) fn used(&self) -> usize {
        self.gate.inside().saturating_sub(self.creating.load(Ordering::Acquire))
    }

    /// Counts one that is being opened, if fewer than the least number are open or being opened.
    pub(crate) fn begin_spare(&self) -> Option<Creating<'_>> {
        let missing = self.open() + self.creating.load(Ordering::Acquire) < self.min();
        missing.then(|| Creating::new(self))
    }
}

/// One that is being opened; also when the attempt is given up.
pub(crate) struct Creating<'a>(&'a Counts);

impl<'a> Creating<'a> {
    pub(crate) fn new(counts: &'a Counts) -> Self {
        counts.creating.fetch_add(1, Ordering::AcqRel);
        Self(counts)
    }
}

impl Drop for Creating<'_> {
    fn drop(&mut self) {
        self.0.creating.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Levels for Counts {
    fn levels(&self) -> PoolLevels {
        let used = self.used();
        PoolLevels {
            idle: self.open().saturating_sub(used),
            used,
            max: if self.gate.is_shut() { 0 } else { self.gate.max() },
            idle_min: self.min(),
            pending: self.gate.waiting(),
        }
    }
}

impl Core {
    pub(crate) fn new(
        config: PoolConfig,
        connector: Connector,
        metrics: PoolMetrics,
        counts: Arc<Counts>,
        runtime: Handle,
    ) -> Self {
        Self {
            types: Types::new(config.statements_max),
            config,
            connector,
            metrics,
            counts,
            budget: Budget::default(),
            runtime,
            began: Instant::now(),
            trusted_since: AtomicU64::new(0),
        }
    }

    /// How long a new connection may live: the maximum, less a random part, so that those opened together do not go together.
    pub(crate) fn lifetime(&self) -> Duration {
        let percent = u32::saturating_sub(100, fastrand::u32(0..=self.config.lifetime_jitter_percent));
        self.config.lifetime_max / 100 * percent
    }

    /// A connection that was asked at that moment did not answer: others that have idled since are not asked, each for a whole time
    /// limit, but closed.
    pub(crate) fn distrust_idle(&self, asked: Instant) {
        let asked = asked.saturating_duration_since(self.began).as_micros();
        self.trusted_since.fetch_max(u64::try_from(asked).unwrap_or(u64::MAX), Ordering::AcqRel);
    }

    /// Whether a connection that was used last at that moment may be trusted.
    pub(crate) fn trusts(&self, touched: Instant) -> bool {
        let since = Duration::from_micros(self.trusted_since.load(Ordering::Acquire));
        touched >= self.began + since
    }
}
