//! Named servers: they outlive the process that started them, until they are removed.

use super::{
    Options, Server,
    claim::unfinished_mark,
    dir::{Kind, ServerDir},
};
use crate::{
    Binaries, Error, Home, ServerName, account::RunAs, lock::Gate, postmaster, state::State,
    sweep::sweep_within,
};

/// What is known of a named server without connecting to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: ServerName,
    /// Major and minor version.
    pub version: (u32, u32),
    /// The TCP port on 127.0.0.1, now or when it last ran.
    pub port: u16,
    /// Whether its postmaster is running.
    pub running: bool,
}

impl Server {
    /// Creates and starts a named server. If there is one of this name, it is that one, started if need be,
    /// with its own binaries, port and settings.
    ///
    /// # Errors
    /// As for [`Server::start`]; and if the existing one has another major version than `binaries`.
    pub fn start_named(
        home: &Home,
        name: &ServerName,
        binaries: &Binaries,
        options: &Options<'_>,
    ) -> Result<Self, Error> {
        let run_as = RunAs::detect()?;
        let servers = home.open_servers(&run_as)?;
        let gate = Gate::enter(&servers)?;
        // This also removes what a process left that was killed while it created this server.
        sweep_within(&gate, &servers, None)?;
        let dir = ServerDir::named(&servers, name);
        if dir.state().exists() {
            return Self::attach(dir, None, options.on_event, run_as)?.require(binaries);
        }
        dir.create(&run_as)?;
        let options = Options { supervisor: None, ..options.clone() };
        Self::fill(dir, None, binaries, &options, run_as)
    }

    /// Finds a named server; starts it if it is not running.
    ///
    /// # Errors
    /// There is none of this name, or another process is still making it; or it could not be started.
    pub fn open(home: &Home, name: &ServerName) -> Result<Self, Error> {
        let missing = || Error::NoSuchServer { name: name.to_string() };
        let servers = home.existing_servers()?.ok_or_else(missing)?;
        let _gate = Gate::enter(&servers)?;
        let dir = ServerDir::named(&servers, name);
        if !dir.state().exists() || unfinished_mark(&servers, name).exists() {
            return Err(missing());
        }
        Self::attach(dir, None, &|_| {}, RunAs::detect()?)
    }

    /// Refuses a server of another major version.
    pub(super) fn require(self, wanted: &Binaries) -> Result<Self, Error> {
        self.state.binaries.clone().require(Some(wanted.version.0))?;
        Ok(self)
    }
}

/// The named servers, by name.
///
/// # Errors
/// The directory or a record in it could not be read.
pub fn list(home: &Home) -> Result<Vec<Listed>, Error> {
    let Some(servers) = home.existing_servers()? else { return Ok(Vec::new()) };
    let _gate = Gate::enter(&servers)?;
    let named =
        ServerDir::all(&servers)?.into_iter().filter(|dir| dir.kind == Kind::Named && dir.state().exists());
    let finished = |name: &ServerName| !unfinished_mark(&servers, name).exists();
    named.filter_map(|dir| dir.name().filter(finished).map(|name| describe(&dir, name))).collect()
}

fn describe(dir: &ServerDir, name: ServerName) -> Result<Listed, Error> {
    let (state, _) = State::load(&dir.state())?;
    let running = postmaster::running(&dir.data()).is_some();
    Ok(Listed { name, version: state.binaries.version, port: state.port, running })
}

/// Stops a named server and removes it with all its data.
///
/// # Errors
/// There is none of this name, it could not be stopped, or its directory not be removed.
pub fn remove(home: &Home, name: &ServerName) -> Result<(), Error> {
    let missing = || Error::NoSuchServer { name: name.to_string() };
    let servers = home.existing_servers()?.ok_or_else(missing)?;
    let _gate = Gate::enter(&servers)?;
    let dir = ServerDir::named(&servers, name);
    if !dir.path().exists() {
        return Err(missing());
    }
    dir.stop_and_remove()
}
