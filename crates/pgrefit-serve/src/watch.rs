//! The tasks of one database: its rounds, and its audits.

use std::sync::Arc;
use std::time::{Duration, Instant};

use pgrefit_pg::Stop;
use pgrefit_report::Failure;
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{sleep, timeout};

use crate::audit;
use crate::board::{Board, Dated, Outcome, Part, Seat, now};
use crate::records::{Places, Records};
use crate::round::{Held, Missed};
use crate::shelves::Shelves;

/// How soon a database that was not reached is tried again; doubled with every failure, up to the time between two rounds.
const BACKOFF_FIRST: Duration = Duration::from_secs(1);
/// Reading folders may take this long before the round goes on without.
const FILES: Duration = Duration::from_secs(2);
/// How often they are read: there may be many of them, and they change a few times a day.
const FILES_EVERY: Duration = Duration::from_mins(1);

/// How often databases are read, and how long that may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) round_every: Duration,
    /// The limit of one round, with its connecting.
    pub(crate) round_limit: Duration,
    pub(crate) audit_every: Duration,
    /// The limit of one audit, with its connecting.
    pub(crate) audit_limit: Duration,
}

/// What the tasks of a database work with.
#[derive(Clone)]
pub(crate) struct Watch {
    pub(crate) board: Arc<Board>,
    /// Which seat.
    pub(crate) at: usize,
    /// Whose turn it is to audit.
    pub(crate) turns: Arc<Semaphore>,
    /// The folders of backups that all share.
    pub(crate) shelves: Arc<Shelves>,
    pub(crate) pace: Pace,
    pub(crate) stop: Stop,
}

/// Reads a database in rounds until it is asked to stop.
pub(crate) async fn rounds(watch: Watch) {
    let Watch { board, at, shelves, pace, stop, .. } = watch;
    let seat = &board.seats[at];
    let mut rounds = Rounds { shelves, held: None, files: None, files_read: None, failures: 0 };
    // Not all at once.
    let mut pause = jittered(pace.round_every.min(Duration::from_secs(1)), 0.0, 1.0);
    loop {
        tokio::select! {
            () = stop.requested() => return,
            () = sleep(pause) => {}
        }
        tokio::select! {
            () = stop.requested() => return,
            () = rounds.once(seat, pace.round_limit) => {}
        }
        pause = rounds.pause(pace.round_every);
    }
}

struct Rounds {
    shelves: Arc<Shelves>,
    held: Option<Held>,
    files: Option<JoinHandle<Result<Records, Box<Failure>>>>,
    files_read: Option<Instant>,
    failures: u32,
}

impl Rounds {
    /// One round, which ends within `limit`.
    async fn once(&mut self, seat: &Seat, limit: Duration) {
        let began = Instant::now();
        let ended = timeout(limit, self.round(seat)).await;
        let ended = ended.unwrap_or_else(|_| Err(Missed::late("read the database", limit)));
        let took = began.elapsed();
        match ended {
            Ok(()) => {
                self.failures = 0;
                seat.write(|seen| {
                    let is_whole = seen.problems.keys().all(|part| *part == Part::Audit);
                    let outcome = if is_whole { Outcome::Done } else { Outcome::Failed };
                    seen.rounds[outcome as usize] += 1;
                    (seen.is_up, seen.took, seen.failure) = (true, took, None);
                    seen.complete_at = if is_whole { Some(now()) } else { seen.complete_at };
                });
            }
            Err(missed) => {
                // A session that may still be asked something is closed, not kept.
                self.held = None;
                self.failures = self.failures.saturating_add(1);
                tell(
                    seat,
                    &missed.failure,
                    seat.read(|seen| seen.failure.as_ref() == Some(&*missed.failure)),
                );
                seat.write(|seen| {
                    seen.rounds[missed.outcome as usize] += 1;
                    // It answered in this very round, and some part of it took too long: slow is not down.
                    let has_answered = missed.outcome == Outcome::TimedOut
                        && seen
                            .sessions
                            .as_ref()
                            .is_some_and(|sessions| sessions.age() <= took.as_secs_f64());
                    (seen.is_up, seen.took, seen.failure) = (has_answered, took, Some(*missed.failure));
                });
            }
        }
    }

    async fn round(&mut self, seat: &Seat) -> Result<(), Missed> {
        let held = match &mut self.held {
            Some(held) => held,
            None => self.held.insert(Held::open(seat).await?),
        };
        held.round(seat).await?;
        let places = Places::of(&seat.target, &held.server.identity);
        self.records(seat, places).await;
        Ok(())
    }

    /// Reads folders on another thread. One that hangs is waited for in later rounds, and not read a second time meanwhile.
    async fn records(&mut self, seat: &Seat, places: Option<Places>) {
        if self.files.is_none() && self.files_read.is_none_or(|at| at.elapsed() >= FILES_EVERY) {
            let shelves = Arc::clone(&self.shelves);
            self.files = places.map(|places| spawn_blocking(move || places.read(&shelves)));
        }
        let Some(files) = &mut self.files else { return };
        let Ok(read) = timeout(FILES, files).await else {
            let failure = Failure::new("failed to read the folders of backups and evidence in time");
            return seat.write(|seen| drop(seen.problems.insert(Part::Records, failure)));
        };
        (self.files, self.files_read) = (None, Some(Instant::now()));
        seat.write(|seen| match read {
            // What was seen last stays, and its age grows.
            Ok(Err(failure)) => drop(seen.problems.insert(Part::Records, *failure)),
            Ok(Ok(records)) => {
                seen.problems.remove(&Part::Records);
                seen.records = Some(Dated::now(records));
            }
            Err(_) => {
                drop(seen.problems.insert(Part::Records, Failure::new("failed to read the folders: a bug")));
            }
        });
    }

    /// Until the next round; one that did not reach the database is followed sooner, then later and later.
    fn pause(&self, every: Duration) -> Duration {
        if self.failures == 0 {
            return jittered(every, 0.9, 1.1);
        }
        let doubled = BACKOFF_FIRST.saturating_mul(1 << (self.failures - 1).min(10));
        jittered(doubled.min(every.max(BACKOFF_FIRST)), 0.8, 1.2)
    }
}

/// The first failure of a row is told, and the others are counted.
fn tell(seat: &Seat, failure: &Failure, is_known: bool) {
    if is_known {
        return;
    }
    let line =
        std::iter::once(&failure.message).chain(&failure.causes).cloned().collect::<Vec<_>>().join(": ");
    tracing::warn!(target: "pgrefit", database = seat.target.name, "{line}");
}

/// Audits a database on a schedule until it is asked to stop; never while another one is audited, nor while it is down.
pub(crate) async fn audits(watch: Watch) {
    let Watch { board, at, turns, pace, stop, .. } = watch;
    let seat = &board.seats[at];
    let Some(plan) = seat.target.audit.clone() else { return };
    let mut pause = jittered(pace.audit_every.min(Duration::from_secs(10)), 0.1, 1.0);
    loop {
        tokio::select! {
            () = stop.requested() => return,
            () = sleep(pause) => {}
        }
        if !seat.read(|seen| seen.is_up) {
            pause = jittered(pace.round_every, 0.5, 1.0);
            continue;
        }
        let audit = async {
            let Ok(permit) = Arc::clone(&turns).acquire_owned().await else { return };
            note(seat, audit::run(seat, &plan, permit, pace.audit_limit).await);
        };
        tokio::select! {
            () = stop.requested() => return,
            () = audit => {}
        }
        pause = jittered(pace.audit_every, 0.9, 1.1);
    }
}

fn note(seat: &Seat, ended: Result<audit::Audited, Missed>) {
    match ended {
        Ok(audited) => seat.write(|seen| seen.saw_audit(audited)),
        Err(missed) => {
            let known = seat.read(|seen| seen.problems.get(&Part::Audit) == Some(&*missed.failure));
            tell(seat, &missed.failure, known);
            seat.write(|seen| {
                seen.audits[missed.outcome as usize] += 1;
                seen.problems.insert(Part::Audit, *missed.failure);
            });
        }
    }
}

/// Between two shares of a duration.
fn jittered(duration: Duration, from: f64, to: f64) -> Duration {
    duration.mul_f64(from + (to - from) * fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_followed_later_and_later_up_to_a_limit() {
        let check = |failures: u32, every: u64, from: f64, to: f64| {
            let rounds =
                Rounds { shelves: Arc::default(), held: None, files: None, files_read: None, failures };
            let pause = rounds.pause(Duration::from_secs(every));
            assert!((from..=to).contains(&pause.as_secs_f64()), "{failures} {every}: {pause:?}");
        };
        check(0, 15, 13.5, 16.5);
        check(1, 15, 0.8, 1.2);
        check(3, 15, 3.2, 4.8);
        check(5, 15, 12.0, 18.0);
        check(4_000_000, 15, 12.0, 18.0);
        check(9, 300, 204.0, 360.0);
        check(3, 1, 0.8, 1.2);
    }
}
