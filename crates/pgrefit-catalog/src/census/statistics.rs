//! Counters of tables and indexes. They begin when the statistics were last reset: `Server::counted_for_s`.

use serde::{Deserialize, Serialize};

/// Counters of a table, a materialized view or a TOAST table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RelationStatistics {
    /// The table.
    pub relation: u32,
    /// Sequential scans begun.
    pub seq_scans: i64,
    /// Rows read by them.
    pub seq_rows: i64,
    /// Index scans begun, of all its indexes.
    pub index_scans: i64,
    /// Seconds since the last sequential scan; from 16 on.
    pub last_seq_scan_age_s: Option<f64>,
    /// Rows inserted.
    pub inserts: i64,
    /// Rows updated.
    pub updates: i64,
    /// Of those, within their page.
    pub hot_updates: i64,
    /// Of those, to another page; from 16 on.
    pub newpage_updates: Option<i64>,
    /// Rows deleted.
    pub deletes: i64,
    /// Rows, estimated.
    pub live: i64,
    /// Dead versions of rows, estimated.
    pub dead: i64,
    /// Rows changed since the last `ANALYZE`.
    pub changes_since_analyze: i64,
    /// Rows inserted since the last `VACUUM`.
    pub inserts_since_vacuum: i64,
    /// Seconds since the last `VACUUM`, by hand or by the daemon; none if there was none.
    pub last_vacuum_age_s: Option<f64>,
    /// Seconds since the last `ANALYZE`.
    pub last_analyze_age_s: Option<f64>,
    /// Runs of autovacuum.
    pub autovacuums: i64,
    /// Blocks of the heap read from outside of shared buffers.
    pub heap_blocks_read: i64,
    /// Blocks of the heap found in shared buffers.
    pub heap_blocks_hit: i64,
}

/// Counters of an index.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IndexStatistics {
    /// The index.
    pub index: u32,
    /// Scans begun, on all nodes.
    pub scans: i64,
    /// Seconds since the last, on any node; from 16 on.
    pub last_scan_age_s: Option<f64>,
    /// Entries returned.
    pub entries_read: i64,
    /// Rows fetched.
    pub rows_fetched: i64,
    /// Blocks read from outside of shared buffers.
    pub blocks_read: i64,
    /// Blocks found in shared buffers.
    pub blocks_hit: i64,
}
