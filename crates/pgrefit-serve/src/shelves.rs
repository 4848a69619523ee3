//! Folders of backups. Databases that keep theirs in the same folder share one reading of it: there may be hundreds of them, and
//! the manifest of every backup is read.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use pgrefit_backup::{Error, Identity, Listed, list};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What was read within this time is not read again for another database.
const FRESH: Duration = Duration::from_secs(30);

/// The folders that were read, by path.
#[derive(Default)]
pub(crate) struct Shelves(Mutex<HashMap<PathBuf, Arc<Shelf>>>);

/// One folder, with what was in it. Whoever finds it locked waits for the reading that is going on.
type Shelf = Mutex<Option<(Instant, Arc<[Kept]>)>>;

/// What is to be known of a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Of which database it is.
    pub(crate) source: Identity,
    /// When it was taken, in seconds since 1970.
    pub(crate) taken_at: Option<i64>,
    /// When it was last verified.
    pub(crate) verified_at: Option<i64>,
}

impl Shelves {
    /// The backups in a folder, as they were at most [`FRESH`] ago. Reads files; blocks.
    pub(crate) fn read(&self, dir: &Path) -> Result<Arc<[Kept]>, Error> {
        self.read_since(dir, FRESH)
    }

    fn read_since(&self, dir: &Path, fresh: Duration) -> Result<Arc<[Kept]>, Error> {
        let known = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(dir.to_owned()).or_default())
        };
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, all)) = known.as_ref().filter(|(at, _)| at.elapsed() < fresh) {
            return Ok(Arc::clone(all));
        }
        let all: Arc<[Kept]> = list(dir)?.iter().map(kept).collect();
        *known = Some((Instant::now(), Arc::clone(&all)));
        Ok(all)
    }
}

fn kept(listed: &Listed) -> Kept {
    let manifest = &listed.manifest;
    Kept {
        source: manifest.source.clone(),
        taken_at: unix(&manifest.taken_at),
        verified_at: manifest.verification().and_then(|it| unix(&it.verified_at)),
    }
}

/// Seconds since 1970 of a moment as RFC 3339 writes it.
fn unix(text: &str) -> Option<i64> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_folder_is_read_once_for_all_who_ask_in_time() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("backups");
        let shelves = Shelves::default();
        let first = shelves.read(&dir).unwrap();
        assert!(first.is_empty());
        // From here on the folder cannot be read; who asks in time does not notice.
        fs::write(&dir, "").unwrap();
        assert!(Arc::ptr_eq(&first, &shelves.read(&dir).unwrap()));
        assert!(shelves.read_since(&dir, Duration::ZERO).is_err());
        // A failure does not stay.
        fs::remove_file(&dir).unwrap();
        assert!(!Arc::ptr_eq(&first, &shelves.read_since(&dir, Duration::ZERO).unwrap()));
    }
}
