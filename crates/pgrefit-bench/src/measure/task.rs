//! The measuring of one query: its runs, shared among the sessions, and what ends them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use pgrefit_pg::{Answer, Error as PgError, ReadOnly, Stop};

use super::crew::Crew;
use super::guard::Guard;
use super::{Options, facts};
use crate::measured::Cut;
use crate::{Measurement, Query, Timing, Trouble};

/// The measuring of one query.
pub(super) struct Task<'a> {
    pub(super) query: &'a Query,
    pub(super) options: &'a Options,
    pub(super) stop: &'a Stop,
    pub(super) total_begun: Instant,
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
    pub(super) async fn run(&self, crew: &mut Crew<'_>) -> Measurement {
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
        let found = shared.found.into_inner().unwrap_or_else(PoisonError::into_inner);
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

    pub(super) fn note(&self, measurement: &mut Measurement, error: &PgError) {
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

    pub(super) fn guard<'a>(&'a self, session: &'a ReadOnly) -> Guard<'a> {
        Guard { session, stop: self.stop, limit: self.options.run_limit }
    }
}

impl Shared {
    fn with(&self, change: impl FnOnce(&mut Found)) {
        change(&mut self.found.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Lets no session begin another run.
    fn finish(&self) {
        self.next.store(usize::MAX / 2, Ordering::Relaxed);
    }
}
