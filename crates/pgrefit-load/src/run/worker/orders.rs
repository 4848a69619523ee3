//! Between the work: seconds end, orders come, connections are opened again; and the end.

use std::time::Duration;

use mio::unix::SourceFd;
use pgrefit_pg::wire::Wire;

use super::{ALONE, GRACE, Worker, since};
use crate::FailureKind;
use crate::run::book::OpenWindow;
use crate::run::connection::Connection;
use crate::run::plan::nanoseconds;
use crate::run::talk::{Event, Finished, Order, Second};
use crate::run::usage::thread_cpu;

impl Worker {
    /// A new second: tells of the last one, and looks for answers that do not come.
    pub(super) fn turn(&mut self, window: u64, now: u64) {
        if self.cpu_before.is_none() && now >= self.times.measure {
            self.cpu_before = Some(thread_cpu());
        }
        let limit = self.plan.options.statement_limit + GRACE;
        let before = now.saturating_sub(nanoseconds(limit));
        for place in 0..self.connections.len() {
            if self.connections[place].oldest_sent().is_some_and(|sent| sent < before) {
                self.lose(place, &FailureKind::NoAnswer);
            }
        }
        if let Some(ended) = self.book.turn(window) {
            self.tell(ended);
        }
    }

    pub(super) fn tell(&self, window: OpenWindow) {
        let connected = self.connections.iter().filter(|connection| connection.is_up()).count();
        let second = Second { window, connected, waiting: self.demand.waiting().len() };
        let _ = self.events.send(Event::Second(second));
    }

    /// Does what was asked; `true` when the thread is to end before it has begun.
    pub(super) fn orders_say_stop(&mut self) -> bool {
        while let Ok(order) = self.orders.try_recv() {
            match order {
                Order::Begin(at) => {
                    self.begun = Some(at);
                    self.stay_alone();
                    (0..self.connections.len()).for_each(|place| self.list(place));
                }
                Order::Connected { place, wire } => self.reconnected(place, wire),
                Order::Stop { drain } => {
                    let Some(begun) = self.begun else {
                        self.dismissed = true;
                        continue;
                    };
                    self.times = self.times.ended(since(begun), drain);
                    self.demand.end = self.times.end;
                }
            }
        }
        self.dismissed
    }

    /// From now on the only connection is waited for by reading from it.
    pub(super) fn stay_alone(&mut self) {
        let [connection] = &mut self.connections[..] else { return };
        let Some(descriptor) = connection.descriptor().filter(|_| self.demand.is_answers_only()) else {
            return;
        };
        self.alone = connection.wait_in_place(ALONE);
        if self.alone {
            let _ = self.poll.registry().deregister(&mut SourceFd(&descriptor));
        }
    }

    pub(super) fn reconnected(&mut self, place: usize, wire: Wire) {
        let connection = &mut self.connections[place];
        // A statement that cannot be prepared any more fails when it is run.
        if connection.adopt(wire, &self.plan).is_err() || self.attach(place).is_err() {
            self.lose(place, &FailureKind::ConnectionLost);
        }
        self.stay_alone();
        self.list(place);
    }

    /// Counts what has no answer, closes the connections, and tells what was recorded.
    pub(super) fn finish(mut self) {
        let now = self.begun.map_or(0, since);
        let measured = now >= self.times.measure;
        self.book.cpu = self
            .cpu_before
            .filter(|_| measured)
            .map_or(Duration::ZERO, |before| thread_cpu().saturating_sub(before));
        let waiting = self.demand.waiting().iter();
        let open = waiting.chain(self.connections.iter().flat_map(Connection::calls));
        // One of the warm-up too: it was in the way for all of the measured time.
        for job in open.filter(|job| measured && job.intended < self.times.end) {
            self.book.unfinished(job.statement);
        }
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
