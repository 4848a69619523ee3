//! The guard of a live database: looks at it twice a second on a connection of its own while a benchmark runs, and says when it
//! suffers. What it judges by is how the database was just before, when nobody benchmarked it.

mod baseline;
mod judge;
mod name;
mod watch;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::milliseconds;

pub use baseline::Baseline;
pub use judge::Judge;
pub use name::own_name;
pub use watch::Watch;

/// How the database is at one moment. What this role may not see is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Pressure {
    /// When, since the guard began.
    #[serde(rename = "at_ms", with = "milliseconds")]
    pub at: Duration,
    /// How long the look itself took: a round trip and a short query on statistics.
    #[serde(rename = "probe_ms", with = "milliseconds")]
    pub probe: Duration,
    /// Backends of others that run a statement: not those of the benchmark.
    pub active: Option<u64>,
    /// Backends of others that wait for a lock.
    pub waiting: Option<u64>,
    /// How far the standby that is furthest behind has to go, in bytes of WAL; none without standbys.
    pub lag_bytes: Option<u64>,
}

/// What the database may suffer. Each is by how much more than in its own quiet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GuardLimits {
    /// Between two looks.
    pub every: Duration,
    /// For how long the quiet is looked at before.
    pub quiet: Duration,
    /// A probe may take so many times as long as the median of the quiet …
    pub probe_factor: f64,
    /// … and in any case so long.
    pub probe_least: Duration,
    /// One probe that takes longer than this is enough; no answer is waited for any longer.
    pub probe_most: Duration,
    /// So many more backends of others may be active than the most in the quiet; and twice as many in any case.
    pub active_more: u64,
    /// So many more may wait for locks.
    pub waiting_more: u64,
    /// A standby may fall behind by so many bytes more.
    pub lag_more_bytes: u64,
    /// So many looks in a row must be over a limit: a single one is a hiccup.
    pub in_a_row: u32,
}

impl Default for GuardLimits {
    /// Twice a second, after 3 s of quiet; ten times the probe and at least 100 ms, 3 s at most; 20 active backends, 5 that wait for
    /// locks, 64 MiB of lag; four looks in a row, which is two seconds.
    fn default() -> Self {
        Self {
            every: Duration::from_millis(500),
            quiet: Duration::from_secs(3),
            probe_factor: 10.0,
            probe_least: Duration::from_millis(100),
            probe_most: Duration::from_secs(3),
            active_more: 20,
            waiting_more: 5,
            lag_more_bytes: 64 << 20,
            in_a_row: 4,
        }
    }
}

/// By what the suffering was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sign {
    /// The probe was slow.
    ProbeLatency,
    /// Many statements of others ran at once: they take longer, and so pile up.
    ActiveBackends,
    /// Others waited for locks.
    LockWaits,
    /// A standby fell behind.
    ReplicationLag,
    /// The guard's connection was lost and could not be had again, or did not answer: nobody can say how the database is.
    NoAnswer,
}

/// That the database suffered, and by what that was told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suffering {
    /// Which sign.
    pub sign: Sign,
    /// When it was seen, since the guard began.
    #[serde(rename = "at_ms", with = "milliseconds")]
    pub at: Duration,
    /// What was measured, in words.
    pub measured: String,
    /// What was allowed, in words.
    pub limit: String,
}

impl std::fmt::Display for Suffering {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { sign, measured, limit, .. } = self;
        match sign {
            Sign::ProbeLatency => write!(f, "the guard's probe took {measured}, with {limit} allowed"),
            Sign::ActiveBackends => {
                write!(f, "{measured} backends of others were active, with {limit} allowed")
            }
            Sign::LockWaits => {
                write!(f, "{measured} backends of others waited for locks, with {limit} allowed")
            }
            Sign::ReplicationLag => write!(f, "a standby was {measured} behind, with {limit} allowed"),
            Sign::NoAnswer => write!(f, "the guard had no answer: {measured}"),
        }
    }
}

/// What the guard saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Watched {
    /// The quiet before.
    pub baseline: Baseline,
    /// Every look, in order.
    pub looks: Vec<Pressure>,
    /// Why it ended the run, if it did.
    pub suffering: Option<Suffering>,
    /// What it could not see, and why.
    pub blind: Vec<String>,
}

impl Watched {
    /// The slowest probe.
    #[must_use]
    pub fn probe_max(&self) -> Duration {
        self.looks.iter().map(|look| look.probe).max().unwrap_or_default()
    }
}
