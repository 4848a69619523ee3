//! How a mix of transactions fared, as data.

mod findings;
mod recorder;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Trouble, milliseconds};

pub use findings::TrafficTolerance;
pub(crate) use recorder::{Outcome, Recorder, Transaction};

/// How a mix of transactions fared. Times of transactions are measured from their intended start: see [`crate::replay`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    /// How long it ran.
    #[serde(rename = "elapsed_ms", with = "milliseconds")]
    pub elapsed: Duration,
    /// Transactions that succeeded.
    pub served: u64,
    /// Transactions that failed, for whatever reason.
    pub failed: u64,
    /// Of the failed ones, those that a time limit ended, or that got no answer.
    pub timed_out: u64,
    /// Of the failed ones, those whose connection was lost.
    pub lost: u64,
    /// With a fixed rate: transactions that were due 10 ms before it ended or earlier, and for which no session was free.
    pub overdue: u64,
    /// Transactions under way when it ended, which were cancelled. They are in no other number.
    pub cut_off: u64,
    /// Connections that were opened anew after one was lost.
    pub reconnects: u64,
    /// Statements that were prepared anew because their result has another type, and run once more.
    pub prepared_again: u64,
    /// Sessions that could not connect again within the limit, and did nothing from then on.
    pub gave_up: u64,
    /// Failures by SQLSTATE; `lost` and `no-answer` where the server did not say.
    pub failures: BTreeMap<String, Failures>,
    /// The median of those that succeeded.
    #[serde(rename = "p50_ms", with = "milliseconds")]
    pub p50: Duration,
    /// Their 99th percentile.
    #[serde(rename = "p99_ms", with = "milliseconds")]
    pub p99: Duration,
    /// The longest transaction of all, failed ones and those cut off included.
    pub longest: Option<Longest>,
    /// The longest time in which no transaction of the mix was completed. With few transactions, that is no longer than it takes
    /// for one to come.
    pub longest_stall: Stall,
    /// By query of the mix.
    pub queries: Vec<QueryTraffic>,
    /// The whole time, cut into pieces of one length, by the intended start of each transaction.
    pub buckets: Vec<Bucket>,
}

/// Failures of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failures {
    /// How many.
    pub count: u64,
    /// When the first one was, from the beginning.
    #[serde(rename = "first_at_ms", with = "milliseconds")]
    pub first_at: Duration,
    /// When the last one was.
    #[serde(rename = "last_at_ms", with = "milliseconds")]
    pub last_at: Duration,
    /// The query that failed first.
    pub query: String,
    /// What was said the first time.
    pub first: Trouble,
}

/// One transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Longest {
    /// The name of its query.
    pub query: String,
    /// Its intended start, from the beginning.
    #[serde(rename = "began_at_ms", with = "milliseconds")]
    pub began_at: Duration,
    /// How long it took.
    #[serde(rename = "took_ms", with = "milliseconds")]
    pub took: Duration,
}

/// A time without a completed transaction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stall {
    /// When it began, from the beginning.
    #[serde(rename = "began_at_ms", with = "milliseconds")]
    pub began_at: Duration,
    /// How long it lasted.
    #[serde(rename = "lasted_ms", with = "milliseconds")]
    pub lasted: Duration,
}

/// One query of the mix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryTraffic {
    /// Its name.
    pub name: String,
    /// What its p95 may be.
    #[serde(rename = "budget_ms", with = "milliseconds")]
    pub budget: Duration,
    /// Transactions that succeeded.
    pub served: u64,
    /// Transactions that failed.
    pub failed: u64,
    /// The median of those that succeeded.
    #[serde(rename = "p50_ms", with = "milliseconds")]
    pub p50: Duration,
    /// Their 95th percentile.
    #[serde(rename = "p95_ms", with = "milliseconds")]
    pub p95: Duration,
    /// Their 99th percentile.
    #[serde(rename = "p99_ms", with = "milliseconds")]
    pub p99: Duration,
    /// The longest of them.
    #[serde(rename = "max_ms", with = "milliseconds")]
    pub max: Duration,
}

/// One piece of the time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// Its begin, from the beginning.
    #[serde(rename = "begins_at_ms", with = "milliseconds")]
    pub begins_at: Duration,
    /// Its length.
    #[serde(rename = "length_ms", with = "milliseconds")]
    pub length: Duration,
    /// Transactions that were to begin in it and succeeded.
    pub served: u64,
    /// Transactions that were to begin in it and failed.
    pub failed: u64,
    /// The median of those that succeeded.
    #[serde(rename = "p50_ms", with = "milliseconds")]
    pub p50: Duration,
    /// Their 99th percentile.
    #[serde(rename = "p99_ms", with = "milliseconds")]
    pub p99: Duration,
    /// The longest of all of it, failed ones included.
    #[serde(rename = "max_ms", with = "milliseconds")]
    pub max: Duration,
}

impl Traffic {
    /// Transactions that were to be done, and were not: failed, or overdue when it ended.
    #[must_use]
    pub fn not_served(&self) -> u64 {
        self.failed + self.overdue
    }
}
