//! One thread of a load: waits for its sockets and its timer, sends what has come, records what came back.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use fastrand::Rng;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use pgrefit_pg::wire::Wire;
use tokio::sync::mpsc::UnboundedSender;

use super::book::{Answered, Book};
use super::connection::{Answer, Connection, Lost};
use super::demand::{Came, Demand, Job};
use super::plan::{Plan, Times};
use super::talk::{Event, Finished, Order, Second};
use super::timer::Timer;
use super::usage::thread_cpu;
use crate::{Error, FailureKind};

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

    fn prepare(&mut self, wires: Vec<Wire>) -> Result<(), Error> {
        let statements = self.plan.statements.len();
        self.connections = (0..wires.len()).map(|_| Connection::new(statements)).collect();
        for (place, wire) in wires.into_iter().enumerate() {
            self.connections[place].adopt(wire, &self.plan)?;
            self.attach(place)?;
        }
        let limit = Instant::now() + self.plan.options.statement_limit + GRACE;
        let mut events = Events::with_capacity(64);
        while self.connections.iter().any(|connection| connection.in_flight() > 0) {
            let left = limit.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let limit = self.plan.options.statement_limit + GRACE;
                return Err(Error::Connect(pgrefit_pg::Error::Timeout {
                    what: "prepare the statements of the load".to_owned(),
                    limit,
                }));
            }
            self.wait(&mut events, Some(left.min(Duration::from_millis(100))))?;
            self.first_answers()?;
            if self.orders_say_stop() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Before the load has begun, whatever goes wrong is an error of the whole.
    fn first_answers(&mut self) -> Result<(), Error> {
        for connection in &mut self.connections {
            let mut more = true;
            while more {
                more = connection
                    .receive(&self.plan, &mut self.answers)
                    .map_err(|Lost| Error::Connect(pgrefit_pg::Error::Lost { server: None, source: None }))?;
                let prepared = self.answers.drain(..).filter_map(|answer| match answer {
                    Answer::Prepared { outcome } => Some(outcome),
                    Answer::Called { .. } => None,
                });
                prepared.collect::<Result<(), Error>>()?;
            }
            if connection.flush().is_err() {
                return Err(Error::Connect(pgrefit_pg::Error::Lost { server: None, source: None }));
            }
        }
        Ok(())
    }

    /// Has the socket of a connection looked at, and sends what is in its buffer.
    fn attach(&mut self, place: usize) -> Result<(), Error> {
        let Some(descriptor) = self.connections[place].descriptor() else { return Ok(()) };
        let registered =
            self.poll.registry().register(&mut SourceFd(&descriptor), Token(place), Interest::READABLE);
        registered.map_err(waiting)?;
        self.flush(place);
        Ok(())
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
            if self.is_over(now) {
                return Ok(());
            }
            self.release(now);
            self.pump(begun);
            let (now, window) = (since(begun), self.times.window(now));
            if window != current {
                current = window;
                self.turn(window, now);
            }
            if self.alone {
                self.orders_say_stop();
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

    /// Lets everything come that has come.
    fn release(&mut self, now: u64) {
        while let Some((intended, came)) = self.demand.release(now, &self.plan, &mut self.rng) {
            let counts = self.times.counts(intended);
            match came {
                Came::Late(late) if counts => self.book.lag.record_ns(late, 1),
                Came::Dropped if counts => self.book.dropped += 1,
                Came::Late(_) | Came::Dropped => {}
            }
        }
    }

    /// Sends what waits, as far as connections are free.
    #[inline]
    fn pump(&mut self, begun: Instant) {
        while let Some(place) = self.free.front().copied() {
            let Some(job) = self.demand.next() else { break };
            self.free.pop_front();
            self.send(place, job, since(begun));
        }
        while let Some(place) = self.unsent.pop() {
            self.flush(place);
        }
    }

    #[inline]
    fn send(&mut self, place: usize, job: Job, now: u64) {
        let connection = &mut self.connections[place];
        connection.listed = false;
        if !connection.is_up() || connection.call(job, now, &self.plan, &mut self.rng).is_err() {
            return self.demand.back(job);
        }
        if self.times.counts(job.intended) {
            self.book.queue_wait.record_ns(now.saturating_sub(job.seen), 1);
        }
        self.unsent.push(place);
        self.list(place);
    }

    /// Puts a connection that can take a request where it is found.
    #[inline]
    fn list(&mut self, place: usize) {
        let connection = &mut self.connections[place];
        if connection.listed || !connection.is_up() || connection.in_flight() >= self.plan.options.pipeline {
            return;
        }
        connection.listed = true;
        self.free.push_back(place);
    }

    fn flush(&mut self, place: usize) {
        let connection = &mut self.connections[place];
        if !connection.is_up() {
            return;
        }
        let Ok(all) = connection.flush() else { return self.lose(place, &FailureKind::ConnectionLost) };
        if connection.blocked != all {
            return;
        }
        connection.blocked = !all;
        let interest = if all { Interest::READABLE } else { Interest::READABLE | Interest::WRITABLE };
        let Some(descriptor) = connection.descriptor() else { return };
        if self.poll.registry().reregister(&mut SourceFd(&descriptor), Token(place), interest).is_err() {
            self.lose(place, &FailureKind::ConnectionLost);
        }
    }

    /// Takes what a socket has. `closed` says that its end has come, after which no event will tell of it: less than was asked for
    /// is then not all.
    #[inline]
    fn serve(&mut self, place: usize, begun: Instant, closed: bool) {
        for _ in 0..LOOKS {
            if self.connections.get(place).is_none_or(|connection| !connection.is_up()) {
                return;
            }
            let received = self.connections[place].receive(&self.plan, &mut self.answers);
            let now = since(begun);
            self.settle(place, now);
            match received {
                Err(Lost) => return self.lose(place, &FailureKind::ConnectionLost),
                Ok(more) => {
                    self.pump(begun);
                    if !more && !closed {
                        return;
                    }
                }
            }
        }
        self.again.push(place);
    }

    /// Records the answers that have come on a connection.
    #[inline]
    fn settle(&mut self, place: usize, now: u64) {
        if self.answers.is_empty() {
            return;
        }
        for answer in self.answers.drain(..) {
            match answer {
                Answer::Prepared { .. } => self.book.prepared_again += u64::from(self.times.counts(now)),
                Answer::Called { job, sent, outcome } => {
                    let Job { statement, intended, .. } = job;
                    let answered = Answered { statement, intended, sent, now };
                    match outcome {
                        Ok(rows) => self.book.done(answered, rows, &self.times),
                        Err(kind) => self.book.failed(answered, kind, &self.times),
                    }
                    self.demand.answered(now, &self.plan, &mut self.rng);
                }
            }
        }
        self.unsent.push(place);
        self.rest(place, now);
        self.list(place);
    }

    /// Adds up how long a connection was busy, when it is no more.
    #[inline]
    fn rest(&mut self, place: usize, now: u64) {
        let connection = &mut self.connections[place];
        if connection.in_flight() == 0
            && let Some(since) = connection.busy_since.take()
        {
            self.book.busy_ns += self.times.measured(since, now);
        }
    }

    /// Gives a connection up, and asks for another one.
    #[cold]
    fn lose(&mut self, place: usize, kind: &FailureKind) {
        self.alone = false;
        let connection = &mut self.connections[place];
        if !connection.is_up() {
            return;
        }
        if let Some(descriptor) = connection.descriptor() {
            // It is closed in a moment, which does the same.
            let _ = self.poll.registry().deregister(&mut SourceFd(&descriptor));
        }
        let cancel = connection.canceller().filter(|_| *kind == FailureKind::NoAnswer);
        connection.lose(kind, &mut self.answers);
        let now = self.begun.map_or(0, since);
        self.settle(place, now);
        let _ = self.events.send(Event::Lost { thread: self.thread, place, cancel });
    }

    /// A new second: tells of the last one, and looks for answers that do not come.
    fn turn(&mut self, window: u64, now: u64) {
        if self.cpu_before.is_none() && now >= self.times.measure {
            self.cpu_before = Some(thread_cpu());
        }
        let limit = self.plan.options.statement_limit + GRACE;
        let before = now.saturating_sub(super::plan::nanoseconds(limit));
        for place in 0..self.connections.len() {
            if self.connections[place].oldest_sent().is_some_and(|sent| sent < before) {
                self.lose(place, &FailureKind::NoAnswer);
            }
        }
        if let Some(ended) = self.book.turn(window) {
            self.tell(ended);
        }
    }

    fn tell(&self, window: super::book::OpenWindow) {
        let connected = self.connections.iter().filter(|connection| connection.is_up()).count();
        let second = Second { window, connected, waiting: self.demand.waiting().len() };
        let _ = self.events.send(Event::Second(second));
    }

    /// Does what was asked; `true` when the thread is to end before it has begun.
    fn orders_say_stop(&mut self) -> bool {
        while let Ok(order) = self.orders.try_recv() {
            match order {
                Order::Begin(at) => {
                    self.begun = Some(at);
                    self.stay_alone();
                    (0..self.connections.len()).for_each(|place| self.list(place));
                }
                Order::Connected { place, wire } => self.reconnected(place, wire),
                Order::Stop { drain } => {
                    let Some(begun) = self.begun else { return true };
                    self.times = self.times.ended(since(begun), drain);
                    self.demand.end = self.times.end;
                }
            }
        }
        false
    }

    /// From now on the only connection is waited for by reading from it.
    fn stay_alone(&mut self) {
        let [connection] = &mut self.connections[..] else { return };
        let Some(descriptor) = connection.descriptor().filter(|_| self.demand.is_answers_only()) else {
            return;
        };
        self.alone = connection.wait_in_place(ALONE);
        if self.alone {
            let _ = self.poll.registry().deregister(&mut SourceFd(&descriptor));
        }
    }

    fn reconnected(&mut self, place: usize, wire: Wire) {
        let connection = &mut self.connections[place];
        // A statement that cannot be prepared any more fails when it is run.
        if connection.adopt(wire, &self.plan).is_err() || self.attach(place).is_err() {
            self.lose(place, &FailureKind::ConnectionLost);
        }
        self.stay_alone();
        self.list(place);
    }

    /// Counts what has no answer, closes the connections, and tells what was recorded.
    fn finish(mut self) {
        let now = self.begun.map_or(0, since);
        let measured = now >= self.times.measure;
        self.book.cpu = self
            .cpu_before
            .filter(|_| measured)
            .map_or(Duration::ZERO, |before| thread_cpu().saturating_sub(before));
        let waiting = self.demand.waiting().iter();
        let open = waiting.chain(self.connections.iter().flat_map(Connection::calls));
        self.book.unfinished = open.filter(|job| self.times.counts(job.intended)).count() as u64;
        if let Some(ended) = self.book.turn(u64::MAX) {
            self.tell(ended);
        }
        let mut cancels = Vec::new();
        for connection in &mut self.connections {
            if let Some(since) = connection.busy_since.take() {
                self.book.busy_ns += self.times.measured(since, now);
            }
            if connection.calls().next().is_some() {
                cancels.extend(connection.canceller());
            } else {
                connection.close();
            }
        }
        let end = self.times.end.min(now);
        let _ = self.events.send(Event::Finished(Box::new(Finished {
            book: self.book,
            end,
            cancels,
            connections: self.connections,
        })));
    }
}

#[inline]
fn since(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

fn waiting(source: io::Error) -> Error {
    Error::Machine { what: "wait for the sockets of the load", source }
}
