//! Removes old backups; the last verified one always stays.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Error, Identity, Listed, list};

/// Keeps the newest `keep` backups of a database, and the newest verified one wherever it stands; removes the others and returns
/// their folders. Backups of other databases are left alone.
///
/// # Errors
/// [`Error::Io`].
pub fn prune(dir: &Path, identity: &Identity, keep: usize) -> Result<Vec<PathBuf>, Error> {
    let old = prunable(dir, identity, keep)?;
    for folder in &old {
        // Under another name first: half of a backup must not look like one.
        let dying = folder.with_extension("partial");
        fs::rename(folder, &dying).map_err(Error::io("rename", folder))?;
        fs::remove_dir_all(&dying).map_err(Error::io("remove", &dying))?;
    }
    Ok(old)
}

/// The folders that [`prune`] would remove now. Nothing is changed.
///
/// # Errors
/// [`Error::Io`].
pub fn prunable(dir: &Path, identity: &Identity, keep: usize) -> Result<Vec<PathBuf>, Error> {
    let all = list(dir)?;
    let own: Vec<_> = all.iter().filter(|listed| listed.manifest.source.is_same(identity)).collect();
    Ok(doomed(&own, keep).into_iter().map(|listed| listed.dir.clone()).collect())
}

/// Of backups in order of age, the oldest first.
fn doomed<'a>(all: &[&'a Listed], keep: usize) -> Vec<&'a Listed> {
    let last_verified = all.iter().rposition(|listed| listed.manifest.verification().is_some());
    let old = all.iter().enumerate().take(all.len().saturating_sub(keep));
    old.filter(|(at, _)| Some(*at) != last_verified).map(|(_, listed)| *listed).collect()
}
