//! What was measured, as data: it can be kept in a file and compared with another day's.

use std::collections::BTreeMap;
use std::time::Duration;

use pgrefit_pg::digest::TableDigest;
use serde::{Deserialize, Serialize};

use crate::percentile::nearest_rank;
use crate::{PlanShape, Trouble, milliseconds};

/// One pass over all queries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// `server_version_num`, such as 180006.
    pub version_num: u32,
    /// How many sessions ran each query at the same time.
    pub sessions: usize,
    /// How long it all took.
    #[serde(rename = "elapsed_ms", with = "milliseconds")]
    pub elapsed: Duration,
    /// Whether it was stopped from outside before it was done.
    pub interrupted: bool,
    /// One for each query that was asked for, in that order.
    pub queries: Vec<Measurement>,
}

impl Measured {
    /// The measurement of the query with this name.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&Measurement> {
        self.queries.iter().find(|query| query.name == name)
    }
}

/// One query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// Its name.
    pub name: String,
    /// What its p95 may be.
    #[serde(rename = "budget_ms", with = "milliseconds")]
    pub budget: Duration,
    /// Runs that were asked for, without the warm-ups.
    pub runs_wanted: usize,
    /// The times of the runs that succeeded; none if no run did.
    pub timing: Option<Timing>,
    /// Rows returned for each list of arguments; none for a list that was not run.
    pub rows: Vec<Option<u64>>,
    /// The plan for each of the first [`Measurement::LISTS_MAX`] lists of arguments, in their order.
    pub plans: Vec<PlanShape>,
    /// Rows of the relations in the plans as the planner believes (`pg_class.reltuples`), without those that were never analyzed.
    pub relation_rows: BTreeMap<String, u64>,
    /// Blocks touched by one run with the first list of arguments.
    pub buffers: Option<Buffers>,
    /// The rows of the result for each of the first [`Measurement::LISTS_MAX`] lists, if digests were asked for.
    pub digests: Vec<TableDigest>,
    /// The first error; no more runs were made after it.
    pub trouble: Option<Trouble>,
    /// Why there are fewer runs than were asked for, if it was not an error.
    pub cut: Option<Cut>,
}

/// Why a query was run less often than was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cut {
    /// The time for this query was over.
    QueryLimit,
    /// The time for all queries was over.
    TotalLimit,
    /// Somebody asked to stop.
    Stopped,
}

impl Measurement {
    /// Of so many lists of arguments the plan, and the digest if wanted, are taken.
    pub const LISTS_MAX: usize = 8;

    pub(crate) fn new(name: &str, budget: Duration, runs_wanted: usize) -> Self {
        Self {
            name: name.to_owned(),
            budget,
            runs_wanted,
            timing: None,
            rows: Vec::new(),
            plans: Vec::new(),
            relation_rows: BTreeMap::new(),
            buffers: None,
            digests: Vec::new(),
            trouble: None,
            cut: None,
        }
    }

    /// How many runs the times rest on.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.timing.as_ref().map_or(0, |timing| timing.runs)
    }
}

/// The times of the runs of one query, from sending it to its last row, without the transaction around it. Percentiles are
/// nearest-rank: see [`nearest_rank`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// How many runs.
    pub runs: usize,
    /// The fastest.
    #[serde(rename = "min_ms", with = "milliseconds")]
    pub min: Duration,
    /// The lower quartile.
    #[serde(rename = "p25_ms", with = "milliseconds")]
    pub p25: Duration,
    /// The median.
    #[serde(rename = "p50_ms", with = "milliseconds")]
    pub p50: Duration,
    /// The upper quartile.
    #[serde(rename = "p75_ms", with = "milliseconds")]
    pub p75: Duration,
    /// What 95 of a hundred runs stayed below: needs 20 runs to be more than the slowest.
    #[serde(rename = "p95_ms", with = "milliseconds")]
    pub p95: Duration,
    /// What 99 of a hundred runs stayed below: needs 100 runs to be more than the slowest.
    #[serde(rename = "p99_ms", with = "milliseconds")]
    pub p99: Duration,
    /// The slowest.
    #[serde(rename = "max_ms", with = "milliseconds")]
    pub max: Duration,
}

impl Timing {
    /// Of measured times in any order; none if there are none.
    #[must_use]
    pub fn of(mut times: Vec<Duration>) -> Option<Self> {
        times.sort_unstable();
        let (&min, &max) = (times.first()?, times.last()?);
        let rank = |percent| nearest_rank(&times, percent);
        let (p25, p50, p75, p95, p99) = (rank(25), rank(50), rank(75), rank(95), rank(99));
        Some(Self { runs: times.len(), min, p25, p50, p75, p95, p99, max })
    }

    /// How far the middle half of the runs lies apart.
    #[must_use]
    pub fn spread(&self) -> Duration {
        self.p75.saturating_sub(self.p25)
    }
}

/// Blocks of 8 KiB (unless the server was built otherwise) that one run touched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buffers {
    /// Found in shared buffers.
    pub shared_hit_blocks: u64,
    /// Read from the operating system's cache or the disk.
    pub shared_read_blocks: u64,
    /// Temporary blocks read and written: what did not fit into `work_mem`.
    pub temp_blocks: u64,
}
