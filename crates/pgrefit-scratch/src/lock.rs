//! File locks with a bound on the wait. The kernel releases them with the process, however it ends.

use std::{
    fs::{File, OpenOptions, TryLockError},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use crate::Error;

const POLL: Duration = Duration::from_millis(10);

/// The creation of a server includes `initdb` and start; several may queue up.
const GATE_LIMIT: Duration = Duration::from_mins(3);

/// Opens, and if need be creates, a lock file.
pub(crate) fn open(path: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options.open(path).map_err(Error::io("open", path))
}

/// Takes a lock by polling `attempt` until `limit` is over.
fn poll(path: &Path, limit: Duration, attempt: impl Fn() -> Result<(), TryLockError>) -> Result<(), Error> {
    let end = Instant::now() + limit;
    loop {
        match attempt() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(source)) => return Err(Error::io("lock", path)(source)),
            Err(TryLockError::WouldBlock) if Instant::now() >= end => {
                return Err(Error::Busy { path: path.to_owned(), limit });
            }
            Err(TryLockError::WouldBlock) => thread::sleep(POLL),
        }
    }
}

/// Opens the file and locks it for this process alone.
pub(crate) fn exclusive(path: &Path, limit: Duration) -> Result<File, Error> {
    let file = open(path)?;
    poll(path, limit, || file.try_lock())?;
    Ok(file)
}

/// Opens the file and locks it together with others.
pub(crate) fn shared(path: &Path, limit: Duration) -> Result<File, Error> {
    let file = open(path)?;
    poll(path, limit, || file.try_lock_shared())?;
    Ok(file)
}

/// Whether somebody holds a lock on the file. A missing file is held by nobody.
pub(crate) fn is_held(path: &Path) -> Result<bool, Error> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(Error::io("open", path)(error)),
    };
    match file.try_lock() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(source)) => Err(Error::io("lock", path)(source)),
    }
}

/// The right to add, join or remove a server directory. One process at a time passes, so that nobody joins
/// what another is removing, and two never create the same.
pub(crate) struct Gate(#[expect(dead_code, reason = "held for its lock")] File);

impl Gate {
    pub(crate) fn enter(servers: &Path) -> Result<Self, Error> {
        exclusive(&servers.join("gate.lock"), GATE_LIMIT).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("lock");
        let holder = shared(&path, Duration::ZERO).expect("free");
        assert!(is_held(&path).expect("readable"));
        shared(&path, Duration::ZERO).expect("shared by two");
        let error = exclusive(&path, Duration::from_millis(30)).expect_err("held");
        assert!(matches!(error, Error::Busy { .. }));
        drop(holder);
        assert!(!is_held(&path).expect("readable"));
        assert!(!is_held(&dir.path().join("none")).expect("readable"));
    }
}
