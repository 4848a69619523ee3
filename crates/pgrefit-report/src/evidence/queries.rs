//! The application's queries before and after.

use serde::{Deserialize, Serialize};

use super::wire;
use crate::Status;

/// One query of the application.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Query {
    /// What it is called.
    pub name: String,
    /// What its p95 may be, in milliseconds; `None` is without a budget.
    pub budget_ms: Option<f64>,
    /// Before the migrations.
    pub before: Option<Latency>,
    /// After the migrations.
    pub after: Option<Latency>,
    /// How its plan changed; `None` if it did not.
    pub plan_change: Option<PlanChange>,
    /// The verdict.
    pub status: Status,
    /// Why.
    pub note: Option<String>,
}

/// How long a query took, in milliseconds. Not finite means not measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Half of the runs took no longer.
    #[serde(deserialize_with = "wire::number")]
    pub p50_ms: f64,
    /// 95 % of the runs took no longer.
    #[serde(deserialize_with = "wire::number")]
    pub p95_ms: f64,
    /// The longest run.
    #[serde(deserialize_with = "wire::number")]
    pub max_ms: f64,
    /// How many runs.
    pub runs: u64,
}

/// Another plan for the same query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanChange {
    /// "Index Scan using `orders_placed_at_idx`".
    pub before: String,
    /// "Seq Scan on orders".
    pub after: String,
    /// Whether it is of a worse kind.
    pub is_worse: bool,
}

impl Query {
    /// A query that was not measured.
    pub fn new(name: impl Into<String>, status: Status) -> Self {
        Self {
            name: name.into(),
            budget_ms: None,
            before: None,
            after: None,
            plan_change: None,
            status,
            note: None,
        }
    }
}
