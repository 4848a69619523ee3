//! One thread of a load: waits for its sockets and its timer, sends what has come, records what came back.

mod orders;
mod prepare;
mod traffic;

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use fastrand::Rng;
use mio::{Events, Poll, Token};
use pgrefit_pg::wire::Wire;
use tokio::sync::mpsc::UnboundedSender;

use super::book::Book;
use super::connection::{Answer, Connection};
use super::demand::Demand;
use super::plan::{Plan, Times};
use super::talk::{Event, Order};
use super::timer::Timer;
use crate::Error;

pub(super) const WAKER: Token = Token(usize::MAX);
const TIMER: Token = Token(usize::MAX - 1);

/// Looks at one socket before the others have their turn: 16 MiB.
const LOOKS: usize = 256;

/// How long a thread waits for its only connection before it looks for orders.
const ALONE: Duration = Duration::from_millis(50);

/// How much later than the limit of a statement an answer may be.
const GRACE: Duration = Duration::from_secs(5);

/// Everything of one thread.
pub(super) struct Worker {
    plan: Arc<Plan>,
    thread: usize,
    poll: Poll,
    timer: Timer,
    orders: Receiver<Order>,
    events: UnboundedSender<Event>,
    connections: Vec<Connection>,
    /// Those that can take a request, the one that has had none for longest first.
    free: VecDeque<usize>,
    /// Those with something in the buffer.
    unsent: Vec<usize>,
    /// Those whose sockets may have more.
    again: Vec<usize>,
    answers: Vec<Answer>,
    demand: Demand,
    rng: Rng,
    book: Book,
    times: Times,
    /// Whether the only connection is waited for by reading from it: that is a system call less for each answer.
    alone: bool,
    /// Whether it was told to end before the load had begun.
    dismissed: bool,
    /// From which times are counted, once the load has begun.
    begun: Option<Instant>,
    /// CPU time of this thread when the measurement began.
    cpu_before: Option<Duration>,
}

impl Worker {
    pub(super) fn new(
        plan: Arc<Plan>,
        thread: usize,
        poll: Poll,
        orders: Receiver<Order>,
        events: UnboundedSender<Event>,
    ) -> io::Result<Self> {
        let seed = plan.options.seed.wrapping_add((thread as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut rng = Rng::with_seed(seed);
        let demand = Demand::new(&plan, thread, &mut rng);
        Ok(Self {
            timer: Timer::new(poll.registry(), TIMER)?,
            book: Book::new(plan.statements.len()),
            times: plan.times,
            plan,
            thread,
            poll,
            orders,
            events,
            connections: Vec::new(),
            free: VecDeque::new(),
            unsent: Vec::new(),
            again: Vec::new(),
            answers: Vec::new(),
            demand,
            rng,
            alone: false,
            dismissed: false,
            begun: None,
            cpu_before: None,
        })
    }

    /// Prepares everything, waits for the word to begin, runs until the end, and tells what was recorded.
    pub(super) fn run(mut self, wires: Vec<Wire>) {
        let outcome = self.prepare(wires).and_then(|()| {
            let _ = self.events.send(Event::Prepared);
            self.work()
        });
        match outcome {
            Ok(()) => self.finish(),
            Err(error) => drop(self.events.send(Event::Failed(error))),
        }
    }

    fn work(&mut self) -> Result<(), Error> {
        let mut events = Events::with_capacity(256);
        let mut current = u64::MAX;
        loop {
            let Some(begun) = self.begun else {
                self.wait(&mut events, Some(Duration::from_millis(100)))?;
                if self.orders_say_stop() {
                    return Ok(());
                }
                continue;
            };
            let now = since(begun);
            // Before the question whether it is over: what came at the very end has come, however late that is seen.
            self.release(now);
            self.pump(begun);
            if self.is_over(now) {
                return Ok(());
            }
            let (now, window) = (since(begun), self.times.window(now));
            if window != current {
                current = window;
                self.turn(window, now);
            }
            if self.alone {
                self.orders_say_stop();
                self.flush(0);
                self.serve(0, begun, false);
                continue;
            }
            let wait = self.patience(now, window)?;
            self.wait(&mut events, Some(wait))?;
            for event in &events {
                match event.token() {
                    TIMER => {}
                    WAKER => drop(self.orders_say_stop()),
                    Token(place) => {
                        if event.is_writable() {
                            self.flush(place);
                        }
                        self.serve(place, begun, event.is_read_closed());
                    }
                }
            }
            for place in std::mem::take(&mut self.again) {
                self.serve(place, begun, false);
            }
        }
    }

    /// How long to wait for the sockets: until the next request comes, or the second or the load ends.
    fn patience(&mut self, now: u64, window: u64) -> Result<Duration, Error> {
        let end = if now < self.times.end { self.times.end } else { self.times.give_up };
        let latest = self.times.window_end(window).min(end);
        let latest = if now < self.times.measure { latest.min(self.times.measure) } else { latest };
        let wait = self.timer.arm(now, self.demand.due(), latest).map_err(waiting)?;
        Ok(if self.again.is_empty() { wait } else { Duration::ZERO })
    }

    fn wait(&mut self, events: &mut Events, limit: Option<Duration>) -> Result<(), Error> {
        match self.poll.poll(events, limit) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(waiting(error)),
            _ => Ok(()),
        }
    }

    /// Nothing is asked any more, and everything is answered or given up.
    fn is_over(&self, now: u64) -> bool {
        if now < self.times.end {
            return false;
        }
        let open = |connection: &Connection| connection.calls().next().is_some();
        now >= self.times.give_up || (self.demand.waiting().is_empty() && !self.connections.iter().any(open))
    }
}

#[inline]
fn since(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

fn waiting(source: io::Error) -> Error {
    Error::Machine { what: "wait for the sockets of the load", source }
}
