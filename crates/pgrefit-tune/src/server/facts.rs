//! What rules rest on: the settings of the server, its counters, and what only a person can say.

mod read;

pub(crate) use read::{PRIOR, prior_values};

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{LargeTable, Setting};

/// Everything that [`judge`](super::judge) asks for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// `server_version_num`: 180006.
    pub version_num: u32,
    /// `server_version`.
    pub version: String,
    /// The settings by name.
    pub settings: BTreeMap<String, Setting>,
    /// What `ALTER SYSTEM` has set before.
    pub prior: Prior,
    /// The size of all databases that this role may ask for; `None` when it may not see all of them.
    pub databases_bytes: Option<u64>,
    /// Backends of clients.
    pub connections: Connections,
    /// Standbys that are connected; `None` when this role may not see them.
    pub replicas: Option<u64>,
    /// Replication slots.
    pub slots: u64,
    /// How many bytes of WAL the slot keeps that is furthest behind; `None` if none keeps any.
    pub slots_keep_bytes: Option<u64>,
    /// WAL written.
    pub wal: Option<WalRate>,
    /// Checkpoints since the counters were reset.
    pub checkpoints: Option<Checkpoints>,
    /// Bytes of temporary files a day, in all databases whose counters are older than a quarter of an hour.
    pub temp_bytes_a_day: Option<f64>,
    /// Partitions and their indexes in this database.
    pub partition_relations: u64,
    /// Tables of this database with a million rows and more, as the server estimates, the largest first; 200 at most.
    pub large_tables: Vec<LargeTable>,
    /// Whether this is a standby.
    pub is_standby: bool,
    /// What only a person can say.
    pub given: Given,
}

/// What only a person, or the caller's look at the machine, can say. `None` is not known: rules that need it are blind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// The memory that the server may use, in bytes: the limit of its container, or what is set aside for it. Never the
    /// memory of the host that a container runs on.
    pub memory_bytes: Option<u64>,
    /// The CPUs that it may use.
    pub cpus: Option<u32>,
    /// What its data is on.
    pub storage: Option<Storage>,
    /// The size of the file system that has `pg_wal`, in bytes.
    pub wal_disk_bytes: Option<u64>,
    /// How many backends work at the same time at the 99th percentile: what the pools are made for.
    pub active_backends: Option<u32>,
    /// All connections of all pools: pool size times replicas.
    pub pool_connections: Option<u32>,
    /// What the server is for.
    pub purpose: Purpose,
}

/// What the data is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Storage {
    /// Solid state, or a network volume on it.
    Ssd,
    /// Spinning disks.
    Hdd,
}

/// What the server is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Many short queries, and some long ones.
    #[default]
    Mixed,
    /// Few long queries.
    Analytic,
}

/// What `ALTER SYSTEM` has set before: what a reset script must restore.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prior {
    /// Values as they stand in `postgresql.auto.conf`.
    pub values: BTreeMap<String, String>,
    /// Whether this role was allowed to see them.
    pub is_known: bool,
}

/// Backends of clients at the moment of the look, our own not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connections {
    /// All.
    pub now: u64,
    /// Those in a query or transaction.
    pub active: u64,
}

/// How much WAL is written.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WalRate {
    /// Bytes a second.
    pub bytes_a_second: f64,
    /// Over how long that was measured.
    pub over: Duration,
    /// Whether it is the mean since the counters were reset, which hides peaks, and not a reading of now.
    pub is_mean: bool,
}

/// Checkpoints since the counters were reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoints {
    /// Begun by the clock.
    pub timed: u64,
    /// Begun because `max_wal_size` was reached, or by request.
    pub requested: u64,
}

impl Facts {
    /// The major version: 18.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.version_num / 10_000
    }

    pub(crate) fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings.get(name)
    }

    /// A number that the server has, or `default` where it has no such setting.
    pub(crate) fn count(&self, name: &str, default: u64) -> u64 {
        self.setting(name).and_then(Setting::count).unwrap_or(default)
    }
}
