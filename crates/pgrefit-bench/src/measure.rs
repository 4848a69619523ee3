//! Runs each query a number of times, and says how long it took, by which plan, and over how many blocks.

mod crew;
mod facts;
mod guard;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use pgrefit_pg::{Answer, Connector, Error as PgError, ReadOnly, StatementLimits, Stop};

use crate::measured::Cut;
use crate::{Error, Measured, Measurement, Query, Timing, Trouble};
use crew::Crew;
use guard::Guard;

/// How [`measure`] works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Runs of each query that count, over all its lists of arguments together; 20 is the fewest by which p95 is more than the
    /// slowest run.
    pub runs: usize,
    /// Runs before those, which do not count: they fill caches. Each list of arguments gets one in turn.
    pub warmups: usize,
    /// `statement_timeout` of one run. One that exceeds it fails, and is the last of its query.
    pub run_limit: Duration,
    /// For all runs of one query; no run begins later.
    pub query_limit: Duration,
    /// For everything; no run begins later.
    pub total_limit: Duration,
    /// Sessions that run the same query at the same time. The runs are shared among them.
    pub sessions: usize,
    /// Whether the rows of each result are digested as well, so that the answers of two copies can be compared.
    pub digests: bool,
}

impl Default for Options {
    /// 20 runs after 2 warm-ups, by one session; a run may take 10 s, a query 1 min, everything 10 min; no digests.
    fn default() -> Self {
        Self {
            runs: 20,
            warmups: 2,
            run_limit: Duration::from_secs(10),
            query_limit: Duration::from_mins(1),
            total_limit: Duration::from_mins(10),
            sessions: 1,
            digests: false,
        }
    }
}

impl Options {
    /// Sessions that may be asked for.
    pub const SESSIONS_MAX: usize = 64;
    /// Runs of one query that may be asked for: their times are kept.
    pub const RUNS_MAX: usize = 100_000;

    fn check(&self) -> Result<(), Error> {
        if self.sessions == 0 || self.sessions > Self::SESSIONS_MAX {
            return Err(Error::Options("sessions must be between 1 and 64"));
        }
        if self.runs == 0 || self.runs > Self::RUNS_MAX || self.warmups > Self::RUNS_MAX {
            return Err(Error::Options("runs must be between 1 and 100000"));
        }
        // The server counts in whole milliseconds, and zero is no limit to it.
        if self.run_limit < Duration::from_millis(1) {
            return Err(Error::Options("a run must be given at least 1 ms"));
        }
        Ok(())
    }

    fn limits(&self) -> StatementLimits {
        StatementLimits { statement: self.run_limit, lock: LOCK_LIMIT.min(self.run_limit) }
    }
}

/// `lock_timeout`: a measurement must not queue behind DDL, and have others queue behind it.
const LOCK_LIMIT: Duration = Duration::from_millis(100);

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

/// The measuring of one query.
struct Task<'a> {
    query: &'a Query,
    options: &'a Options,
    stop: &'a Stop,
    total_begun: Instant,
}

/// What the sessions that run one query at the same time have in common.
struct Shared {
    next: AtomicUsize,
    begun: Instant,
    found: Mutex<Found>,
}

#[derive(Default)]
struct Found {
    times: Vec<Duration>,
    rows: Vec<Option<u64>>,
    trouble: Option<Trouble>,
    cut: Option<Cut>,
}

impl Task<'_> {
    async fn run(&self, crew: &mut Crew<'_>) -> Measurement {
        let mut measurement = Measurement::new(&self.query.name, self.query.budget, self.options.runs);
        if let Some(cut) = self.cut(None) {
            measurement.cut = Some(cut);
            return measurement;
        }
        let mended = tokio::select! {
            mended = crew.mend() => mended,
            () = self.stop.requested() => Ok(()),
        };
        if let Err(error) = mended {
            measurement.trouble = Some(Trouble::of(&error));
            return measurement;
        }
        let Some(first) = crew.first() else {
            measurement.cut = Some(Cut::Stopped);
            return measurement;
        };
        // What EXPLAIN does not take is not run either.
        let explained = self.explain_only(first).await;
        if let Err(error) = explained {
            self.note(&mut measurement, &error);
        } else {
            self.time(crew, &mut measurement).await;
            facts::add(self, first, &mut measurement).await;
        }
        crew.dismiss_after(&measurement);
        measurement
    }

    async fn explain_only(&self, session: &ReadOnly) -> Result<(), PgError> {
        let sql = format!("EXPLAIN {}", self.query.sql);
        let values = self.query.values(0);
        self.guard(session).run(session.texts(&sql, values, self.options.limits())).await.map(drop)
    }

    async fn time(&self, crew: &Crew<'_>, measurement: &mut Measurement) {
        let lists = self.query.args.len().max(1);
        let found = Found { rows: vec![None; lists], ..Found::default() };
        let shared = Shared { next: AtomicUsize::new(0), begun: Instant::now(), found: Mutex::new(found) };
        join_all(crew.sessions().map(|session| self.work(session, &shared))).await;
        let found = shared.found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        measurement.timing = Timing::of(found.times);
        measurement.rows = found.rows;
        measurement.trouble = found.trouble;
        measurement.cut = found.cut;
    }

    /// Takes the next run, until there is none.
    async fn work(&self, session: &ReadOnly, shared: &Shared) {
        loop {
            let run = shared.next.fetch_add(1, Ordering::Relaxed);
            if run >= self.options.warmups + self.options.runs {
                return;
            }
            if let Some(cut) = self.cut(Some(shared.begun)) {
                shared.with(|found| found.cut = Some(cut));
                return shared.finish();
            }
            let values = self.query.values(run);
            let answer = session.run(&self.query.sql, values, self.options.limits());
            match self.guard(session).run(answer).await {
                Ok(answer) => self.keep(run, answer, shared),
                Err(error) => {
                    shared.with(|found| self.fail(found, &error));
                    return shared.finish();
                }
            }
        }
    }

    fn keep(&self, run: usize, answer: Answer, shared: &Shared) {
        let list = run % self.query.args.len().max(1);
        shared.with(|found| {
            if run >= self.options.warmups {
                found.times.push(answer.took);
            }
            found.rows[list] = Some(answer.rows);
        });
    }

    fn fail(&self, found: &mut Found, error: &PgError) {
        if self.stop.is_requested() {
            found.cut = Some(Cut::Stopped);
        } else if found.trouble.is_none() {
            found.trouble = Some(Trouble::of(error));
        }
    }

    fn note(&self, measurement: &mut Measurement, error: &PgError) {
        if self.stop.is_requested() {
            measurement.cut = Some(Cut::Stopped);
        } else if measurement.trouble.is_none() {
            measurement.trouble = Some(Trouble::of(error));
        }
    }

    /// Why no other run may begin.
    fn cut(&self, query_begun: Option<Instant>) -> Option<Cut> {
        if self.stop.is_requested() {
            return Some(Cut::Stopped);
        }
        if self.total_begun.elapsed() >= self.options.total_limit {
            return Some(Cut::TotalLimit);
        }
        let is_over = query_begun.is_some_and(|begun| begun.elapsed() >= self.options.query_limit);
        is_over.then_some(Cut::QueryLimit)
    }

    fn guard<'a>(&'a self, session: &'a ReadOnly) -> Guard<'a> {
        Guard { session, stop: self.stop, limit: self.options.run_limit }
    }
}

impl Shared {
    fn with(&self, change: impl FnOnce(&mut Found)) {
        change(&mut self.found.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }

    /// Lets no session begin another run.
    fn finish(&self) {
        self.next.store(usize::MAX / 2, Ordering::Relaxed);
    }
}
