//! What the supervisor process does: wait for the last user of a server to go, then clean up.

use std::{
    fs::{self, File},
    io::ErrorKind,
    os::unix::fs::MetadataExt,
    path::Path,
    thread,
    time::Duration,
};

use crate::{
    Error,
    lock::{self, Gate},
    server::dir::{Kind, ServerDir},
};

/// A sweep may hold the lock for the moment of looking; another supervisor holds it for good.
const LOCK_LIMIT: Duration = Duration::from_secs(2);

/// Waits until no process uses the server in `dir`, then for `grace`, in which others may join; then stops
/// the server and removes the directory. Returns at once if the directory is gone or another supervisor is at
/// work.
///
/// The wait is bounded by nothing but the lives of the processes that use the server: it costs a sleeping
/// process.
///
/// # Errors
/// `dir` is not the directory of an ephemeral or shared server; or a lock, the stop or the removal failed.
pub fn supervise(dir: &Path, grace: Duration) -> Result<(), Error> {
    let server = ServerDir::from_path(dir).filter(|server| server.kind != Kind::Named);
    let server = server.ok_or_else(|| Error::NoSuchServer { name: dir.display().to_string() })?;
    let Some(owner) = open_existing(&server)? else { return Ok(()) };
    let _only = match lock::exclusive(&server.supervisor_lock(), LOCK_LIMIT) {
        Err(Error::Busy { .. }) => return Ok(()),
        lock => lock?,
    };
    loop {
        let lock_error = || Error::io("lock", server.owner_lock());
        owner.lock().map_err(lock_error())?;
        owner.unlock().map_err(lock_error())?;
        if !is_current(&owner, &server) {
            return Ok(());
        }
        thread::sleep(grace);
        let _gate = Gate::enter(server.servers())?;
        if !is_current(&owner, &server) {
            return Ok(());
        }
        if owner.try_lock().is_ok() {
            return server.stop_and_remove();
        }
    }
}

fn open_existing(server: &ServerDir) -> Result<Option<File>, Error> {
    match File::open(server.owner_lock()) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("open", server.owner_lock())(error)),
    }
}

/// Whether the open file is still the one at its path: the server may have been removed, and made anew by
/// others.
fn is_current(owner: &File, server: &ServerDir) -> bool {
    let id = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    match (owner.metadata(), fs::metadata(server.owner_lock())) {
        (Ok(open), Ok(current)) => id(open) == id(current),
        _ => false,
    }
}
