//! The directory of one server: what lies where in it, who may use it, and how it is removed.
//!
//! For root the directory is root's, and only `data` and `sock` belong to the account that runs the server:
//! nothing that a server could replace with a link is ever opened as root.

use std::{
    fs::{self, DirBuilder, File, Permissions},
    io::ErrorKind,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use crate::{Error, ServerName, StopMode, account::RunAs, lock, postmaster, secret};

/// A process that holds the lock for itself does so for a moment only.
const JOIN_LIMIT: Duration = Duration::from_secs(10);

/// How long a server's last children may go on writing after it has gone.
const REMOVE_TRIES: u32 = 100;
const REMOVE_PAUSE: Duration = Duration::from_millis(20);

/// How long a server lives. The letter begins the directory's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Ephemeral,
    Shared,
    Named,
}

impl Kind {
    const ALL: [(Self, &str); 3] = [(Self::Ephemeral, "e-"), (Self::Shared, "s-"), (Self::Named, "n-")];

    fn of(id: &str) -> Option<(Self, &str)> {
        Self::ALL.into_iter().find_map(|(kind, prefix)| Some((kind, id.strip_prefix(prefix)?)))
    }
}

/// The directory of one server, which may or may not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServerDir {
    path: PathBuf,
    pub(crate) kind: Kind,
}

impl ServerDir {
    /// A new ephemeral one.
    pub(crate) fn ephemeral(servers: &Path) -> Result<Self, Error> {
        Ok(Self { path: servers.join(format!("e-{}", secret::random_hex(4)?)), kind: Kind::Ephemeral })
    }

    pub(crate) fn shared(servers: &Path, key: &ServerName) -> Self {
        Self { path: servers.join(format!("s-{key}")), kind: Kind::Shared }
    }

    pub(crate) fn named(servers: &Path, name: &ServerName) -> Self {
        Self { path: servers.join(format!("n-{name}")), kind: Kind::Named }
    }

    /// By its path, if that is the path of a server.
    pub(crate) fn from_path(path: &Path) -> Option<Self> {
        let (kind, _) = Kind::of(path.file_name()?.to_str()?)?;
        Some(Self { path: path.to_owned(), kind })
    }

    /// Every server in the directory, by name.
    pub(crate) fn all(servers: &Path) -> Result<Vec<Self>, Error> {
        let entries = fs::read_dir(servers).map_err(Error::io("read", servers))?;
        let mut all: Vec<_> = entries.flatten().filter_map(|entry| Self::from_path(&entry.path())).collect();
        all.sort_by(|one, two| one.path.cmp(&two.path));
        Ok(all)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn servers(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    /// The name of the directory.
    pub(crate) fn id(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The name the user gave.
    pub(crate) fn name(&self) -> Option<ServerName> {
        Kind::of(&self.id())?.1.parse().ok()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    pub(crate) fn sockets(&self) -> PathBuf {
        self.path.join("sock")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.path.join("server.log")
    }

    pub(crate) fn conf(&self) -> PathBuf {
        self.path.join("server.conf")
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.path.join("server.json")
    }

    pub(crate) fn owner_lock(&self) -> PathBuf {
        self.path.join("owner.lock")
    }

    pub(crate) fn supervisor_lock(&self) -> PathBuf {
        self.path.join("supervisor.lock")
    }

    /// Creates it, empty. The caller has passed the gate.
    pub(crate) fn create(&self, run_as: &RunAs) -> Result<(), Error> {
        create_dir(&self.path, run_as.passage_mode())?;
        for dir in [self.data(), self.sockets()] {
            create_dir(&dir, 0o700)?;
            run_as.give(&dir)?;
        }
        lock::open(&self.owner_lock()).map(drop)
    }

    /// Becomes one of its users, until the file is closed.
    pub(crate) fn join(&self) -> Result<File, Error> {
        lock::shared(&self.owner_lock(), JOIN_LIMIT)
    }

    /// Stops its server, if one is running, and removes it.
    pub(crate) fn stop_and_remove(&self) -> Result<(), Error> {
        postmaster::stop(&self.data(), StopMode::Immediate, None)?;
        self.remove()
    }

    /// Removes it; the data first, so that the lock file tells of the owner until nothing of value is left.
    pub(crate) fn remove(&self) -> Result<(), Error> {
        remove_all(&self.data())?;
        remove_all(&self.path)
    }
}

fn create_dir(path: &Path, mode: u32) -> Result<(), Error> {
    DirBuilder::new().mode(0o700).create(path).map_err(Error::io("create", path))?;
    fs::set_permissions(path, Permissions::from_mode(mode)).map_err(Error::io("chmod", path))
}

fn remove_all(path: &Path) -> Result<(), Error> {
    let mut tries = REMOVE_TRIES;
    loop {
        match fs::remove_dir_all(path) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound && !path.exists() => return Ok(()),
            Err(error) if tries == 0 => return Err(Error::io("remove", path)(error)),
            Err(_) => thread::sleep(REMOVE_PAUSE),
        }
        tries -= 1;
    }
}
