//! The work: what has come is sent, what came back is recorded.

use std::time::Instant;

use mio::unix::SourceFd;
use mio::{Interest, Token};

use super::{LOOKS, Worker, since};
use crate::FailureKind;
use crate::run::book::Answered;
use crate::run::connection::{Answer, Lost};
use crate::run::demand::{Came, Job};
use crate::run::talk::Event;

impl Worker {
    /// Lets everything come that has come.
    pub(super) fn release(&mut self, now: u64) {
        while let Some((intended, came)) = self.demand.release(now, &self.plan, &mut self.rng) {
            let counts = self.times.counts(intended);
            match came {
                Came::Late(late) if counts => self.book.lag.record_ns(late, 1),
                Came::Dropped(statement) if counts => self.book.dropped(statement),
                Came::Late(_) | Came::Dropped(_) => {}
            }
        }
    }

    /// Sends what waits, as far as connections are free.
    #[inline]
    pub(super) fn pump(&mut self, begun: Instant) {
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
    pub(super) fn send(&mut self, place: usize, job: Job, now: u64) {
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
    pub(super) fn list(&mut self, place: usize) {
        let connection = &mut self.connections[place];
        if connection.listed || !connection.is_up() || connection.in_flight() >= self.plan.options.pipeline {
            return;
        }
        connection.listed = true;
        self.free.push_back(place);
    }

    pub(super) fn flush(&mut self, place: usize) {
        let connection = &mut self.connections[place];
        if !connection.is_up() {
            return;
        }
        let Ok(all) = connection.flush() else { return self.lose(place, &FailureKind::ConnectionLost) };
        if connection.blocked != all {
            return;
        }
        connection.blocked = !all;
        if self.alone {
            return;
        }
        let interest = if all { Interest::READABLE } else { Interest::READABLE | Interest::WRITABLE };
        let Some(descriptor) = connection.descriptor() else { return };
        if self.poll.registry().reregister(&mut SourceFd(&descriptor), Token(place), interest).is_err() {
            self.lose(place, &FailureKind::ConnectionLost);
        }
    }

    /// Takes what a socket has. `closed` says that its end has come, after which no event will tell of it: less than was asked for
    /// is then not all.
    #[inline]
    pub(super) fn serve(&mut self, place: usize, begun: Instant, closed: bool) {
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
    pub(super) fn settle(&mut self, place: usize, now: u64) {
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
    pub(super) fn rest(&mut self, place: usize, now: u64) {
        let connection = &mut self.connections[place];
        if connection.in_flight() == 0
            && let Some(since) = connection.busy_since.take()
        {
            self.book.busy_ns += self.times.measured(since, now);
        }
    }

    /// Gives a connection up, and asks for another one.
    #[cold]
    pub(super) fn lose(&mut self, place: usize, kind: &FailureKind) {
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
}
