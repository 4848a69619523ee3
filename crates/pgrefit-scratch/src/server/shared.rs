//! Shared servers: one for all processes that ask with the same key, as the processes of one test run do.

use super::{Options, Server, dir::ServerDir};
use crate::{
    Binaries, Error, Home, ServerName,
    account::RunAs,
    lock::{self, Gate},
    sweep::sweep_within,
};

impl Server {
    /// Joins the server with this key, or creates it. It goes on when this value is dropped. With a
    /// supervisor it is removed soon after its last user has gone; without one, when the next server is
    /// started or at the next sweep.
    ///
    /// `options` other than the supervisor count for the first process only.
    ///
    /// # Errors
    /// As for [`Server::start`]; and if the existing one has another major version than `binaries`.
    pub fn share(
        home: &Home,
        key: &ServerName,
        binaries: &Binaries,
        options: &Options<'_>,
    ) -> Result<Self, Error> {
        let run_as = RunAs::detect()?;
        let servers = home.open_servers(&run_as)?;
        let gate = Gate::enter(&servers)?;
        let dir = ServerDir::shared(&servers, key);
        sweep_within(&gate, &servers, Some(&dir))?;
        if is_usable(&dir)? {
            let owner = dir.join()?;
            let mut server = Self::attach(dir, Some(owner), options.on_event, run_as)?.require(binaries)?;
            server.supervisor = options.spawn_supervisor(&server.dir)?;
            return Ok(server);
        }
        dir.stop_and_remove()?;
        dir.create(&run_as)?;
        let owner = dir.join()?;
        Self::fill(dir, Some(owner), binaries, options, run_as)
    }
}

/// Whether there is a complete server that is running, or that others still want to run.
fn is_usable(dir: &ServerDir) -> Result<bool, Error> {
    let running = crate::postmaster::running(&dir.data()).is_some();
    Ok(dir.state().exists() && (running || lock::is_held(&dir.owner_lock())?))
}
