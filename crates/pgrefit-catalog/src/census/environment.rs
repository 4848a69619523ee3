//! The server, its settings, its databases and extensions.

use serde::{Deserialize, Serialize};

/// The server, the database and the role that looks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each with a name of its own")]
pub struct Server {
    /// `server_version_num`: 180006.
    pub version_num: u32,
    /// `server_version`: `18.6 (Debian 18.6-1)`.
    pub version: String,
    /// The moment of the census by the server's clock, in RFC 3339.
    pub taken_at: String,
    /// The same in seconds since 1970.
    pub taken_at_epoch_s: f64,
    /// The database.
    pub database: String,
    /// Its oid.
    pub database_oid: u32,
    /// The role whose privileges count.
    pub user: String,
    /// Whether it is a superuser.
    pub is_superuser: bool,
    /// Whether it has the privileges of `pg_monitor`.
    pub has_pg_monitor: bool,
    /// Whether it may read every table.
    pub has_pg_read_all_data: bool,
    /// Whether the server takes no writes: a standby, or one in recovery.
    pub in_recovery: bool,
    /// Seconds since the server was started.
    pub started_age_s: f64,
    /// Seconds for which the counters of this database have counted; none if that cannot be told.
    pub counted_for_s: Option<f64>,
    /// `block_size`, in bytes.
    pub block_size: i64,
    /// Of the cluster; none if the role may not see it.
    pub system_identifier: Option<i64>,
    /// Backend of the session that takes the census.
    pub pid: i32,
}

impl Server {
    /// The major version: 18.
    #[must_use]
    pub const fn major(&self) -> u32 {
        self.version_num / 10_000
    }
}

/// How a census was taken: the proof that it harmed nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// From the first query to the last, in milliseconds.
    pub duration_ms: u64,
    /// How long its snapshot was open, in milliseconds: for so long it kept `VACUUM` from removing what died meanwhile.
    pub snapshot_ms: u64,
    /// Queries that were sent.
    pub queries: u32,
    /// Rows that came back.
    pub rows: u64,
    /// The modes of the locks it held at its end, on whatever but its own virtual transaction: `AccessShareLock`.
    pub lock_modes: Vec<String>,
    /// How many locks on relations outside of `pg_catalog` it held at its end.
    pub user_locks: u32,
    /// Bytes of WAL that its own backend wrote; none where that cannot be told (before 18).
    pub wal_bytes: Option<i64>,
    /// Whether a transaction id was given to it: only writing needs one.
    pub has_transaction_id: bool,
}

/// A row of `pg_settings`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// Its value, in `unit`.
    pub setting: String,
    /// `8kB`, `ms`; none if it has none.
    pub unit: Option<String>,
    /// `postmaster`, `sighup`, `user`, …
    pub context: String,
    /// `bool`, `integer`, `real`, `string`, `enum`.
    pub vartype: String,
    /// Where the value comes from: `default`, `configuration file`, …
    pub source: String,
    /// The least value.
    pub min_val: Option<String>,
    /// The greatest value.
    pub max_val: Option<String>,
    /// The words that it accepts.
    pub enumvals: Option<Vec<String>>,
    /// The value that the server was built with.
    pub boot_val: Option<String>,
    /// Whether a changed value waits for a restart.
    pub pending_restart: bool,
}

/// A setting of a role, a database, or one in the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoleSetting {
    /// The database; none for every one.
    pub database: Option<String>,
    /// The role; none for every one.
    pub role: Option<String>,
    /// `name=value` each.
    pub settings: Vec<String>,
}

/// A database of the cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Database {
    /// Its oid.
    pub oid: u32,
    /// Its name.
    pub name: String,
    /// The owner.
    pub owner: u32,
    /// Whether it can be connected to.
    pub allows_connections: bool,
    /// Whether it is a template.
    pub is_template: bool,
    /// How many connections it takes at most; -1 for any number.
    pub connection_limit: i32,
    /// `age(datfrozenxid)`, in transactions.
    pub xid_age: i64,
    /// `mxid_age(datminmxid)`.
    pub mxid_age: i64,
    /// The encoding.
    pub encoding: String,
    /// The collation version when it was made; none before 15 or where the provider has none.
    pub collation_version: Option<String>,
    /// The version of the library now.
    pub actual_collation_version: Option<String>,
    /// `datacl`; none for the default.
    pub acl: Option<Vec<String>>,
    /// Connections now.
    pub connections: Option<i32>,
    /// Transactions that committed.
    pub commits: Option<i64>,
    /// Transactions that rolled back.
    pub rollbacks: Option<i64>,
    /// Blocks read from outside of shared buffers.
    pub blocks_read: Option<i64>,
    /// Blocks found in shared buffers.
    pub blocks_hit: Option<i64>,
    /// Temporary files.
    pub temp_files: Option<i64>,
    /// Bytes in temporary files.
    pub temp_bytes: Option<i64>,
    /// Deadlocks.
    pub deadlocks: Option<i64>,
    /// Queries cancelled by recovery, on a standby.
    pub conflicts: Option<i64>,
    /// Checksum failures; none if checksums are off.
    pub checksum_failures: Option<i64>,
    /// Time in sessions, in milliseconds; from 14 on.
    pub session_time_ms: Option<f64>,
    /// Time spent running statements.
    pub active_time_ms: Option<f64>,
    /// Time idle in a transaction.
    pub idle_in_transaction_time_ms: Option<f64>,
    /// Sessions that were opened; from 14 on.
    pub sessions: Option<i64>,
    /// Sessions whose client went away without a word.
    pub sessions_abandoned: Option<i64>,
    /// Sessions that ended by a fatal error.
    pub sessions_fatal: Option<i64>,
    /// Sessions that somebody terminated.
    pub sessions_killed: Option<i64>,
    /// Seconds since its counters were reset; none if they never were.
    pub stats_reset_age_s: Option<f64>,
}

/// Another node of the same cluster, merged into the counters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// How it was named on the command line, without a password.
    pub name: String,
    /// Whether it is a standby.
    pub in_recovery: bool,
    /// Seconds for which its counters have counted.
    pub counted_for_s: Option<f64>,
}

/// An installed extension.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Extension {
    /// Its name.
    pub name: String,
    /// The installed version.
    pub version: String,
    /// The schema of its objects.
    pub schema: String,
}

/// What the server's files have of an extension that is installed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AvailableExtension {
    /// Its name.
    pub name: String,
    /// The version that `CREATE EXTENSION` would install; none if the files are gone.
    pub default_version: Option<String>,
}
