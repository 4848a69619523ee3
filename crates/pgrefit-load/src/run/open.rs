//! Opens the connections of a load, at the beginning and in place of lost ones.

use std::time::Duration;

use pgrefit_pg::Connector;
use pgrefit_pg::wire::Wire;
use tokio::task::JoinSet;

use crate::{Error, LoadOptions};

/// Logins at the same time: each costs the server a process, and SCRAM both sides some milliseconds of CPU.
const AT_ONCE: usize = 8;

/// The pause before the first attempt to connect again; it doubles each time.
const PAUSE: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// Opens one session as the options have it.
async fn open(connector: Connector, read_only: bool, limit: Duration) -> Result<Wire, pgrefit_pg::Error> {
    if read_only { connector.wire_reader(limit).await } else { connector.wire_writer(limit).await }
}

/// All connections, or the first error.
pub(super) async fn open_all(connector: &Connector, options: &LoadOptions) -> Result<Vec<Wire>, Error> {
    let (mut wires, mut opening) = (Vec::with_capacity(options.connections), JoinSet::new());
    let mut left = options.connections;
    while wires.len() < options.connections {
        while left > 0 && opening.len() < AT_ONCE {
            opening.spawn(open(connector.clone(), options.read_only, options.statement_limit));
            left -= 1;
        }
        let Some(opened) = opening.join_next().await else { break };
        let failed = |error: tokio::task::JoinError| pgrefit_pg::Error::Exchange(error.into());
        wires.push(opened.map_err(failed).and_then(|opened| opened).map_err(Error::Connect)?);
    }
    Ok(wires)
}

/// A connection that is to be opened again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Again {
    pub(super) thread: usize,
    pub(super) place: usize,
    pub(super) attempt: u32,
}

/// Opens one connection again, after a pause with a lot in it so that they do not all come at once.
pub(super) async fn open_again(
    connector: Connector,
    options: LoadOptions,
    again: Again,
) -> (Again, Result<Wire, pgrefit_pg::Error>) {
    let pause = PAUSE.saturating_mul(2_u32.saturating_pow(again.attempt)).min(PAUSE_MAX);
    tokio::time::sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
    (again, open(connector, options.read_only, options.statement_limit).await)
}
