//! Levels that are read when somebody scrapes, so that nobody pays for them at other times.

use crate::handle::Gauge;

/// The levels of a pool at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PoolLevels {
    /// Open connections that nobody uses.
    pub idle: usize,
    /// Connections that somebody has, or that are being made clean after somebody had them.
    pub used: usize,
    /// How many there may be.
    pub max: usize,
    /// How many are kept open.
    pub idle_min: usize,
    /// Requests that wait because all connections are used. One that waits for its own new connection does not count.
    pub pending: usize,
}

/// Whoever has levels.
pub trait Levels: Send + Sync {
    /// The levels now. Must not wait.
    fn levels(&self) -> PoolLevels;
}

/// The gauges of one pool.
#[derive(Debug, Clone)]
pub(crate) struct LevelGauges {
    pub(crate) idle: Gauge,
    pub(crate) used: Gauge,
    pub(crate) max: Gauge,
    pub(crate) idle_min: Gauge,
    pub(crate) pending: Gauge,
}

impl LevelGauges {
    pub(crate) fn set(&self, levels: PoolLevels) {
        self.idle.set(levels.idle);
        self.used.set(levels.used);
        self.max.set(levels.max);
        self.idle_min.set(levels.idle_min);
        self.pending.set(levels.pending);
    }
}
