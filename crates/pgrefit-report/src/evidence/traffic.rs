//! What else ran during the rehearsal or the live run, and how that fared.

use serde::{Deserialize, Serialize};

use super::stage::StageName;

/// A workload, bucket by bucket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    /// During which stage: rehearse or apply.
    pub stage: StageName,
    /// What ran: "orders, 200 transactions a second".
    pub workload: String,
    /// How long a bucket is, in milliseconds.
    pub bucket_ms: u64,
    /// In the order of time; a bucket in which nothing happened may be left out.
    pub buckets: Vec<TrafficBucket>,
    /// All together.
    pub total: TrafficTotal,
}

/// What ended in one span of time. Latencies are `None` if nothing ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrafficBucket {
    /// When it begins, in milliseconds from the start of the stage.
    pub from_ms: u64,
    /// Transactions that ended well.
    pub completed: u64,
    /// Transactions that failed.
    pub failed: u64,
    /// Half of the transactions took no longer, in milliseconds.
    pub p50_ms: Option<f64>,
    /// 99 % of the transactions took no longer, in milliseconds.
    pub p99_ms: Option<f64>,
    /// The longest transaction, in milliseconds.
    pub max_ms: Option<f64>,
}

/// The same over the whole time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct TrafficTotal {
    /// Transactions that ended well.
    pub completed: u64,
    /// Transactions that failed.
    pub failed: u64,
    /// Half of the transactions took no longer, in milliseconds.
    pub p50_ms: Option<f64>,
    /// 99 % of the transactions took no longer, in milliseconds.
    pub p99_ms: Option<f64>,
    /// The longest transaction, in milliseconds.
    pub max_ms: Option<f64>,
}
