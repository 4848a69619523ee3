//! Backup: one was taken, restored on another server, and compared with its source in one snapshot.

use std::path::{Path, PathBuf};

use pgrefit_backup::{Manifest, Strength as Shown, VerifiedBackup, VerifyOptions, take_verified};

use crate::Error;
use crate::policy::Strength;
use crate::proof::{Claim, FORMAT, Moment, Proof, ProofError, Standing, sha256};
use crate::steps::standing::TOOL;

/// A verified backup. Only this step makes it.
#[derive(Debug)]
pub struct BackedUp {
    proof: Proof,
    own: bool,
}

impl BackedUp {
    /// What was shown.
    #[must_use]
    pub fn proof(&self) -> &Proof {
        &self.proof
    }

    /// Whether this very run has shown it.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.own
    }

    /// A backup that was verified earlier: its proof, and its files, each of which is read again and held against the digest in
    /// the manifest. Whether the proof counts is for the gate. Blocks as long as it takes to read the files.
    ///
    /// # Errors
    /// The proof cannot be read, or is one of something else; the manifest or a file is not what it was.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let proof = Proof::read(path)?;
        let Claim::Backup { folder, manifest, .. } = &proof.claim else {
            return Err(ProofError { path: path.to_owned(), why: "it is not of a backup".into() }.into());
        };
        if let Some(folder) = folder {
            let found = manifest_digest(folder)?;
            if found != *manifest {
                return Err(Error::ManifestChanged { folder: folder.clone() });
            }
            pgrefit_backup::reverify(folder)?;
        }
        Ok(Self { proof, own: false })
    }
}

/// Takes a backup, restores it, and compares both sides. The restored copy runs until the [`VerifiedBackup`] is dropped.
///
/// Locks on the live database: ACCESS SHARE on every table, and a snapshot, as long as the tool runs. Writes files.
///
/// # Errors
/// What [`take_verified`] met.
pub async fn back_up(
    request: &pgrefit_backup::Job<'_>,
    options: &VerifyOptions,
    standing: &Standing,
    now: &str,
) -> Result<(BackedUp, VerifiedBackup), Error> {
    let verified = take_verified(request, options).await?;
    let strength = match verified.strength() {
        Shown::Compared => Strength::Compared,
        Shown::Sampled { .. } => Strength::Sampled,
        Shown::Restored => Strength::Restored,
        Shown::Attested => Strength::Attested,
    };
    let (rows, tables) = verified.verification().equal_rows();
    let claim = Claim::Backup {
        folder: Some(absolute(verified.dir())),
        manifest: manifest_digest(verified.dir())?,
        strength,
        tables: tables as u64,
        rows,
    };
    let proof = Proof {
        format: FORMAT,
        tool: TOOL.to_owned(),
        made_at: now.to_owned(),
        source: standing.source.clone(),
        moment: moment(verified.manifest(), standing),
        schema: standing.schema.clone(),
        history: standing.history.clone(),
        claim,
        digest: String::new(),
        signature: None,
    };
    Ok((BackedUp { proof: proof.sealed(), own: true }, verified))
}

/// The moment of the snapshot, as far as the tool has told it; never later than it was.
fn moment(manifest: &Manifest, standing: &Standing) -> Moment {
    use time::OffsetDateTime;
    use time::format_description::well_known::Rfc3339;
    let lsn = manifest.lsn.as_deref().and_then(|text| text.parse().ok());
    let taken = OffsetDateTime::parse(&manifest.taken_at, &Rfc3339).ok();
    let taken_ms = taken.and_then(|at| i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok());
    Moment {
        lsn: lsn.unwrap_or(standing.moment.lsn),
        server_time_ms: taken_ms.unwrap_or(standing.moment.server_time_ms),
    }
}

fn manifest_digest(folder: &Path) -> Result<String, Error> {
    let path = folder.join("manifest.json");
    let bytes = std::fs::read(&path).map_err(|source| Error::Unreadable { path, source })?;
    Ok(sha256(&bytes))
}

/// A proof may be read from another folder than it was made in.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
