//! How the database is when nobody benchmarks it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Pressure;
use crate::milliseconds;

/// The quiet before a run: the median of its probes, and the most of everything else.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// Looks that it rests on.
    pub looks: usize,
    /// The median of the probes.
    #[serde(rename = "probe_ms", with = "milliseconds")]
    pub probe: Duration,
    /// The most active backends of others.
    pub active: Option<u64>,
    /// The most of them that waited for locks.
    pub waiting: Option<u64>,
    /// The most bytes of WAL that a standby was behind.
    pub lag_bytes: Option<u64>,
}

impl Baseline {
    /// Of some looks.
    #[must_use]
    pub fn of(looks: &[Pressure]) -> Self {
        let most = |of: fn(&Pressure) -> Option<u64>| looks.iter().filter_map(of).max();
        let mut probes: Vec<Duration> = looks.iter().map(|look| look.probe).collect();
        probes.sort_unstable();
        Self {
            looks: looks.len(),
            probe: crate::nearest_rank(&probes, 50),
            active: most(|look| look.active),
            waiting: most(|look| look.waiting),
            lag_bytes: most(|look| look.lag_bytes),
        }
    }
}
