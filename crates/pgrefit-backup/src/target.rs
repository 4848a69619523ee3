//! Where a backup is restored, and the restored copy.

use std::ffi::OsString;
use std::path::PathBuf;

use pgrefit_pg::Connector;
use pgrefit_scratch::{Home, Server};

use crate::Error;

/// Where a backup is restored.
#[derive(Clone, Debug)]
pub enum Target {
    /// On a server of our own, which is made for that.
    Scratch(Scratch),
    /// In a new database on this server, as this role, which may create databases. Owners and privileges are restored only if it
    /// is a superuser, and roles are never made.
    Server(Connector),
    /// In this very database, which exists and is empty, and stays. As for [`Target::Server`] in the way of owners and privileges.
    Database(Connector),
}

/// How to get a server of our own.
#[derive(Clone, Debug)]
pub struct Scratch {
    /// Where binaries and servers are.
    pub home: Home,
    /// A directory with the server programs (`PGREFIT_PG_BIN`).
    pub bin_dir: Option<PathBuf>,
    /// The directories of `PATH`.
    pub path_dirs: Vec<PathBuf>,
    /// The Python that has pip.
    pub python: PathBuf,
    /// Forbids a download.
    pub offline: bool,
    /// See [`pgrefit_scratch::Options::supervisor`].
    pub supervisor: Option<(PathBuf, Vec<OsString>)>,
    /// Further settings of the server, such as those of the source that matter to a rehearsal.
    pub settings: Vec<(String, String)>,
}

/// A restored copy of a database. Dropping it removes it.
#[derive(Debug)]
pub struct Restored {
    pub(crate) place: Place,
    pub(crate) superuser: Connector,
    pub(crate) role: Connector,
    pub(crate) notes: Vec<String>,
}

#[derive(Debug)]
pub(crate) enum Place {
    Scratch(Box<Server>),
    Kept,
    Database(#[expect(dead_code, reason = "held for its drop")] Box<crate::staging::Staging>),
}

impl Restored {
    /// Sessions in the copy as superuser; on a server that was given, as the role that was given.
    #[must_use]
    pub fn as_superuser(&self) -> &Connector {
        &self.superuser
    }

    /// Sessions in the copy as the role that is used on the source, with its privileges and settings; on a server that was
    /// given, as the role that was given.
    #[must_use]
    pub fn as_source_role(&self) -> &Connector {
        &self.role
    }

    /// The scratch server, if it is on one.
    #[must_use]
    pub fn server(&self) -> Option<&Server> {
        match &self.place {
            Place::Scratch(server) => Some(server),
            Place::Database(_) | Place::Kept => None,
        }
    }

    /// Starts the server anew with the `wal_level` of a live one, now that the data is in: what a rehearsal writes is to count as
    /// it would there. Nothing of the kind on a server that was given. A copy that does not stay leads nowhere from here on.
    pub(crate) async fn settle(&mut self) -> Result<(), Error> {
        if !matches!(self.place, Place::Kept) {
            self.notes.extend(crate::seal::seal(&self.superuser).await?);
        }
        self.restart_with(&["ALTER SYSTEM SET wal_level = 'replica'".to_owned()]).await
    }

    /// Runs statements as superuser, each a message of its own as `ALTER SYSTEM` has to be, and starts the server anew. Nothing on a
    /// server that was given.
    ///
    /// # Errors
    /// [`Error::Target`] when the server refuses a statement; [`Error::Scratch`] when it does not start again.
    pub async fn restart_with(&mut self, statements: &[String]) -> Result<(), Error> {
        let Place::Scratch(server) = &mut self.place else { return Ok(()) };
        let mut session = self.superuser.migrator().await.map_err(Error::Target)?;
        for statement in statements {
            session.batch(statement).await.map_err(Error::Target)?;
        }
        drop(session);
        server.restart().map_err(Error::Scratch)
    }

    /// In what the copy is known not to be like the source.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}
