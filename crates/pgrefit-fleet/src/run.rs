//! Goes through a fleet: wave by wave, so many at once, until all are done, the rule is broken, or somebody asks to stop.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use pgrefit_pg::Stop;

use crate::stop_rule::Tally;
use crate::{Schedule, Wave};

/// How the work on a database has ended, as far as the run is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is where it was to come.
    Reached,
    /// It is not, but the same may work later.
    Retryable,
    /// It is not.
    Failed,
}

/// A database that has ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Ended<T> {
    /// Its place in the list.
    pub place: usize,
    /// The number of its wave.
    pub wave: usize,
    /// How often it was tried.
    pub attempts: u32,
    /// How it ended.
    pub verdict: Verdict,
    /// What the work on it came to.
    pub result: T,
}

/// What a run tells while it goes on.
#[derive(Debug)]
pub enum Event<'a, T> {
    /// Nothing is done before a wave for so long.
    Pause(Duration),
    /// A wave begins.
    Wave(&'a Wave),
    /// A database is begun.
    Begins {
        /// Its place in the list.
        place: usize,
        /// The number of its wave.
        wave: usize,
    },
    /// A database has ended.
    Ends(&'a Ended<T>),
    /// No further database is taken.
    Halts(&'a Halt),
}

/// Why no further database was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Halt {
    /// A canary failed: this place.
    Canary(usize),
    /// The rule is broken.
    Rule {
        /// How many have failed.
        failed: usize,
        /// How many have ended.
        ended: usize,
    },
    /// Somebody asked for it.
    Stopped,
}

/// What became of a fleet.
#[derive(Debug)]
pub struct Run<T, E> {
    /// Those that have ended, in that order.
    pub ended: Vec<Ended<T>>,
    /// The places of those that were not begun.
    pub left: Vec<usize>,
    /// Why there are any.
    pub halt: Option<Halt>,
    /// The first error of whoever was told, after which nobody was begun.
    pub error: Option<E>,
}

/// Goes through the waves of a schedule.
///
/// `work` does what is to be done to the database at a place, for the so manieth time counted from 1; it ends soon when `stop`
/// is requested. `tell` hears what goes on. When it fails, as when a journal cannot be written, no further database is taken;
/// those that were begun come to their end.
pub async fn run<T, E>(
    schedule: &Schedule,
    stop: &Stop,
    work: impl AsyncFn(usize, u32) -> (Verdict, T),
    mut tell: impl FnMut(Event<'_, T>) -> Result<(), E>,
) -> Run<T, E> {
    let mut course = Course { tell: &mut tell, ended: Vec::new(), failed: 0, halt: None, error: None };
    for (index, wave) in schedule.waves.iter().enumerate() {
        if index > 0 {
            course.pause(schedule.pause, stop).await;
        }
        course.heed(stop);
        if course.is_over() {
            break;
        }
        course.say(Event::Wave(wave));
        course.wave(wave, schedule, stop, &work).await;
    }
    if let Some(halt) = course.halt.clone() {
        course.say(Event::Halts(&halt));
    }
    let Course { ended, halt, error, .. } = course;
    let done = |place: &usize| ended.iter().any(|ended| ended.place == *place);
    let places = schedule.waves.iter().flat_map(|wave| wave.members.iter().copied());
    let left: Vec<usize> = places.filter(|place| !done(place)).collect();
    Run { ended, left, halt, error }
}

/// A run on its way.
struct Course<'a, T, F, E> {
    tell: &'a mut F,
    ended: Vec<Ended<T>>,
    failed: usize,
    halt: Option<Halt>,
    error: Option<E>,
}

impl<T, E, F: FnMut(Event<'_, T>) -> Result<(), E>> Course<'_, T, F, E> {
    async fn wave(
        &mut self,
        wave: &Wave,
        schedule: &Schedule,
        stop: &Stop,
        work: &impl AsyncFn(usize, u32) -> (Verdict, T),
    ) {
        let by_the_end_of_the_wave = self.ended.len() + wave.members.len();
        let mut waiting = wave.members.iter().copied();
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < schedule.parallel.max(1) && !self.is_over() {
                let Some(place) = waiting.next() else { break };
                self.say(Event::Begins { place, wave: wave.number });
                if self.error.is_none() {
                    running.push(one(place, wave.number, schedule, stop, work));
                }
            }
            let Some(ended) = running.next().await else { return };
            if ended.verdict != Verdict::Reached || waiting.len() > 0 {
                // Before anything else: those who were asked to stop have not failed by themselves.
                self.heed(stop);
            }
            self.take(ended, wave, schedule, by_the_end_of_the_wave);
        }
    }

    fn take(&mut self, ended: Ended<T>, wave: &Wave, schedule: &Schedule, by_the_end_of_the_wave: usize) {
        self.say(Event::Ends(&ended));
        let (place, verdict) = (ended.place, ended.verdict);
        self.ended.push(ended);
        if verdict == Verdict::Reached {
            return;
        }
        self.failed += 1;
        let tally = Tally { failed: self.failed, by_the_end_of_the_wave };
        if wave.is_canary() {
            self.halt.get_or_insert(Halt::Canary(place));
        } else if schedule.rule.is_broken(tally) {
            self.halt.get_or_insert(Halt::Rule { failed: self.failed, ended: self.ended.len() });
        }
    }

    async fn pause(&mut self, pause: Duration, stop: &Stop) {
        if pause.is_zero() || self.is_over() {
            return;
        }
        self.say(Event::Pause(pause));
        wait(pause, stop).await;
    }

    fn heed(&mut self, stop: &Stop) {
        if stop.is_requested() {
            self.halt.get_or_insert(Halt::Stopped);
        }
    }

    fn is_over(&self) -> bool {
        self.halt.is_some() || self.error.is_some()
    }

    fn say(&mut self, event: Event<'_, T>) {
        if let Err(error) = (self.tell)(event) {
            self.error.get_or_insert(error);
        }
    }
}

/// Works on one database, again and again while its failure may pass by itself, as often as the schedule says.
async fn one<T>(
    place: usize,
    wave: usize,
    schedule: &Schedule,
    stop: &Stop,
    work: &impl AsyncFn(usize, u32) -> (Verdict, T),
) -> Ended<T> {
    let mut attempts = 1;
    loop {
        let (verdict, result) = work(place, attempts).await;
        let is_last = verdict != Verdict::Retryable || attempts > schedule.retries;
        if !is_last {
            wait(schedule.backoff_behind(attempts), stop).await;
        }
        if is_last || stop.is_requested() {
            return Ended { place, wave, attempts, verdict, result };
        }
        attempts += 1;
    }
}

/// Waits, but not for somebody who has asked to stop.
async fn wait(duration: Duration, stop: &Stop) {
    let _ = tokio::time::timeout(duration, stop.requested()).await;
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;
    use crate::{Size, StopRule, waves};

    fn schedule(count: usize, canaries: &[usize], rule: StopRule) -> Schedule {
        Schedule {
            waves: waves(count, canaries, &[Size::Count(2), Size::Percent(50)]),
            parallel: 3,
            pause: Duration::ZERO,
            rule,
            retries: 0,
            backoff: Duration::from_millis(1),
        }
    }

    /// Runs a fleet in which these places fail, and tells what became of it.
    async fn outcome(schedule: &Schedule, failing: &[usize]) -> String {
        let work = async |place: usize, _: u32| {
            tokio::task::yield_now().await;
            (if failing.contains(&place) { Verdict::Failed } else { Verdict::Reached }, ())
        };
        let run = run(schedule, &Stop::default(), work, |_| Ok::<(), ()>(())).await;
        let mut ended: Vec<String> = run.ended.iter().map(|ended| ended.place.to_string()).collect();
        ended.sort();
        format!("{} | {} left | {:?}", ended.join(" "), run.left.len(), run.halt)
    }

    #[tokio::test]
    async fn failures_stop_what_comes_behind_them() {
        let check = async |rule: StopRule, failing: &[usize], expected: &str| {
            let found = outcome(&schedule(9, &[0], rule), failing).await;
            // Those of a wave end in any order.
            assert!(found.starts_with(expected), "{rule:?} {failing:?}: {found}");
        };
        check(StopRule::After(1), &[], "0 1 2 3 4 5 6 7 8 | 0 left | None").await;
        check(StopRule::Never, &[0], "0 | 8 left | Some(Canary(0))").await;
        check(StopRule::Never, &[1, 5], "0 1 2 3 4 5 6 7 8 | 0 left | None").await;
        check(StopRule::Ratio(10), &[1], "0 1 2 | 6 left | Some(Rule { failed: 1,").await;
        check(StopRule::After(2), &[1, 2], "0 1 2 | 6 left | Some(Rule { failed: 2,").await;
        // The last one of all: it is told, though nothing is left.
        check(StopRule::After(1), &[8], "0 1 2 3 4 5 6 7 8 | 0 left | Some(Rule { failed: 1,").await;
    }

    #[tokio::test]
    async fn so_many_run_at_once_and_no_wave_overtakes_another() {
        let (running, most) = (Cell::new(0), Cell::new(0));
        let waves_seen = RefCell::new(Vec::new());
        let schedule = schedule(20, &[0], StopRule::Never);
        let work = async |_: usize, _: u32| {
            running.set(running.get() + 1);
            most.set(most.get().max(running.get()));
            tokio::time::sleep(Duration::from_millis(1)).await;
            running.set(running.get() - 1);
            (Verdict::Reached, ())
        };
        let tell = |event: Event<'_, ()>| {
            if let Event::Wave(wave) = event {
                assert_eq!(running.get(), 0);
                waves_seen.borrow_mut().push((wave.number, wave.members.len()));
            }
            Ok::<(), ()>(())
        };
        run(&schedule, &Stop::default(), work, tell).await;
        assert_eq!(most.get(), 3);
        assert_eq!(*waves_seen.borrow(), [(0, 1), (1, 2), (2, 10), (3, 7)]);
    }

    #[tokio::test]
    async fn what_may_pass_is_tried_again() {
        let check = async |retries: u32, succeeds_at: u32, expected: (u32, Verdict)| {
            let mut schedule = schedule(1, &[], StopRule::Never);
            schedule.retries = retries;
            let work = async |_: usize, attempt: u32| {
                (if attempt >= succeeds_at { Verdict::Reached } else { Verdict::Retryable }, ())
            };
            let run = run(&schedule, &Stop::default(), work, |_| Ok::<(), ()>(())).await;
            assert_eq!((run.ended[0].attempts, run.ended[0].verdict), expected);
        };
        check(0, 1, (1, Verdict::Reached)).await;
        check(0, 2, (1, Verdict::Retryable)).await;
        check(2, 3, (3, Verdict::Reached)).await;
        check(2, 9, (3, Verdict::Retryable)).await;
    }

    #[tokio::test]
    async fn a_request_to_stop_lets_nobody_begin() {
        let stop = Stop::default();
        let mut schedule = schedule(9, &[0], StopRule::After(1));
        schedule.retries = 5;
        let work = async |place: usize, _: u32| {
            if place == 1 {
                stop.request();
                return (Verdict::Retryable, ());
            }
            (Verdict::Reached, ())
        };
        let run = run(&schedule, &stop, work, |_| Ok::<(), ()>(())).await;
        assert_eq!((run.left.len(), run.halt), (6, Some(Halt::Stopped)));
        assert!(run.ended.iter().all(|ended| ended.attempts == 1));
    }

    #[tokio::test]
    async fn a_request_does_not_wait_for_a_pause() {
        let stop = Stop::default();
        let mut schedule = schedule(9, &[0], StopRule::Never);
        schedule.pause = Duration::from_hours(1);
        let tell = |event: Event<'_, ()>| {
            if let Event::Pause(_) = event {
                stop.request();
            }
            Ok::<(), ()>(())
        };
        let run = run(&schedule, &stop, async |_, _| (Verdict::Reached, ()), tell).await;
        assert_eq!((run.ended.len(), run.halt), (1, Some(Halt::Stopped)));
    }

    #[tokio::test]
    async fn a_journal_that_cannot_be_written_ends_the_run() {
        let schedule = schedule(9, &[0], StopRule::Never);
        let begun = Cell::new(0);
        let tell = |event: Event<'_, ()>| match event {
            Event::Begins { place: 2, .. } => Err("disk full"),
            Event::Begins { .. } => {
                begun.set(begun.get() + 1);
                Ok(())
            }
            _ => Ok(()),
        };
        let run = run(&schedule, &Stop::default(), async |_, _| (Verdict::Reached, ()), tell).await;
        // What has ended is told all the same.
        assert_eq!((run.error, begun.get(), run.ended.len(), run.left.len()), (Some("disk full"), 2, 2, 7));
    }
}
