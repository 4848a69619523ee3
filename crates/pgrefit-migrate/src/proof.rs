//! Proofs: what was shown about a database at one moment, as a file that can be read later and elsewhere.
//!
//! A proof names the database, the moment and what it is about, and ends with a digest over all of it: an edited file is
//! noticed. Who can edit it can compute a digest, too; for proofs that come from elsewhere there are signatures (`key.rs`).
//! Whether a proof is worth anything now is decided in `judge.rs`.

mod judge;
mod key;
mod lsn;

use std::path::{Path, PathBuf};

use pgrefit_history::{Entry, MigrationFile, Plan};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::policy::Strength;

pub use judge::{Begun, Refusal, Standing, judge};
pub use key::{KeyError, PublicKey, SigningKey};
pub use lsn::Lsn;

/// The form of the file. A proof of another form is refused.
pub const FORMAT: u32 = 1;

/// One proof.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// [`FORMAT`].
    pub format: u32,
    /// Which pgrefit made it.
    pub tool: String,
    /// When it was made, RFC 3339, by the clock of the machine that made it.
    pub made_at: String,
    /// The database it is about.
    pub source: Source,
    /// The moment of that database that it is about.
    pub moment: Moment,
    /// The fingerprint of the schema at that moment, without the tables that record migrations.
    pub schema: String,
    /// The digest of the versions that were applied at that moment, with their checksums.
    pub history: String,
    /// What was shown.
    pub claim: Claim,
    /// SHA-256 over everything above, in hex digits.
    pub digest: String,
    /// Who vouches for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
}

/// Which database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// `pg_control_system().system_identifier`; nothing if the role may not ask. As text: JSON has no integers so large.
    pub system_identifier: Option<String>,
    /// The database's OID.
    pub database_oid: u32,
    /// Its name.
    pub database: String,
}

/// A moment of a database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moment {
    /// The end of the WAL.
    pub lsn: Lsn,
    /// The server's clock, in milliseconds since 1970-01-01 UTC.
    pub server_time_ms: i64,
}

/// What was shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Claim {
    /// A backup was taken, restored and compared.
    Backup {
        /// The folder of the backup; nothing for one that another tool keeps.
        folder: Option<PathBuf>,
        /// SHA-256 of its manifest, which has those of its files.
        manifest: String,
        /// How it was verified.
        strength: Strength,
        /// How many tables were compared.
        tables: u64,
        /// How many rows they have.
        rows: u64,
    },
    /// The pending migrations were applied to a copy.
    Rehearsal {
        /// The digest of the migrations that were pending.
        migrations: String,
        /// The fingerprint of the schema that they made.
        expected: String,
        /// The longest time for which readers of a relation were kept out, in microseconds: a fraction would not survive
        /// its digits in the file exactly.
        stall_reads_us: u64,
        /// The same for writers.
        stall_writes_us: u64,
        /// SHA-256 of what was traced.
        trace: String,
    },
}

/// A signature over the digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// Whose it is.
    pub key: PublicKey,
    /// The Ed25519 signature (RFC 8032), in hex digits.
    pub value: String,
}

/// A proof that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("failed to read the proof {}: {why}", path.display())]
pub struct ProofError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

impl Proof {
    /// Fills in the digest.
    #[must_use]
    pub fn sealed(mut self) -> Self {
        self.signature = None;
        self.digest = self.computed_digest();
        self
    }

    /// Adds a signature. The proof must be sealed.
    #[must_use]
    pub fn signed(mut self, key: &SigningKey) -> Self {
        self.signature = Some(Signature { key: key.public(), value: key.sign(self.digest.as_bytes()) });
        self
    }

    /// What it is called in sentences: `backup` or `rehearsal`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.claim {
            Claim::Backup { .. } => "backup",
            Claim::Rehearsal { .. } => "rehearsal",
        }
    }

    /// Whether nothing was changed since it was sealed.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.digest == self.computed_digest()
    }

    /// The file's text.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Plain data with text keys has a form in JSON.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Reads a file; what it says is not judged.
    ///
    /// # Errors
    /// The file cannot be read, or is no proof.
    pub fn read(path: &Path) -> Result<Self, ProofError> {
        let wrong = |why: String| ProofError { path: path.to_owned(), why };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        serde_json::from_str(&text).map_err(|error| wrong(format!("this is no proof: {error}")))
    }

    fn computed_digest(&self) -> String {
        let bare = Self { digest: String::new(), signature: None, ..self.clone() };
        sha256(serde_json::to_string(&bare).unwrap_or_default().as_bytes())
    }
}

/// The digest of the migrations that a run would apply: their versions, names and texts, in order.
#[must_use]
pub fn migrations_digest<'a>(pending: impl Iterator<Item = &'a MigrationFile>) -> String {
    let mut hash = Parts::new("migrations");
    for file in pending {
        hash.part(&file.title());
        hash.part(&file.sql);
    }
    hash.finish()
}

/// The digest of the versions that a database records, with their checksums.
#[must_use]
pub fn history_digest(plan: &Plan) -> String {
    history_digest_of(plan.entries.iter())
}

/// The same of some of the versions.
pub(crate) fn history_digest_of<'a>(entries: impl Iterator<Item = &'a Entry>) -> String {
    let mut hash = Parts::new("history");
    for recorded in entries.filter_map(|entry| entry.recorded.as_ref()) {
        hash.part(&recorded.version.to_string());
        hash.part(&recorded.checksum.map(|checksum| checksum.to_string()).unwrap_or_default());
    }
    hash.finish()
}

/// SHA-256 in hex digits.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// A hash over texts, each preceded by its length, so that no two sequences run together.
struct Parts(Sha256);

impl Parts {
    fn new(purpose: &str) -> Self {
        let mut parts = Self(Sha256::new());
        parts.part(purpose);
        parts
    }

    fn part(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_be_bytes());
        self.0.update(text);
    }

    fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn backup() -> Proof {
        Proof {
            format: FORMAT,
            tool: "pgrefit 0.1.0".into(),
            made_at: "2026-01-31T12:00:00Z".into(),
            source: Source {
                system_identifier: Some("7412345678901234567".into()),
                database_oid: 5,
                database: "docs".into(),
            },
            moment: Moment { lsn: Lsn(0x0001_0000_0000), server_time_ms: 1_769_860_800_000 },
            schema: "a".into(),
            history: "h".into(),
            claim: Claim::Backup {
                folder: Some("backups/docs".into()),
                manifest: "m".into(),
                strength: Strength::Compared,
                tables: 2,
                rows: 7,
            },
            digest: String::new(),
            signature: None,
        }
        .sealed()
    }

    pub(crate) fn rehearsal() -> Proof {
        let claim = Claim::Rehearsal {
            migrations: "p".into(),
            expected: "b".into(),
            stall_reads_us: 3250,
            stall_writes_us: 12_500,
            trace: "t".into(),
        };
        Proof { claim, ..backup() }.sealed()
    }

    #[test]
    fn a_proof_survives_its_file() {
        let folder = tempfile::tempdir().unwrap();
        for proof in [backup(), rehearsal()] {
            let path = folder.path().join("proof.json");
            std::fs::write(&path, proof.to_json()).unwrap();
            let read = Proof::read(&path).unwrap();
            assert_eq!(read, proof);
            assert!(read.is_whole());
        }
    }

    #[test]
    fn every_edit_is_noticed() {
        let text = rehearsal().to_json();
        let check = |from: &str, to: &str| {
            assert!(text.contains(from), "{from}");
            let edited: Proof = serde_json::from_str(&text.replacen(from, to, 1)).unwrap();
            assert!(!edited.is_whole(), "{from} -> {to}");
        };
        check("\"docs\"", "\"other\"");
        check("12500", "500");
        check("1769860800000", "1769860800001");
        check("\"p\"", "\"q\"");
        check("0.1.0", "0.2.0");
        check("\"database_oid\": 5", "\"database_oid\": 6");
        check("1/0", "1/1");
    }

    #[test]
    fn what_is_no_proof_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let check = |text: &str, why: &str| {
            let path = folder.path().join("proof.json");
            std::fs::write(&path, text).unwrap();
            let error = Proof::read(&path).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        };
        check("", "this is no proof");
        check("{}", "missing field");
        check(&backup().to_json().replace("\"tool\"", "\"tol\""), "unknown field `tol`");
        assert!(Proof::read(&folder.path().join("absent")).unwrap_err().to_string().contains("absent"));
    }

    #[test]
    fn hex_goes_both_ways() {
        assert_eq!(hex(&[0, 15, 255]), "000fff");
        assert_eq!(unhex("000fff"), Some(vec![0, 15, 255]));
        assert_eq!(unhex("00f"), None);
        assert_eq!(unhex("zz"), None);
        assert_eq!(unhex("é"), None);
    }
}
