//! Which requests there are: users who think and ask, or arrivals at a rate; and those that wait for a connection.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use fastrand::Rng;

use super::plan::{Plan, nanoseconds};
use crate::{Arrivals, Pace};

/// A request that waits for a connection. Times in nanoseconds from the beginning of the load.
#[derive(Debug, Clone, Copy)]
pub(super) struct Job {
    pub(super) statement: usize,
    /// When it was meant to be sent.
    pub(super) intended: u64,
    /// When the driver saw to it.
    pub(super) seen: u64,
}

/// The requests of one thread.
#[derive(Debug)]
pub(super) struct Demand {
    /// In the order in which they came.
    waiting: VecDeque<Job>,
    queue_max: usize,
    kind: Kind,
    /// Nothing is asked from then on.
    pub(super) end: u64,
}

#[derive(Debug)]
enum Kind {
    /// When each user has thought.
    Closed { think: u64, thinking: BinaryHeap<Reverse<u64>> },
    /// When the next request comes.
    Open { next: f64, gap: f64, arrivals: Arrivals },
}

/// What the driver did about the requests that had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Came {
    /// It waits, and came so much earlier.
    Late(u64),
    /// The queue is full: for a request of this statement.
    Dropped(usize),
}

impl Demand {
    /// From the beginning of the load on. Users who think do so first, for a part of their time, so that they do not all come at
    /// once.
    pub(super) fn new(plan: &Plan, thread: usize, rng: &mut Rng) -> Self {
        let (share, end) = (plan.share(thread), plan.times.end);
        let (mut waiting, mut thinking) = (VecDeque::new(), BinaryHeap::new());
        let kind = match (plan.options.pace, plan.gap()) {
            (Pace::Open { .. }, Some((gap, arrivals))) => {
                let first = match arrivals {
                    Arrivals::Poisson => exponential(rng) * gap,
                    Arrivals::Even => gap * fraction(thread, plan.threads),
                };
                Kind::Open { next: first, gap, arrivals }
            }
            (Pace::Open { .. }, None) => Kind::Closed { think: 0, thinking },
            (Pace::Closed { think, .. }, _) => {
                let think = nanoseconds(think);
                for _ in 0..share.users {
                    if think == 0 {
                        waiting.push_back(Job { statement: plan.pick(rng), intended: 0, seen: 0 });
                    } else {
                        thinking.push(Reverse(rng.u64(..think)));
                    }
                }
                Kind::Closed { think, thinking }
            }
        };
        Self { waiting, queue_max: share.queue_max, kind, end }
    }

    /// When the next request comes, if that is known.
    #[inline]
    pub(super) fn due(&self) -> Option<u64> {
        let due = match &self.kind {
            Kind::Closed { thinking, .. } => thinking.peek().map(|Reverse(due)| *due)?,
            Kind::Open { next, .. } => whole(*next),
        };
        (due < self.end).then_some(due)
    }

    /// Whether requests come from answers only, so that there is nothing else to wait for.
    pub(super) fn is_answers_only(&self) -> bool {
        matches!(self.kind, Kind::Closed { think: 0, .. })
    }

    /// The next request that has come until `now`, if any: it waits from then on, or is dropped.
    #[inline]
    pub(super) fn release(&mut self, now: u64, plan: &Plan, rng: &mut Rng) -> Option<(u64, Came)> {
        let intended = self.due().filter(|due| *due <= now)?;
        match &mut self.kind {
            Kind::Closed { thinking, .. } => drop(thinking.pop()),
            Kind::Open { next, gap, arrivals: Arrivals::Even } => *next += *gap,
            Kind::Open { next, gap, arrivals: Arrivals::Poisson } => *next += exponential(rng) * *gap,
        }
        let statement = plan.pick(rng);
        if matches!(self.kind, Kind::Open { .. }) && self.waiting.len() >= self.queue_max {
            return Some((intended, Came::Dropped(statement)));
        }
        self.waiting.push_back(Job { statement, intended, seen: now });
        Some((intended, Came::Late(now - intended)))
    }

    /// A user has an answer, or an error: thinks, and asks again.
    #[inline]
    pub(super) fn answered(&mut self, now: u64, plan: &Plan, rng: &mut Rng) {
        let Kind::Closed { think, thinking } = &mut self.kind else { return };
        if *think > 0 {
            thinking.push(Reverse(now.saturating_add(*think)));
        } else if now < self.end {
            self.waiting.push_back(Job { statement: plan.pick(rng), intended: now, seen: now });
        }
    }

    /// The request that has waited longest.
    #[inline]
    pub(super) fn next(&mut self) -> Option<Job> {
        self.waiting.pop_front()
    }

    /// Puts a request back that could not be sent after all.
    pub(super) fn back(&mut self, job: Job) {
        self.waiting.push_front(job);
    }

    pub(super) fn waiting(&self) -> &VecDeque<Job> {
        &self.waiting
    }
}

/// By inversion; of mean 1.
fn exponential(rng: &mut Rng) -> f64 {
    -(1.0 - rng.f64()).ln()
}

fn fraction(part: usize, of: usize) -> f64 {
    let number = |n: usize| Duration::from_secs(n as u64).as_secs_f64();
    number(part) / number(of)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "nanoseconds of a week are below 2^53"
)]
fn whole(nanoseconds: f64) -> u64 {
    nanoseconds as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Drawn, LoadOptions};

    fn plan(pace: Pace, threads: usize) -> Plan {
        let options = LoadOptions { pace, threads, connections: 4, queue_max: 100, ..LoadOptions::default() };
        Plan::new(&Drawn::of_one("SELECT 1"), &options).expect("a plan")
    }

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn arrivals_come_at_their_rate() {
        for (arrivals, slack) in [(Arrivals::Even, 1), (Arrivals::Poisson, 200)] {
            let plan = plan(Pace::Open { per_second: 1_000.0, arrivals }, 2);
            let mut all = Vec::new();
            for thread in 0..2 {
                let mut rng = Rng::with_seed(thread);
                let mut demand = Demand::new(&plan, usize::try_from(thread).expect("small"), &mut rng);
                while let Some(due) = demand.due() {
                    let (intended, came) = demand.release(due, &plan, &mut rng).expect("it is due");
                    assert_eq!((intended, came), (due, Came::Late(0)));
                    demand.next();
                    all.push(due);
                }
            }
            assert!(all.len().abs_diff(12_000) <= slack, "{arrivals:?}: {}", all.len());
            all.sort_unstable();
            let gaps: Vec<u64> = all.windows(2).map(|pair| pair[1] - pair[0]).collect();
            let mean = gaps.iter().sum::<u64>() / gaps.len() as u64;
            let off = gaps.iter().filter(|gap| gap.abs_diff(mean) > mean / 100).count();
            assert_eq!(off > 0, arrivals == Arrivals::Poisson, "{arrivals:?}");
        }
    }

    #[test]
    fn a_full_queue_drops_what_comes() {
        let plan = plan(Pace::Open { per_second: 1_000.0, arrivals: Arrivals::Even }, 1);
        let mut rng = Rng::with_seed(1);
        let mut demand = Demand::new(&plan, 0, &mut rng);
        let came: Vec<Came> =
            std::iter::from_fn(|| demand.release(SECOND - 1, &plan, &mut rng).map(|(_, came)| came))
                .collect();
        assert_eq!((came.len(), came[0], came[100]), (1_000, Came::Late(SECOND - 1), Came::Dropped(0)));
        assert_eq!(came.iter().filter(|came| **came == Came::Dropped(0)).count(), 900);
        assert_eq!(demand.waiting().len(), 100);
    }

    #[test]
    fn users_ask_think_and_ask_again() {
        let plan = plan(Pace::Closed { users: 5, think: Duration::from_millis(100) }, 1);
        let mut rng = Rng::with_seed(1);
        let mut demand = Demand::new(&plan, 0, &mut rng);
        assert!(demand.next().is_none() && demand.due().is_some_and(|due| due < SECOND / 10));
        let mut come = 0;
        while demand.release(SECOND / 10, &plan, &mut rng).is_some() {
            come += 1;
        }
        assert_eq!((come, demand.due()), (5, None));
        demand.answered(SECOND, &plan, &mut rng);
        assert_eq!(demand.due(), Some(SECOND + SECOND / 10));
    }

    #[test]
    fn at_the_end_nobody_asks() {
        let plan = plan(Pace::Closed { users: 3, think: Duration::ZERO }, 1);
        let mut rng = Rng::with_seed(1);
        let mut demand = Demand::new(&plan, 0, &mut rng);
        assert_eq!(demand.waiting().len(), 3);
        demand.answered(plan.times.end, &plan, &mut rng);
        assert_eq!(demand.waiting().len(), 3);
        demand.answered(plan.times.end - 1, &plan, &mut rng);
        assert_eq!(demand.waiting().len(), 4);
    }
}
