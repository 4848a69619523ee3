//! The partitioned table that a partition belonged to.

use pgrefit_catalog::Name;
use serde::{Deserialize, Serialize};

/// The partitioned table that a partition belonged to, and for which rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// The partitioned table.
    pub table: Name,
    /// Its oid.
    pub oid: u32,
    /// `pg_get_partkeydef`, such as `RANGE (created_at)`.
    pub key: String,
    /// Such as `FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')`.
    pub bound: String,
    /// `pg_get_partition_constraintdef`: what is true of every row, so that attaching need not scan.
    pub constraint: Option<String>,
}
