//! The result of a benchmark, as data and as a file.

use std::time::Duration;

use pgrefit_load::{LoadRun, Pace};
use serde::{Deserialize, Serialize};

use super::{Counters, Environment, Explained};
use crate::guard::{Suffering, Watched};
use crate::milliseconds;
use crate::versus::Round;

/// What a benchmark found. As a file it is JSON, whose shape has the version [`BenchResult::SCHEMA_VERSION`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BenchResult {
    /// Of this shape. A reader refuses another one.
    pub schema_version: u32,
    /// The workload's name.
    pub workload: String,
    /// How it ended.
    pub ending: Ending,
    /// In short: each statement of the mix.
    pub queries: Vec<QueryResult>,
    /// Statements of the workload that write and were left out.
    pub left_out: Vec<String>,
    /// Each run of the load for itself, for a comparison with another result.
    pub rounds: Vec<Round>,
    /// Everything that came back, of all runs together.
    pub load: LoadRun,
    /// Seconds from which on the throughput was steady; none if it never was, or the run was too short to tell.
    pub steady_from: Option<usize>,
    /// What the server counted.
    pub counters: Counters,
    /// What `EXPLAIN` said.
    pub plans: Vec<Explained>,
    /// What the guard saw.
    pub watched: Watched,
    /// Where it ran.
    pub environment: Environment,
}

/// How a benchmark ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// It ran for as long as it was asked to.
    Completed,
    /// Somebody asked it to stop.
    Stopped,
    /// The guard ended it, because the database suffered.
    Suffered(Suffering),
}

/// One statement in short. Times count from when a request was meant to be sent, unless said otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueryResult {
    /// Its name.
    pub name: String,
    /// How often it comes, beside the others.
    pub weight: u32,
    /// What p95 and p99 may be.
    #[serde(rename = "budget_ms", with = "milliseconds")]
    pub budget: Duration,
    /// Answered without an error.
    pub done: u64,
    /// Failed.
    pub failed: u64,
    /// Rows returned or written.
    pub rows: u64,
    /// The arithmetic mean.
    #[serde(rename = "mean_ms", with = "milliseconds")]
    pub mean: Duration,
    /// The median.
    #[serde(rename = "p50_ms", with = "milliseconds")]
    pub p50: Duration,
    /// Nearest rank, as are the next ones.
    #[serde(rename = "p95_ms", with = "milliseconds")]
    pub p95: Duration,
    /// 99 of 100 were not longer.
    #[serde(rename = "p99_ms", with = "milliseconds")]
    pub p99: Duration,
    /// The longest.
    #[serde(rename = "max_ms", with = "milliseconds")]
    pub max: Duration,
    /// The median of the times from sending.
    #[serde(rename = "service_p50_ms", with = "milliseconds")]
    pub service_p50: Duration,
    /// p99 of the times from sending: what a closed loop would have called p99.
    #[serde(rename = "service_p99_ms", with = "milliseconds")]
    pub service_p99: Duration,
    /// The mean time of execution on the server, by `pg_stat_statements`; none if that is not there.
    pub server_mean_ms: Option<f64>,
}

impl BenchResult {
    /// The version of this shape.
    pub const SCHEMA_VERSION: u32 = 1;

    /// As the text of a file.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Maps have text keys and numbers are finite: there is nothing that could not be written.
        serde_json::to_string(self).map(|text| text + "\n").unwrap_or_default()
    }

    /// From the text of a file.
    ///
    /// # Errors
    /// What is wrong with it, in words: no such JSON, or of another version.
    pub fn from_json(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Version {
            schema_version: Option<u32>,
        }
        let version: Version = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match version.schema_version {
            Some(Self::SCHEMA_VERSION) => serde_json::from_str(text).map_err(|error| error.to_string()),
            Some(other) => Err(format!("it has schema version {other}, not {}", Self::SCHEMA_VERSION)),
            None => Err("it has no schema_version: it is no result of a benchmark".to_owned()),
        }
    }

    /// The statement with this name.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&QueryResult> {
        self.queries.iter().find(|query| query.name == name)
    }

    /// What `EXPLAIN` said of the statement with this name.
    #[must_use]
    pub fn plan(&self, name: &str) -> Option<&Explained> {
        self.plans.iter().find(|plan| plan.name == name)
    }

    /// Whether users waited for their answers before they asked again: then a server that stood still got no requests, and the
    /// percentiles do not show it.
    #[must_use]
    pub fn is_closed_loop(&self) -> bool {
        matches!(self.load.options.pace, Pace::Closed { .. })
    }
}

/// Each statement of the mix in short.
pub(super) fn queries(
    load: &LoadRun,
    weights: impl Fn(&str) -> u32,
    counters: &Counters,
) -> Vec<QueryResult> {
    let server = |name: &str| {
        let numbers = counters.statements.counted()?.get(name)?;
        let calls = numbers.get("calls").filter(|calls| **calls > 0.0)?;
        Some((numbers.get("total_exec_time")? / calls * 1000.0).round() / 1000.0)
    };
    let query = |it: &pgrefit_load::StatementRun| QueryResult {
        name: it.name.clone(),
        weight: weights(&it.name),
        budget: it.budget,
        done: it.done,
        failed: it.failed,
        rows: it.rows,
        mean: it.total.mean(),
        p50: it.total.quantile(0.5),
        p95: it.total.quantile(0.95),
        p99: it.total.quantile(0.99),
        max: it.total.max(),
        service_p50: it.service.quantile(0.5),
        service_p99: it.service.quantile(0.99),
        server_mean_ms: server(&it.name),
    };
    load.statements.iter().map(query).collect()
}
