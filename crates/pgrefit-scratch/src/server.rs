//! A PostgreSQL server of our own, and how long it lives.

mod adopt;
pub(crate) mod claim;
mod create;
pub(crate) mod dir;
mod ephemeral;
mod launch;
pub(crate) mod named;
mod options;
mod shared;

use std::{fmt, fs::File, path::PathBuf, process::Child, time::Duration};

pub use options::Options;

use crate::{
    Binaries, ConnectionUrl, Error, Event, StopMode, account::RunAs, lock::Gate, postmaster, process,
    secret::Password, state::State,
};
use dir::{Kind, ServerDir};
use launch::Running;

/// How long to wait for the supervisor of a server that is gone; it has nothing left to do.
const SUPERVISOR_LIMIT: Duration = Duration::from_millis(500);

/// A server that accepts connections on 127.0.0.1, on `::1` where there is IPv6, and on a Unix socket.
pub struct Server {
    dir: ServerDir,
    state: State,
    password: Password,
    run_as: RunAs,
    /// The postmaster, if this process started it.
    child: Option<Child>,
    supervisor: Option<Child>,
    /// The lock that tells others that the server is in use; named servers need none.
    owner: Option<File>,
}

impl Server {
    /// Makes a server in a directory that was just created; removes the directory if that fails.
    fn fill(
        dir: ServerDir,
        owner: Option<File>,
        binaries: &Binaries,
        options: &Options<'_>,
        run_as: RunAs,
    ) -> Result<Self, Error> {
        let made = options
            .spawn_supervisor(&dir)
            .and_then(|supervisor| Ok((supervisor, create::create(&dir, binaries, options, &run_as)?)));
        match made {
            Ok((supervisor, running)) => Ok(Self::assemble(dir, owner, supervisor, running, run_as)),
            Err(error) => {
                if let Err(error) = dir.stop_and_remove() {
                    tracing::warn!(%error, "a server that failed to start was left behind");
                }
                Err(error)
            }
        }
    }

    fn assemble(
        dir: ServerDir,
        owner: Option<File>,
        supervisor: Option<Child>,
        running: Running,
        run_as: RunAs,
    ) -> Self {
        let Running { state, password, child } = running;
        Self { dir, state, password, run_as, child, supervisor, owner }
    }

    /// Takes over an existing server; starts it if it is not running. The caller has passed the gate.
    fn attach(
        dir: ServerDir,
        owner: Option<File>,
        on_event: &dyn Fn(Event),
        run_as: RunAs,
    ) -> Result<Self, Error> {
        let (state, password) = State::load(&dir.state())?;
        let running = if postmaster::running(&dir.data()).is_some() {
            Running { state, password, child: None }
        } else {
            launch::launch(&dir, state, password, &run_as, on_event)?
        };
        Ok(Self::assemble(dir, owner, None, running, run_as))
    }

    /// Ends the use of the server: an ephemeral one is stopped and removed; a shared one is left to its other
    /// users; a named one is stopped, and its data kept.
    ///
    /// # Errors
    /// It could not be stopped, or its directory not be removed.
    pub fn stop(mut self) -> Result<(), Error> {
        match self.dir.kind {
            Kind::Ephemeral => self.end(),
            Kind::Shared => Ok(()),
            Kind::Named => self.stop_mode(StopMode::Fast),
        }
    }

    /// Stops the server and keeps everything, so that [`Server::restart`] can start it again.
    ///
    /// # Errors
    /// The process survived every signal.
    pub fn stop_mode(&mut self, mode: StopMode) -> Result<(), Error> {
        postmaster::stop(&self.dir.data(), mode, self.child.as_mut())?;
        self.child = None;
        Ok(())
    }

    /// Stops the server if it is running, and starts it. The port stays the same unless it was taken in
    /// between.
    ///
    /// # Errors
    /// It could not be stopped or started.
    pub fn restart(&mut self) -> Result<(), Error> {
        let _gate = Gate::enter(self.dir.servers())?;
        self.stop_mode(StopMode::Fast)?;
        let (state, password) = (self.state.clone(), self.password.clone());
        let running = launch::launch(&self.dir, state, password, &self.run_as, &|_| {})?;
        self.state = running.state;
        self.child = running.child;
        Ok(())
    }

    /// Stops and removes an ephemeral server, once. The lock is given up last.
    fn end(&mut self) -> Result<(), Error> {
        let Some(owner) = self.owner.take() else { return Ok(()) };
        self.stop_mode(StopMode::Immediate)?;
        self.dir.remove()?;
        drop(owner);
        if let Some(supervisor) = &mut self.supervisor {
            // Not to leave a zombie; one that does not end now ends with this process.
            let _ = process::wait(supervisor, SUPERVISOR_LIMIT);
        }
        Ok(())
    }

    /// The directory of the Unix socket, which libpq takes as `host`.
    #[must_use]
    pub fn host_socket_dir(&self) -> PathBuf {
        self.dir.sockets()
    }

    /// The TCP port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.state.port
    }

    /// The superuser.
    #[must_use]
    pub fn user(&self) -> &'static str {
        create::USER
    }

    /// Major and minor version.
    #[must_use]
    pub fn version(&self) -> (u32, u32) {
        self.state.binaries.version
    }

    /// The programs that the server runs from.
    #[must_use]
    pub fn binaries(&self) -> &Binaries {
        &self.state.binaries
    }

    /// The directory of the server: what a supervisor is given.
    #[must_use]
    pub fn dir(&self) -> PathBuf {
        self.dir.path().to_owned()
    }

    /// The data directory.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.dir.data()
    }

    /// The server's log.
    #[must_use]
    pub fn log_path(&self) -> PathBuf {
        self.dir.log()
    }

    /// The URL of a database on this server, over TCP, as superuser.
    #[must_use]
    pub fn url(&self, database: &str) -> ConnectionUrl {
        ConnectionUrl::new(self.user(), &self.password, self.port(), database)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.dir.kind != Kind::Ephemeral {
            return;
        }
        if let Err(error) = self.end() {
            tracing::warn!(%error, dir = %self.dir.path().display(), "a throwaway server was left behind");
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("id", &self.dir.id())
            .field("port", &self.port())
            .finish_non_exhaustive()
    }
}
