//! The tools that take a backup, behind one interface: one file each.

pub(crate) mod command;
pub(crate) mod pg_basebackup;
pub(crate) mod pg_dump;
pub(crate) mod pgbackrest;

use std::path::Path;

use futures_util::future::BoxFuture;

use crate::source::Source;
use crate::{Error, Job, Strength};

/// A way to take a backup.
pub trait Adapter: Send + Sync {
    /// What the manifest calls it.
    fn name(&self) -> &'static str;

    /// The strongest proof that a backup of this kind can get.
    fn strength_max(&self) -> Strength;

    /// What it makes.
    fn form(&self) -> Form;

    /// Finds the tool and whatever else can be known to be missing before anything is written. Returns the tool with its
    /// version, such as `pg_dump 18.6`.
    fn preflight<'a>(&'a self, job: &'a Job<'a>, source: &'a Source) -> BoxFuture<'a, Result<String, Error>>;

    /// Writes the backup into [`Taking::dir`].
    fn take<'a>(&'a self, job: &'a Job<'a>, taking: Taking<'a>) -> BoxFuture<'a, Result<Produced, Error>>;
}

/// What an adapter makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A dump of one database, as of an exported snapshot, in the folder.
    Dump,
    /// The files of a whole server, in the folder.
    Cluster,
    /// Something elsewhere.
    External,
}

/// What an adapter works with.
#[derive(Clone, Copy, Debug)]
pub struct Taking<'a> {
    /// The folder, which is there and ours.
    pub dir: &'a Path,
    /// What was read of the source.
    pub source: &'a Source,
    /// The exported snapshot, for adapters that need one.
    pub snapshot_id: Option<&'a str>,
}

/// What an adapter tells of the backup that it took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Produced {
    /// The moment that it shows, if that is not the one of the snapshot.
    pub taken_at: Option<String>,
    /// The WAL position of that moment, likewise.
    pub lsn: Option<String>,
    /// What an external tool calls it, where the data is not in the folder.
    pub external_id: Option<String>,
    /// Its size in bytes, likewise.
    pub external_bytes: Option<u64>,
    /// Where it was restored already, if the tool did that: a connection URL.
    pub restored_url: Option<SecretUrl>,
}

/// A connection URL that may have a password in it, which `Debug` does not show.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretUrl(String);

impl SecretUrl {
    /// Takes a URL that must not be shown.
    #[must_use]
    pub fn new(url: String) -> Self {
        Self(url)
    }

    /// The whole URL, password included.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<hidden>")
    }
}
