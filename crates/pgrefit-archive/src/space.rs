//! Whether there is room for what is to be written.

use std::path::Path;

use nix::sys::statvfs::statvfs;

use crate::Error;

/// Refuses to write `need` bytes where there is no room for them, or more than `limit` allows.
pub(crate) fn check(dir: &Path, need: u64, limit: Option<u64>) -> Result<(), Error> {
    let room = available(dir)?;
    let available = limit.map_or(room, |limit| limit.min(room));
    if need > available {
        return Err(Error::NoSpace { dir: dir.to_owned(), need, available });
    }
    Ok(())
}

/// Of the folder, or the nearest one above it that is there.
fn available(dir: &Path) -> Result<u64, Error> {
    let existing = dir.ancestors().find(|dir| dir.exists()).unwrap_or(Path::new("/"));
    let stat = statvfs(existing).map_err(|error| Error::io("measure the room in", dir)(error.into()))?;
    // The types differ between platforms.
    #[expect(clippy::useless_conversion, reason = "they are not u64 everywhere")]
    Ok(u64::from(stat.blocks_available()).saturating_mul(u64::from(stat.fragment_size())))
}
