//! Making a named server together with what is to be in it: one process at a time, and all of it or nothing.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::Duration,
};

use super::{Options, Server, dir::ServerDir, named};
use crate::{Binaries, Error, Home, ServerName, account::RunAs, lock};

/// How long to wait for another process that is making the same server: it may be loading gigabytes.
const LIMIT: Duration = Duration::from_mins(30);

/// What there is when one asks for a named server.
pub enum Claim {
    /// It exists, made to its end.
    Exists(Box<Server>),
    /// It does not, and nobody else makes it as long as this is held.
    Mine(Making),
}

/// The right to make a named server. Dropped before [`Making::finish`], it removes what was made; after a `kill -9` the
/// next claim does.
pub struct Making {
    home: Home,
    name: ServerName,
    unfinished: PathBuf,
    _lock: File,
}

impl Server {
    /// Asks for a named server. Waits, half an hour at most, while another process is making it.
    ///
    /// # Errors
    /// [`Error::Busy`] after the wait; as for [`Server::open`].
    pub fn claim(home: &Home, name: &ServerName) -> Result<Claim, Error> {
        let servers = home.open_servers(&RunAs::detect()?)?;
        let lock = lock::exclusive(&making_lock(&servers, name), LIMIT)?;
        let unfinished = unfinished_mark(&servers, name);
        if unfinished.exists() {
            remove_what_is_there(home, name)?;
        } else if ServerDir::named(&servers, name).state().exists() {
            return Self::open(home, name).map(|server| Claim::Exists(Box::new(server)));
        }
        fs::write(&unfinished, "").map_err(Error::io("write", &unfinished))?;
        Ok(Claim::Mine(Making { home: home.clone(), name: name.clone(), unfinished, _lock: lock }))
    }
}

impl Making {
    /// Creates and starts the server.
    ///
    /// # Errors
    /// As for [`Server::start_named`].
    pub fn start(&self, binaries: &Binaries, options: &Options<'_>) -> Result<Server, Error> {
        Server::start_named(&self.home, &self.name, binaries, options)
    }

    /// Declares the server complete: from now on others find it.
    ///
    /// # Errors
    /// The mark could not be removed; the server is removed then.
    pub fn finish(self) -> Result<(), Error> {
        fs::remove_file(&self.unfinished).map_err(Error::io("remove", &self.unfinished))
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        if self.unfinished.exists() {
            if let Err(error) = remove_what_is_there(&self.home, &self.name) {
                tracing::warn!(%error, "an unfinished server was left behind");
                return;
            }
            let _ = fs::remove_file(&self.unfinished);
        }
    }
}

/// The file that is there while a server is being made.
pub(super) fn unfinished_mark(servers: &Path, name: &ServerName) -> PathBuf {
    servers.join(format!(".{name}.unfinished"))
}

/// Held by the process that is making the server.
fn making_lock(servers: &Path, name: &ServerName) -> PathBuf {
    servers.join(format!(".{name}.making"))
}

/// Whether the server's maker has gone without finishing it.
pub(crate) fn is_left_unfinished(dir: &ServerDir) -> Result<bool, Error> {
    let Some(name) = dir.name() else { return Ok(false) };
    let servers = dir.servers();
    Ok(unfinished_mark(servers, &name).exists() && !lock::is_held(&making_lock(servers, &name))?)
}

fn remove_what_is_there(home: &Home, name: &ServerName) -> Result<(), Error> {
    match named::remove(home, name) {
        Err(Error::NoSuchServer { .. }) => Ok(()),
        other => other,
    }
}
