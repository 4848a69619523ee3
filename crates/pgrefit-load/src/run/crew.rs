//! The threads of a load, and what is done for them meanwhile: connections opened again, seconds put together, the end.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use mio::{Poll, Waker};
use pgrefit_pg::wire::Wire;
use pgrefit_pg::{Connector, Stop};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use super::Whole;
use super::book::Book;
use super::open::{Again, open_again};
use super::plan::{Plan, part};
use super::seconds::Seconds;
use super::talk::{Event, Finished, Order};
use super::worker::{WAKER, Worker};
use crate::{Error, FailureKind, Tick};

/// The threads. They end when this is dropped.
pub(super) struct Crew {
    plan: Arc<Plan>,
    hands: Vec<Hand>,
    events: UnboundedReceiver<Event>,
}

/// One thread, and how to reach it.
struct Hand {
    orders: Sender<Order>,
    waker: Waker,
    thread: Option<JoinHandle<()>>,
}

type Opening = JoinSet<(Again, Result<Wire, pgrefit_pg::Error>)>;

/// What came of it so far.
struct Sum {
    finished: Vec<Finished>,
    failures: Vec<FailureKind>,
    reconnected: u64,
}

impl Crew {
    /// Shares the connections out, and starts the threads, which prepare the statements.
    pub(super) fn start(plan: &Arc<Plan>, mut wires: Vec<Wire>) -> Result<Self, Error> {
        let (sender, events) = unbounded_channel();
        let all = wires.len();
        let mut crew = Self { plan: Arc::clone(plan), hands: Vec::new(), events };
        for thread in 0..plan.threads {
            let share = part(all, plan.threads, thread);
            let share = wires.split_off(wires.len().saturating_sub(share));
            crew.hands.push(Hand::start(plan, thread, share, sender.clone())?);
        }
        Ok(crew)
    }

    /// Waits until every statement is prepared on every connection.
    pub(super) async fn prepared(&mut self, stop: &Stop) -> Result<(), Error> {
        let mut left = self.hands.len();
        while left > 0 {
            let event = tokio::select! {
                event = self.events.recv() => event,
                () = stop.requested() => return Ok(()),
            };
            match event {
                Some(Event::Prepared) => left -= 1,
                Some(Event::Failed(error)) => return Err(error),
                Some(_) => {}
                None => return Err(died()),
            }
        }
        Ok(())
    }

    /// Has all threads begin, does what they ask for, and waits for their end.
    pub(super) async fn drive<F: FnMut(&Tick)>(
        &mut self,
        connector: &Connector,
        stop: &Stop,
        seconds: &mut Seconds<F>,
    ) -> Result<Whole, Error> {
        let begun = Instant::now();
        self.hands.iter().for_each(|hand| hand.order(Order::Begin(begun)));
        let (mut stopped, mut opening) = (false, Opening::new());
        let mut sum = Sum { finished: Vec::new(), failures: Vec::new(), reconnected: 0 };
        while sum.finished.len() < self.hands.len() {
            tokio::select! {
                event = self.events.recv() => {
                    let event = event.ok_or_else(died)?;
                    self.heed(event, connector, seconds, &mut opening, &mut sum)?;
                }
                Some(opened) = opening.join_next() => self.opened(opened, connector, &mut opening, &mut sum),
                () = stop.requested(), if !stopped => {
                    stopped = true;
                    self.hands.iter().for_each(|hand| hand.order(Order::Stop { drain: Duration::ZERO }));
                }
            }
        }
        cancel(&mut sum.finished).await;
        Ok(self.add_up(sum, stopped))
    }

    fn heed<F: FnMut(&Tick)>(
        &self,
        event: Event,
        connector: &Connector,
        seconds: &mut Seconds<F>,
        opening: &mut Opening,
        sum: &mut Sum,
    ) -> Result<(), Error> {
        match event {
            Event::Prepared => {}
            Event::Failed(error) => return Err(error),
            Event::Second(second) => seconds.take(&second),
            Event::Finished(finished) => sum.finished.push(*finished),
            Event::Lost { thread, place, cancel } => {
                if let Some(cancel) = cancel {
                    // What it runs has its own limit on the server, should this not arrive.
                    tokio::spawn(async move { cancel.cancel().await });
                }
                self.again(Again { thread, place, attempt: 0 }, connector, opening);
            }
        }
        Ok(())
    }

    fn again(&self, again: Again, connector: &Connector, opening: &mut Opening) {
        opening.spawn(open_again(connector.clone(), self.plan.options.clone(), again));
    }

    fn opened(
        &self,
        opened: Result<(Again, Result<Wire, pgrefit_pg::Error>), tokio::task::JoinError>,
        connector: &Connector,
        opening: &mut Opening,
        sum: &mut Sum,
    ) {
        let Ok((again, opened)) = opened else { return };
        let Again { thread, place, attempt } = again;
        match opened {
            Ok(wire) => {
                sum.reconnected += 1;
                self.hands[thread].order(Order::Connected { place, wire });
            }
            Err(error) => {
                tracing::debug!("a connection of the load could not be opened again: {error}");
                sum.failures.push(FailureKind::NotConnected);
                self.again(Again { attempt: attempt.saturating_add(1), ..again }, connector, opening);
            }
        }
    }

    fn add_up(&self, sum: Sum, stopped: bool) -> Whole {
        let mut book = Book::new(self.plan.statements.len());
        let end = sum.finished.iter().map(|finished| finished.end).max().unwrap_or(0);
        sum.finished.iter().for_each(|finished| book.merge(&finished.book));
        for kind in sum.failures {
            *book.failures.entry(kind).or_default() += 1;
        }
        Whole { book, end, stopped, reconnected: sum.reconnected }
    }
}

/// Cancels what still runs, on as many connections at once as there are, each within the limit for connecting; then they are
/// closed.
async fn cancel(finished: &mut [Finished]) {
    let mut cancels = JoinSet::new();
    for cancel in finished.iter_mut().flat_map(|finished| finished.cancels.drain(..)) {
        cancels.spawn(async move { cancel.cancel().await });
    }
    while let Some(sent) = cancels.join_next().await {
        if let Ok(Err(error)) = sent {
            tracing::debug!("a statement of the load could not be cancelled: {error}");
        }
    }
    for finished in finished {
        finished.connections.clear();
    }
}

impl Hand {
    fn start(
        plan: &Arc<Plan>,
        thread: usize,
        wires: Vec<Wire>,
        events: UnboundedSender<Event>,
    ) -> Result<Self, Error> {
        let failed = |source| Error::Machine { what: "start a thread of the load", source };
        let poll = Poll::new().map_err(failed)?;
        let waker = Waker::new(poll.registry(), WAKER).map_err(failed)?;
        let (orders, inbox) = channel();
        let worker = Worker::new(Arc::clone(plan), thread, poll, inbox, events).map_err(failed)?;
        let name = format!("load-{thread}");
        let thread = thread::Builder::new().name(name).spawn(move || worker.run(wires)).map_err(failed)?;
        Ok(Self { orders, waker, thread: Some(thread) })
    }

    /// A thread that has ended needs no orders.
    fn order(&self, order: Order) {
        let _ = self.orders.send(order);
        let _ = self.waker.wake();
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        self.order(Order::Stop { drain: Duration::ZERO });
        if let Some(thread) = self.thread.take() {
            // It looks for orders whenever it wakes, and never waits for anything else.
            let _ = thread.join();
        }
    }
}

fn died() -> Error {
    Error::Machine { what: "go on: a thread of the load died", source: std::io::ErrorKind::Other.into() }
}
