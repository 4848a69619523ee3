//! Runs each query a number of times, and says how long it took, by which plan, and over how many blocks.

mod crew;
pub(crate) mod facts;
pub(crate) mod guard;
mod options;
mod task;

use std::collections::BTreeSet;
use std::time::Instant;

use pgrefit_pg::{Connector, Stop};

use crate::measured::Cut;
use crate::{Error, Measured, Measurement, Query};
use crew::Crew;
use task::Task;

pub use options::Options;

/// What happens while [`measure`] works.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// A query begins.
    Begun {
        /// Its name.
        query: &'a str,
        /// Its number, counted from 1.
        number: usize,
        /// Of how many.
        total: usize,
    },
    /// A query is done, or was left out.
    Done(&'a Measurement),
}

/// Measures the queries one after the other.
///
/// Each run is one `READ ONLY` transaction, parsed and planned anew for its arguments: the plan that `EXPLAIN` shows is the plan that
/// is measured. Only the statement is timed, from sending it to its last row, not the transaction around it; rows are counted as
/// they come and not kept. A statement that `EXPLAIN` does not take, such as `CALL` or `COPY`, is not run. A query that fails does
/// not stop the others. Every `EXPLAIN` and count of blocks comes after the runs, so that it warms no cache for them.
///
/// Reads what the queries read, under ACCESS SHARE, never waiting longer than 100 ms for a lock. Writes nothing. Times are taken on
/// this machine: whoever blocks the thread of the runtime meanwhile is measured too.
///
/// # Errors
/// No first session, two queries of one name, options out of range. Later a lost session is opened anew, once for each query.
pub async fn measure(
    connector: &Connector,
    queries: &[Query],
    options: &Options,
    stop: &Stop,
    on_event: &(dyn Fn(Event<'_>) + Sync),
) -> Result<Measured, Error> {
    options.check()?;
    distinct(queries)?;
    let _heed = stop.heed();
    let begun = Instant::now();
    let mut crew = Crew::new(connector, options.sessions);
    // A first session that cannot be had is an error; a later one is trouble of one query.
    tokio::select! {
        opened = crew.mend() => opened?,
        () = stop.requested() => {}
    }
    let mut measurements = Vec::with_capacity(queries.len());
    for (at, query) in queries.iter().enumerate() {
        on_event(Event::Begun { query: &query.name, number: at + 1, total: queries.len() });
        let task = Task { query, options, stop, total_begun: begun };
        let measurement = task.run(&mut crew).await;
        on_event(Event::Done(&measurement));
        measurements.push(measurement);
    }
    let version_num = crew.version_num();
    let interrupted = measurements.iter().any(|it| it.cut == Some(Cut::Stopped));
    let (sessions, elapsed) = (options.sessions, begun.elapsed());
    Ok(Measured { version_num, sessions, elapsed, interrupted, queries: measurements })
}

fn distinct(queries: &[Query]) -> Result<(), Error> {
    let mut names = BTreeSet::new();
    match queries.iter().find(|query| !names.insert(&query.name)) {
        Some(query) => Err(Error::SameName(query.name.clone())),
        None => Ok(()),
    }
}
