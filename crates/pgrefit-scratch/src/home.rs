//! The two directories everything lives in: the cached binaries, and the servers.

use std::{
    fs::{self, DirBuilder, Permissions},
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use nix::unistd::Uid;

use crate::{Error, account::RunAs};

/// Where binaries are cached and servers live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// Binaries. The account that servers run as must be able to pass through it.
    pub cache: PathBuf,
    /// One directory per server. Keep the path short: it is part of that of a Unix socket (about 100 bytes in
    /// all).
    pub servers: PathBuf,
}

impl Home {
    /// The usual places.
    ///
    /// Binaries: `$XDG_CACHE_HOME/pgrefit` or `~/.cache/pgrefit`; for root `/var/cache/pgrefit`, because
    /// servers of root run as another account, to which `/root` is closed. Servers: `/tmp/pgrefit-<uid>`;
    /// that is PostgreSQL's own place for sockets, and short where `$TMPDIR` is not (macOS).
    #[must_use]
    pub fn default_for(user_home: Option<&Path>, xdg_cache: Option<&Path>, effective_uid: u32) -> Self {
        let servers = PathBuf::from(format!("/tmp/pgrefit-{effective_uid}"));
        // The XDG specification: a relative path is to be ignored.
        let xdg_cache = xdg_cache.filter(|path| path.is_absolute());
        let cache = match (effective_uid, xdg_cache, user_home) {
            (0, _, _) => PathBuf::from("/var/cache/pgrefit"),
            (_, Some(xdg_cache), _) => xdg_cache.join("pgrefit"),
            (_, None, Some(user_home)) => user_home.join(".cache/pgrefit"),
            (_, None, None) => PathBuf::from(format!("/tmp/pgrefit-{effective_uid}-cache")),
        };
        Self { cache, servers }
    }

    /// Creates the servers directory if need be, and refuses one that is not ours.
    pub(crate) fn open_servers(&self, run_as: &RunAs) -> Result<PathBuf, Error> {
        open_own(&self.servers, run_as.passage_mode())
    }

    /// The servers directory if it is there and ours.
    pub(crate) fn existing_servers(&self) -> Result<Option<PathBuf>, Error> {
        existing_own(&self.servers)
    }

    /// The cache directory if it is there and ours.
    pub(crate) fn existing_cache(&self) -> Result<Option<PathBuf>, Error> {
        existing_own(&self.cache)
    }

    /// Creates the cache directory if need be, and refuses one that is not ours: programs are run from it.
    pub(crate) fn open_cache(&self) -> Result<PathBuf, Error> {
        open_own(&self.cache, 0o755)
    }
}

fn open_own(path: &Path, mode: u32) -> Result<PathBuf, Error> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
    }
    match DirBuilder::new().mode(0o700).create(path) {
        // The mode is set apart from the creation, which the umask would have a say in.
        Ok(()) => {
            fs::set_permissions(path, Permissions::from_mode(mode)).map_err(Error::io("chmod", path))?;
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(Error::io("create", path)(error)),
    }
    verify_own(path)?;
    canonical(path)
}

fn existing_own(path: &Path) -> Result<Option<PathBuf>, Error> {
    if !path.exists() {
        return Ok(None);
    }
    verify_own(path)?;
    canonical(path).map(Some)
}

fn canonical(path: &Path) -> Result<PathBuf, Error> {
    path.canonicalize().map_err(Error::io("read", path))
}

/// In a directory like `/tmp` anybody may have created the path first.
fn verify_own(path: &Path) -> Result<(), Error> {
    let found = fs::symlink_metadata(path).map_err(Error::io("read", path))?;
    let problem = if !found.is_dir() {
        "it is not a directory".to_owned()
    } else if found.uid() != Uid::effective().as_raw() {
        format!("it belongs to the user with id {}", found.uid())
    } else if found.mode() & 0o022 != 0 {
        format!("its mode {:o} lets others write to it", found.mode() & 0o7777)
    } else {
        return Ok(());
    };
    Err(Error::UnsafeDirectory { path: path.to_owned(), problem })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(user_home: Option<&str>, xdg_cache: Option<&str>, uid: u32, cache: &str, servers: &str) {
        let home = Home::default_for(user_home.map(Path::new), xdg_cache.map(Path::new), uid);
        assert_eq!(home, Home { cache: cache.into(), servers: servers.into() });
    }

    #[test]
    fn usual_places() {
        check(Some("/home/a"), None, 1000, "/home/a/.cache/pgrefit", "/tmp/pgrefit-1000");
        check(Some("/home/a"), Some("/c"), 1000, "/c/pgrefit", "/tmp/pgrefit-1000");
        check(Some("/home/a"), Some("c"), 1000, "/home/a/.cache/pgrefit", "/tmp/pgrefit-1000");
        check(None, None, 1000, "/tmp/pgrefit-1000-cache", "/tmp/pgrefit-1000");
        check(Some("/root"), Some("/root/.cache"), 0, "/var/cache/pgrefit", "/tmp/pgrefit-0");
    }

    #[test]
    fn a_directory_open_to_others_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("servers");
        open_own(&path, 0o711).expect("created");
        fs::set_permissions(&path, Permissions::from_mode(0o777)).expect("chmod");
        assert!(matches!(open_own(&path, 0o711), Err(Error::UnsafeDirectory { .. })));
    }

    #[test]
    fn a_link_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("servers");
        std::os::unix::fs::symlink(dir.path(), &path).expect("a link");
        assert!(matches!(open_own(&path, 0o700), Err(Error::UnsafeDirectory { .. })));
    }

    #[test]
    fn a_directory_of_somebody_else_is_refused() {
        let foreign = if Uid::effective().is_root() {
            let dir = tempfile::tempdir().expect("a directory").keep();
            std::os::unix::fs::chown(&dir, Some(65534), None).expect("chown");
            dir
        } else {
            PathBuf::from("/")
        };
        assert!(matches!(verify_own(&foreign), Err(Error::UnsafeDirectory { .. })));
        if Uid::effective().is_root() {
            fs::remove_dir(&foreign).expect("removed");
        }
    }
}
