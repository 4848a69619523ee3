//! Runs a load: opens the connections, has threads drive them, opens lost ones again, and adds up what came back.

mod book;
mod connection;
mod crew;
mod demand;
mod open;
mod plan;
mod seconds;
mod talk;
mod timer;
mod usage;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use pgrefit_pg::{Connector, Stop};

use self::book::{Book, Page};
use self::crew::Crew;
use self::plan::Plan;
use self::seconds::Seconds;
use crate::outcome::whole;
use crate::{Drawn, Error, Latencies, LoadOptions, LoadRun, StatementRun, Tick};

/// Puts a load on the server, and returns what came back. `on_tick` is called once a second.
///
/// Opens [`LoadOptions::connections`] sessions, read-only unless the options say otherwise, with `statement_timeout` set, and
/// prepares each statement on each of them before the warm-up begins. A connection that is lost is opened again, with pauses
/// that double from 50 ms to 2 s. When `stop` is requested, what was measured until then is returned, and whatever still runs on
/// the server is cancelled, as it is at the end; so it is when the future is dropped, but for the cancelling.
///
/// # Errors
/// [`Error::Options`], [`Error::Writes`]; [`Error::Stopped`] and [`Error::Connect`] when the connections cannot all be opened at the beginning;
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
    let _heed = stop.heed();
    let plan = Arc::new(Plan::new(drawn, options)?);
    let wires = tokio::select! {
        wires = open::open_all(connector, options) => wires?,
        () = stop.requested() => return Err(Error::Stopped),
    };
    let mut crew = Crew::start(&plan, wires)?;
    crew.prepared(stop).await?;
    let mut seconds = Seconds::new(&plan, on_tick);
    let whole = crew.drive(connector, stop, &mut seconds).await?;
    Ok(outcome(drawn, &plan, whole, seconds))
}

/// What all threads had.
struct Whole {
    book: Book,
    end: u64,
    stopped: bool,
    reconnected: u64,
}

fn outcome<F: FnMut(&Tick)>(drawn: &Drawn, plan: &Plan, whole_run: Whole, seconds: Seconds<F>) -> LoadRun {
    let Whole { book, end, stopped, reconnected } = whole_run;
    let measured = end.saturating_sub(plan.times.measure);
    let mut all = Latencies::default();
    let statements: Vec<StatementRun> = plan
        .statements
        .iter()
        .zip(book.statements)
        .map(|(planned, page)| {
            all.merge(&page.times);
            let (name, budget) = (planned.title.clone(), planned.budget);
            let Page { done, failed, unanswered, rows, times: Latencies { total, service } } = page;
            StatementRun { name, budget, done, failed, unanswered, rows, total, service }
        })
        .collect();
    LoadRun {
        workload: drawn.name().to_owned(),
        options: plan.options.clone(),
        elapsed: Duration::from_nanos(measured),
        stopped,
        all,
        queue_wait: book.queue_wait,
        lag: book.lag,
        windows: seconds.into_windows(measured),
        done: statements.iter().map(|statement| statement.done).sum(),
        failed: statements.iter().map(|statement| statement.failed).sum(),
        statements,
        failures: book.failures,
        dropped: book.dropped,
        unfinished: book.unfinished,
        prepared_again: book.prepared_again,
        reconnected,
        busy_mean: if measured == 0 { 0.0 } else { whole(book.busy_ns) / whole(measured) },
        client_cpu: book.cpu,
        client_rss_max_bytes: usage::rss_max_bytes(),
    }
}
