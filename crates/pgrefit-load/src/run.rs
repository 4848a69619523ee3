//! Runs a load: opens the connections, has threads drive them, opens lost ones again, and adds up what came back.

use pgrefit_pg::{Connector, Stop};

use crate::{Drawn, Error, LoadOptions, LoadRun, Tick};

/// Puts a load on the server, and returns what came back. `on_tick` is called once a second.
///
/// Opens [`LoadOptions::connections`] sessions, read-only unless the options say otherwise, with `statement_timeout` set, and
/// prepares each statement on each of them before the warm-up begins. A connection that is lost is opened again, with pauses
/// that double from 50 ms to 2 s. When `stop` is requested, what was measured until then is returned, and whatever still runs on
/// the server is cancelled, as it is at the end.
///
/// # Errors
/// [`Error::Options`], [`Error::Writes`]; [`Error::Connect`] when the connections cannot all be opened at the beginning;
/// [`Error::Prepare`], [`Error::Parameters`]; [`Error::Machine`]. What fails later is counted, see [`LoadRun::failures`].
pub async fn run(
    connector: &Connector,
    drawn: &Drawn,
    options: &LoadOptions,
    stop: &Stop,
    on_tick: impl FnMut(&Tick),
) -> Result<LoadRun, Error> {
    options.check()?;
    if let Some(writing) = drawn.statements().find(|statement| options.read_only && statement.writes) {
        return Err(Error::Writes { statement: writing.name.clone() });
    }
    let _ = (connector, stop, on_tick);
    Err(Error::Options { what: "the driver is still being built".to_owned() })
}
