//! What lies beside the objects in the store: all that is needed to make the table again, without the database it is from.

use serde::{Deserialize, Serialize};

use crate::{Error, KeyValue, Plan};

/// An archive as the store describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`Manifest::FORMAT`].
    pub format: u32,
    /// The archive's name.
    pub id: String,
    /// Which program made it.
    pub tool: String,
    /// What the table was.
    pub plan: Plan,
    /// What was exported.
    pub export: Export,
}

/// What was exported, under one snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// How many rows.
    pub rows: u64,
    /// 32 hex digits: the digest of the rows as `COPY` in binary format sends them, whatever their order.
    pub digest: String,
    /// The server's clock when the snapshot was taken, RFC 3339, UTC.
    pub taken_at: String,
    /// The end of the WAL then; `None` where the role may not ask.
    pub lsn: Option<String>,
    /// The columns of the partition key, or of the primary key.
    pub keys: Vec<KeyValue>,
    /// The files, in order.
    pub parts: Vec<Part>,
}

/// A file of rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its key in the store.
    pub key: String,
    /// Its size.
    pub bytes: u64,
    /// Of the file, 64 hex digits.
    pub sha256: String,
    /// How many rows.
    pub rows: u64,
    /// Of these rows.
    pub digest: String,
    /// Bytes of the `COPY` that they came in.
    pub raw_bytes: u64,
}

impl Manifest {
    /// The version of the format.
    pub const FORMAT: u32 = 1;
    /// Its definition may be long, but not longer than this.
    pub(crate) const BYTES_MAX: u64 = 64 << 20;

    /// As it is kept.
    pub(crate) fn to_json(&self) -> Result<String, Error> {
        serde_json::to_string_pretty(self).map_err(Error::unreadable("the manifest"))
    }

    /// Reads one that this version understands.
    pub(crate) fn read(json: &str, key: &str) -> Result<Self, Error> {
        let manifest: Self = serde_json::from_str(json).map_err(Error::unreadable(key))?;
        if manifest.format == Self::FORMAT {
            return Ok(manifest);
        }
        let source = format!("it has format {}, this program knows {}", manifest.format, Self::FORMAT);
        Err(Error::Unreadable { what: key.to_owned(), source: source.into() })
    }
}

impl Export {
    /// Rows and digest, for people.
    pub(crate) fn content(&self) -> String {
        content(self.rows, &self.digest)
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.bytes).sum()
    }
}

/// Rows and digest, for people.
pub(crate) fn content(rows: u64, digest: &str) -> String {
    format!("{rows} rows with digest {digest}")
}
