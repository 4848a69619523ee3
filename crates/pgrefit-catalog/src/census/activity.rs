//! What goes on at the moment, and what has been run.

use serde::{Deserialize, Serialize};

/// A server process.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Backend {
    /// The process.
    pub pid: i32,
    /// The process that it works for, of parallel workers.
    pub leader: Option<i32>,
    /// The database; none of processes of the server.
    pub database: Option<String>,
    /// The role.
    pub user: Option<String>,
    /// `application_name`.
    pub application: Option<String>,
    /// `client backend`, `autovacuum worker`, …; none if hidden.
    pub kind: Option<String>,
    /// `active`, `idle`, `idle in transaction`, …; none if hidden.
    pub state: Option<String>,
    /// What it waits for: `Lock`, `IO`, …
    pub wait_event_type: Option<String>,
    /// More exactly.
    pub wait_event: Option<String>,
    /// Seconds since it was connected.
    pub backend_age_s: Option<f64>,
    /// Seconds since its transaction began; none if it has none.
    pub transaction_age_s: Option<f64>,
    /// Seconds since its statement began.
    pub query_age_s: Option<f64>,
    /// Seconds in this state.
    pub state_age_s: Option<f64>,
    /// Transactions since the oldest that its snapshot can see.
    pub xmin_age: Option<i64>,
    /// Transactions since its own.
    pub xid_age: Option<i64>,
    /// Its statement without literals, the first 200 characters; none if hidden or empty.
    pub query: Option<String>,
    /// Its statement and state are hidden from the role that looks.
    pub hidden: bool,
    /// Comes over TLS; none if hidden or not by network.
    pub tls: Option<bool>,
    /// Comes from this machine, or by a socket.
    pub is_local: Option<bool>,
    /// Who is in its way.
    pub blocked_by: Vec<i32>,
}

/// A lock on a relation that is waited for, or that is `AccessExclusiveLock`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lock {
    /// The process; none for a prepared transaction.
    pub pid: Option<i32>,
    /// The relation.
    pub relation: u32,
    /// `AccessExclusiveLock`, …
    pub mode: String,
    /// It is held.
    pub granted: bool,
    /// Seconds since it is waited for; from 14 on.
    pub wait_age_s: Option<f64>,
}

/// A transaction between `PREPARE TRANSACTION` and its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PreparedTransaction {
    /// Its name.
    pub gid: String,
    /// Seconds since it was prepared.
    pub age_s: f64,
    /// The owner.
    pub owner: String,
    /// The database.
    pub database: String,
    /// `age(transaction)`.
    pub xid_age: i64,
}

/// A command that reports its progress.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The process.
    pub pid: i32,
    /// `VACUUM`, `CREATE INDEX`, `ANALYZE`, `CLUSTER`.
    pub command: String,
    /// The relation; none if hidden.
    pub relation: Option<u32>,
    /// The phase.
    pub phase: Option<String>,
    /// Blocks or other units that are done.
    pub done: Option<i64>,
    /// And in all.
    pub total: Option<i64>,
}

/// A row of `pg_stat_statements`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    /// The text without literals, the first 2,000 characters; none if hidden.
    pub query: Option<String>,
    /// `queryid`.
    pub query_id: Option<i64>,
    /// The role.
    pub user: Option<String>,
    /// Executions.
    pub calls: i64,
    /// Time in all, in milliseconds.
    pub total_ms: f64,
    /// The average.
    pub mean_ms: f64,
    /// The longest.
    pub max_ms: f64,
    /// Standard deviation.
    pub stddev_ms: f64,
    /// Rows returned or changed.
    pub rows: i64,
    /// Blocks found in shared buffers.
    pub blocks_hit: i64,
    /// Blocks read from outside of them.
    pub blocks_read: i64,
    /// Temporary blocks read and written.
    pub temp_blocks: i64,
    /// WAL, in bytes.
    pub wal_bytes: i64,
}

/// What `pg_stat_statements` holds in all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatementTotals {
    /// Statements that it holds of this database.
    pub entries: i64,
    /// How many of those are hidden from the role that looks.
    pub hidden: i64,
    /// How often it threw statements out to make room; from 14 on.
    pub deallocations: Option<i64>,
    /// Seconds since it was reset; from 14 on.
    pub reset_age_s: Option<f64>,
}
