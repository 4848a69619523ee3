//! SHA-256 of the files of a backup.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;

use sha2::{Digest, Sha256};

use crate::{Error, FileEntry, Manifest, manifest};

/// Hashes every file under `dir` but the manifest, in two threads. Files whose names begin with a dot are ours, and pass over.
pub(crate) fn files(dir: &Path) -> Result<BTreeMap<String, FileEntry>, Error> {
    let mut waiting = Vec::new();
    collect(dir, dir, &mut waiting)?;
    // From the end, so the largest come last in the list.
    waiting.sort_by_key(|(_, _, bytes)| *bytes);
    let (waiting, done) = (Mutex::new(waiting), Mutex::new(BTreeMap::new()));
    thread::scope(|scope| {
        let work = || work(&waiting, &done);
        let other = scope.spawn(work);
        let own = work();
        own.and(other.join().unwrap_or_else(|_| Err(io_error(dir, "a thread failed"))))
    })?;
    Ok(done.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn io_error(path: &Path, what: &str) -> Error {
    Error::io("hash", path)(io::Error::other(what.to_owned()))
}

type Waiting = Vec<(String, PathBuf, u64)>;

fn work(waiting: &Mutex<Waiting>, done: &Mutex<BTreeMap<String, FileEntry>>) -> Result<(), Error> {
    loop {
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let Some((name, path, _)) = next else { return Ok(()) };
        let entry = file(&path).map_err(Error::io("read", &path))?;
        done.lock().unwrap_or_else(PoisonError::into_inner).insert(name, entry);
    }
}

fn collect(root: &Path, dir: &Path, found: &mut Waiting) -> Result<(), Error> {
    for entry in fs::read_dir(dir).map_err(Error::io("read", dir))? {
        let path = entry.map_err(Error::io("read", dir))?.path();
        let metadata = fs::symlink_metadata(&path).map_err(Error::io("read", &path))?;
        let name = name(root, &path);
        if metadata.is_dir() {
            collect(root, &path, found)?;
        } else if name != manifest::FILE && !name.starts_with('.') {
            found.push((name, path, metadata.len()));
        }
    }
    Ok(())
}

/// The path below `root`, with `/` between its parts.
fn name(root: &Path, path: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path);
    below.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn file(path: &Path) -> io::Result<FileEntry> {
    let mut file = File::open(path)?;
    let (mut hasher, mut bytes, mut buffer) = (Sha256::new(), 0_u64, vec![0; 256 * 1024]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(FileEntry { bytes, sha256: hex(&hasher.finalize()) }),
            read => {
                bytes += read as u64;
                hasher.update(&buffer[..read]);
            }
        }
    }
}

/// As lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Compares the files with what the manifest says of them.
pub(crate) fn verify(dir: &Path, manifest: &Manifest) -> Result<(), Error> {
    let found = files(dir)?;
    let (expected, dir) = (&manifest.files, dir.to_owned());
    let missing = names(expected.keys().filter(|name| !found.contains_key(*name)));
    let changed = names(
        expected
            .iter()
            .filter(|(name, entry)| found.get(*name).is_some_and(|now| now != *entry))
            .map(|one| one.0),
    );
    let unexpected = names(found.keys().filter(|name| !expected.contains_key(*name)));
    for (what, files) in [("missing", missing), ("changed", changed), ("unexpected", unexpected)] {
        if !files.is_empty() {
            return Err(Error::FilesChanged { dir, what, files });
        }
    }
    Ok(())
}

fn names<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    names.cloned().collect()
}

/// Bytes of all files under `dir`; those that vanish meanwhile do not count.
pub(crate) fn written(dir: &Path) -> u64 {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let bytes = entries.map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => written(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    bytes.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_hashed() {
        let dir = tempfile::tempdir().expect("a directory");
        fs::create_dir(dir.path().join("sub")).expect("made");
        for name in ["a", "sub/b", manifest::FILE, ".pass-x"] {
            fs::write(dir.path().join(name), "abc").expect("written");
        }
        let files = files(dir.path()).expect("hashed");
        // As sha256sum prints it.
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".to_owned();
        let entry = FileEntry { bytes: 3, sha256 };
        assert_eq!(files, BTreeMap::from([("a".to_owned(), entry.clone()), ("sub/b".to_owned(), entry)]));
        assert_eq!(written(dir.path()), 12);
    }
}
