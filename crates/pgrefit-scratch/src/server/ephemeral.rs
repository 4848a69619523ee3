//! Ephemeral servers: they end with the value that stands for them.

use super::{Options, Server, dir::ServerDir};
use crate::{Binaries, Error, Home, account::RunAs, lock::Gate, sweep::sweep_within};

impl Server {
    /// Starts an ephemeral server, which ends with the returned value. Abandoned servers are removed first.
    ///
    /// # Errors
    /// The data directory could not be created, the server not started, or the requested port is taken.
    pub fn start(home: &Home, binaries: &Binaries, options: &Options<'_>) -> Result<Self, Error> {
        let run_as = RunAs::detect()?;
        let servers = home.open_servers(&run_as)?;
        let gate = Gate::enter(&servers)?;
        sweep_within(&gate, &servers, None)?;
        let dir = ServerDir::ephemeral(&servers)?;
        dir.create(&run_as)?;
        let owner = dir.join()?;
        // From here on the lock protects the directory; others need not wait for initdb.
        drop(gate);
        Self::fill(dir, Some(owner), binaries, options, run_as)
    }
}
