//! What is written down beside a backup: `manifest.json`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{Comparison, Error, Strength};

/// The name of the file.
pub(crate) const FILE: &str = "manifest.json";

/// Which database a backup is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The same on primary and standbys, and on no other cluster; `None` where the role could not ask.
    pub system_identifier: Option<u64>,
    /// The database's name.
    pub database: String,
    /// The database's oid; another one under the same name is another database.
    pub database_oid: u32,
    /// Where it was reached: `postgres://user@host:5432/dbname (sslmode=…)`, without a password.
    pub address: String,
}

impl Identity {
    /// Whether both are the same database. Without a system identifier the address has to be the same.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let cluster = match (self.system_identifier, other.system_identifier) {
            (Some(one), Some(other)) => one == other,
            _ => self.address == other.address,
        };
        cluster && self.database == other.database && self.database_oid == other.database_oid
    }
}

/// One file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Bytes.
    pub bytes: u64,
    /// SHA-256 in hexadecimal digits.
    pub sha256: String,
}

/// Whether a backup was restored and compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum State {
    /// It was taken, no more.
    Taken,
    /// It was restored and judged.
    Verified(Box<Verification>),
}

/// How a backup was verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// When, in UTC, as RFC 3339.
    pub verified_at: String,
    /// How much that proves.
    pub strength: Strength,
    /// `server_version_num` of the server that it was restored on, if it was.
    pub restored_on: Option<u32>,
    /// What was compared, and equal; `None` where it was not restored.
    pub comparison: Option<Comparison>,
    /// What a person should know.
    pub notes: Vec<String>,
}

impl Verification {
    /// How many rows were found equal, and in how many tables; none where there was nothing to compare with.
    #[must_use]
    pub fn equal_rows(&self) -> (u64, usize) {
        self.comparison.as_ref().map_or((0, 0), Comparison::equal_rows)
    }
}

/// A backup, described.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this format: 1.
    pub format: u32,
    /// The name of the folder, and of the backup.
    pub id: String,
    /// The program that took it, such as `pgrefit/0.1.0`.
    pub taken_by: String,
    /// The adapter: `pg_dump`, `pg_basebackup`, `pgbackrest`, `command`.
    pub adapter: String,
    /// The tool with its version, such as `pg_dump 18.6`.
    pub tool: String,
    /// The moment that it shows, in UTC, as RFC 3339: the server's clock.
    pub taken_at: String,
    /// The WAL position of that moment, where known.
    pub lsn: Option<String>,
    /// Which database.
    pub source: Identity,
    /// `server_version_num` of the source.
    pub server_version_num: u32,
    /// Fingerprint of the source's schema at that moment.
    pub catalog_fingerprint: Option<String>,
    /// Bytes of all files.
    pub bytes: u64,
    /// How long it took to take, in ms.
    pub take_ms: u64,
    /// What an external tool calls it, where the data is not in this folder.
    pub external_id: Option<String>,
    /// The files by path in the folder, `/` between parts.
    pub files: BTreeMap<String, FileEntry>,
    /// Taken or verified.
    #[serde(flatten)]
    pub state: State,
}

impl Manifest {
    /// The version of the format that is written.
    pub const FORMAT: u32 = 1;

    /// Reads that of a backup's folder.
    ///
    /// # Errors
    /// [`Error::Manifest`] when it is missing or cannot be understood.
    pub fn read(dir: &Path) -> Result<Self, Error> {
        let path = dir.join(FILE);
        let failed = |cause: std::io::Error| Error::Manifest { path: path.clone(), source: cause.into() };
        let text = std::fs::read(&path).map_err(failed)?;
        let manifest: Self = serde_json::from_slice(&text)
            .map_err(|cause| Error::Manifest { path: path.clone(), source: cause.into() })?;
        if manifest.format != Self::FORMAT {
            let cause = format!("its format is {}, not {}", manifest.format, Self::FORMAT);
            return Err(Error::Manifest { path, source: cause.into() });
        }
        Ok(manifest)
    }

    /// Writes it whole or not at all, and has it on disk when it returns.
    pub(crate) fn write(&self, dir: &Path) -> Result<(), Error> {
        let path = dir.join(FILE);
        let failed = |cause| Error::Manifest { path: path.clone(), source: cause };
        let text = serde_json::to_vec_pretty(self).map_err(|cause| failed(cause.into()))?;
        crate::folder::write_whole(dir, FILE, &text).map_err(|cause| failed(cause.into()))
    }

    /// Whether it was restored and compared.
    #[must_use]
    pub fn verification(&self) -> Option<&Verification> {
        match &self.state {
            State::Verified(verification) => Some(verification),
            State::Taken => None,
        }
    }
}
