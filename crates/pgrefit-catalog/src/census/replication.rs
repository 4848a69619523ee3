//! Replication, archiving, checkpoints, WAL and I/O.

use serde::{Deserialize, Serialize};

/// A row of `pg_stat_replication`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Replica {
    /// The process that sends.
    pub pid: i32,
    /// `application_name`.
    pub application: Option<String>,
    /// `streaming`, `catchup`, …; none if hidden.
    pub state: Option<String>,
    /// `async`, `sync`, `potential`, `quorum`.
    pub sync_state: Option<String>,
    /// WAL not yet sent, in bytes.
    pub send_lag_bytes: Option<i64>,
    /// WAL not yet on the disk there, in bytes.
    pub flush_lag_bytes: Option<i64>,
    /// WAL not yet replayed there, in bytes; none of a client that replays nothing, such as `pg_receivewal`.
    pub replay_lag_bytes: Option<i64>,
    /// `replay_lag`, in seconds.
    pub replay_lag_s: Option<f64>,
    /// `age(backend_xmin)`: what hot standby feedback holds back.
    pub xmin_age: Option<i64>,
}

/// A row of `pg_replication_slots`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Slot {
    /// Its name.
    pub name: String,
    /// `physical` or `logical`.
    pub kind: String,
    /// The output plugin.
    pub plugin: Option<String>,
    /// The database of a logical one.
    pub database: Option<String>,
    /// Somebody is connected to it.
    pub active: bool,
    /// It goes away with its session.
    pub temporary: bool,
    /// WAL that it holds back, in bytes.
    pub retained_bytes: Option<i64>,
    /// `reserved`, `extended`, `unreserved`, `lost`.
    pub wal_status: Option<String>,
    /// WAL that may still be written before it is lost, in bytes.
    pub safe_wal_bytes: Option<i64>,
    /// `age(xmin)`.
    pub xmin_age: Option<i64>,
    /// `age(catalog_xmin)`.
    pub catalog_xmin_age: Option<i64>,
    /// Why it was given up; from 16 on (`conflicting`) and 17 on.
    pub invalidation: Option<String>,
    /// Seconds since somebody was connected to it; from 17 on.
    pub inactive_age_s: Option<f64>,
}

/// A row of `pg_publication`, with its tables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// Its name.
    pub name: String,
    /// `FOR ALL TABLES`.
    pub all_tables: bool,
    /// It publishes updates or deletes.
    pub updates_or_deletes: bool,
    /// The tables that it names.
    pub relations: Vec<u32>,
    /// The schemas that it names; from 15 on.
    pub namespaces: Vec<u32>,
}

/// A row of `pg_subscription` of this database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// Its name.
    pub name: String,
    /// It is enabled.
    pub enabled: bool,
    /// It has a slot on its publisher: not `slot_name = NONE`.
    pub has_slot: bool,
    /// Whether its connection string holds a password; none if the role may not see it. The string itself is not read.
    pub has_password: Option<bool>,
}

/// `pg_stat_archiver`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Archiver {
    /// Files archived.
    pub archived: i64,
    /// Failures.
    pub failed: i64,
    /// Seconds since a file was archived.
    pub last_archived_age_s: Option<f64>,
    /// Seconds since the last failure.
    pub last_failed_age_s: Option<f64>,
}

/// Checkpoints since the counters were reset.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Checkpoints {
    /// By time.
    pub timed: i64,
    /// By request, most of all because `max_wal_size` was reached.
    pub requested: i64,
    /// Time writing, in milliseconds.
    pub write_ms: f64,
    /// Time syncing, in milliseconds.
    pub sync_ms: f64,
    /// Buffers written by checkpoints.
    pub buffers: i64,
    /// Buffers written by backends themselves; none from 17 on, where `pg_stat_io` has it.
    pub buffers_backend: Option<i64>,
    /// How often a backend had to call `fsync` itself.
    pub fsyncs_backend: Option<i64>,
    /// Seconds since the reset.
    pub reset_age_s: Option<f64>,
}

/// `pg_stat_wal`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Wal {
    /// Records.
    pub records: i64,
    /// Full page images.
    pub full_page_images: i64,
    /// Bytes.
    pub bytes: i64,
    /// How often the WAL buffers were full.
    pub buffers_full: i64,
    /// Seconds since the reset.
    pub reset_age_s: Option<f64>,
}

/// What lies in the directories of the WAL.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WalFiles {
    /// Files of WAL.
    pub files: i64,
    /// Their size.
    pub bytes: i64,
    /// Files that wait to be archived.
    pub waiting: i64,
}

/// A row of `pg_stat_io`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IoStatistics {
    /// `client backend`, …
    pub backend_type: String,
    /// `relation`, `temp relation`, `wal`.
    pub object: String,
    /// `normal`, `vacuum`, `bulkread`, `bulkwrite`.
    pub context: String,
    /// Reads.
    pub reads: Option<i64>,
    /// Time reading, in milliseconds; zero unless `track_io_timing` is on.
    pub read_ms: Option<f64>,
    /// Writes.
    pub writes: Option<i64>,
    /// Time writing.
    pub write_ms: Option<f64>,
    /// Calls of `fsync`.
    pub fsyncs: Option<i64>,
}
