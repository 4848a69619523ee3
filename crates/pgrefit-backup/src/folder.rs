//! The folders of backups: how they are named, when they are complete, and what killed runs leave behind.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use time::OffsetDateTime;
use time::macros::format_description;

use crate::{Error, Manifest};

/// The end of the name of a folder that is not complete.
const PARTIAL: &str = ".partial";

/// Held by the process that works on the folder. It is beside it, so that it can be held until the folder has gone.
const LOCK: &str = ".lock";

/// A folder that is being written. Dropping it removes it with all that is in it.
#[derive(Debug)]
pub(crate) struct Partial {
    dir: PathBuf,
    id: String,
    path: PathBuf,
    lock_path: PathBuf,
    /// `None` when the folder is complete.
    lock: Option<File>,
}

impl Partial {
    /// Makes `<dir>/<database>-<time>-<random>.partial`, which others may not enter.
    pub(crate) fn create(dir: &Path, database: &str) -> Result<Self, Error> {
        let builder = |path: &Path| DirBuilder::new().mode(0o700).create(path);
        if !dir.exists() {
            DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(Error::io("create", dir))?;
        }
        let id = new_id(database);
        let (path, lock_path) = (dir.join(format!("{id}{PARTIAL}")), dir.join(format!("{id}{LOCK}")));
        // The lock comes first: nobody may think that the folder was abandoned.
        let lock = open_lock(&lock_path).map_err(Error::io("create", &lock_path))?;
        lock.try_lock().map_err(io::Error::from).map_err(Error::io("lock", &lock_path))?;
        builder(&path).map_err(Error::io("create", &path))?;
        Ok(Self { dir: dir.to_owned(), id, path, lock_path, lock: Some(lock) })
    }

    /// Where files are written.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The name that the folder will have.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Gives it its name, once its manifest is in it. It stays complete whatever comes then.
    pub(crate) fn complete(mut self) -> Result<PathBuf, Error> {
        let path = self.dir.join(&self.id);
        sync_dir(&self.path).map_err(Error::io("write", &self.path))?;
        fs::rename(&self.path, &path).map_err(Error::io("rename", &self.path))?;
        sync_dir(&self.dir).map_err(Error::io("write", &self.dir))?;
        fs::remove_file(&self.lock_path).map_err(Error::io("remove", &self.lock_path))?;
        self.lock = None;
        Ok(path)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if self.lock.is_none() {
            return;
        }
        if let Err(error) = fs::remove_dir_all(&self.path).and_then(|()| fs::remove_file(&self.lock_path)) {
            tracing::warn!("failed to remove {}; the next run will: {error}", self.path.display());
        }
    }
}

fn open_lock(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// `app-20260102T030405Z-9f3a61`; what cannot stand in a file name is `_`.
fn new_id(database: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' };
    let name: String = database.chars().take(40).map(plain).collect();
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let now = OffsetDateTime::now_utc().format(&format).unwrap_or_default();
    let random = u32::from_be_bytes([0, fastrand::u8(..), fastrand::u8(..), fastrand::u8(..)]);
    format!("{name}-{now}-{random:06x}")
}

/// The moment, in UTC, as RFC 3339 to the second.
pub(crate) fn now() -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    OffsetDateTime::now_utc().format(&format).unwrap_or_default()
}

/// Writes a file beside the final place, has it on disk, and renames it.
pub(crate) fn write_whole(dir: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut file = tempfile::Builder::new().prefix(".write-").tempfile_in(dir)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(dir.join(name)).map_err(|error| error.error)?;
    sync_dir(dir)
}

fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// A backup that is complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its folder.
    pub dir: PathBuf,
    /// What is written down of it.
    pub manifest: Manifest,
}

/// The complete backups in a directory, the oldest first. None if there is no such directory; folders without a manifest that can
/// be read are passed over.
///
/// # Errors
/// [`Error::Io`] when the directory cannot be read.
pub fn list(dir: &Path) -> Result<Vec<Listed>, Error> {
    let mut all: Vec<_> = entries(dir)?
        .into_iter()
        .filter(|path| path.is_dir() && !ends_in(path, PARTIAL))
        .filter_map(|dir| Some(Listed { manifest: Manifest::read(&dir).ok()?, dir }))
        .collect();
    all.sort_by(|one, other| {
        let key = |listed: &Listed| (listed.manifest.taken_at.clone(), listed.manifest.id.clone());
        key(one).cmp(&key(other))
    });
    Ok(all)
}

/// Removes what runs left behind that were killed; returns what was removed. A folder that some process still works on is left
/// to it.
///
/// # Errors
/// [`Error::Io`]. What cannot be removed is left for the next time.
pub fn sweep(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut removed = Vec::new();
    for path in entries(dir)? {
        let Some(stem) = [PARTIAL, LOCK].iter().find_map(|end| stem(&path, end)) else { continue };
        let (partial, lock_path) = (dir.join(format!("{stem}{PARTIAL}")), dir.join(format!("{stem}{LOCK}")));
        let lock = open_lock(&lock_path).map_err(Error::io("open", &lock_path))?;
        if lock.try_lock().is_err() {
            continue;
        }
        if partial.exists() {
            fs::remove_dir_all(&partial).map_err(Error::io("remove", &partial))?;
            removed.push(partial);
        }
        remove_lock(&lock_path)?;
    }
    Ok(removed)
}

/// What [`sweep`] would remove now. Nothing is changed.
///
/// # Errors
/// [`Error::Io`].
pub fn left_behind(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = entries(dir)?;
    found.retain(|path| stem(path, PARTIAL).is_some_and(|stem| is_free(&dir.join(format!("{stem}{LOCK}")))));
    Ok(found)
}

/// Whether nobody works on a folder. Its lock is made before it, so one without a lock was left.
fn is_free(lock: &Path) -> bool {
    match File::open(lock) {
        Ok(lock) => lock.try_lock().is_ok(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// Another sweep may have been faster.
fn remove_lock(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io("remove", path)(error)),
        _ => Ok(()),
    }
}

fn entries(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    match fs::read_dir(dir) {
        Ok(entries) => Ok(entries.flatten().map(|entry| entry.path()).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(Error::io("read", dir)(error)),
    }
}

fn ends_in(path: &Path, end: &str) -> bool {
    stem(path, end).is_some()
}

fn stem(path: &Path, end: &str) -> Option<String> {
    path.file_name()?.to_str()?.strip_suffix(end).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_nothing_odd_in_them() {
        let id = new_id("My \"db\"/é..");
        assert!(id.starts_with("My__db_____-2"), "{id}");
        assert!(id.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)), "{id}");
        assert_ne!(new_id("a"), new_id("a"));
    }

    #[test]
    fn what_is_not_complete_goes_with_its_value() {
        let dir = tempfile::tempdir().expect("a directory");
        let partial = Partial::create(dir.path(), "app").expect("made");
        fs::write(partial.path().join("x"), "x").expect("written");
        assert!(left_behind(dir.path()).expect("read").is_empty(), "it is in use");
        assert!(sweep(dir.path()).expect("swept").is_empty(), "it is in use");
        drop(partial);
        assert_eq!(entries(dir.path()).expect("read").len(), 0);
    }

    #[test]
    fn what_is_complete_stays() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = Partial::create(dir.path(), "app").expect("made").complete().expect("completed");
        assert!(sweep(dir.path()).expect("swept").is_empty());
        assert_eq!(entries(dir.path()).expect("read"), [path]);
    }

    #[test]
    fn what_a_killed_run_left_is_removed() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut partial = Partial::create(dir.path(), "app").expect("made");
        let path = partial.path().to_owned();
        // As the kernel does with a process that is killed.
        drop(partial.lock.take());
        drop(partial);
        assert_eq!(left_behind(dir.path()).expect("read"), std::slice::from_ref(&path));
        assert_eq!(sweep(dir.path()).expect("swept"), [path]);
        assert_eq!(entries(dir.path()).expect("read").len(), 0);
        assert!(sweep(&dir.path().join("none")).expect("swept").is_empty());
        assert!(left_behind(&dir.path().join("none")).expect("read").is_empty());
    }
}
