//! What one thread has recorded.

use std::collections::BTreeMap;
use std::time::Duration;

use super::plan::Times;
use crate::{FailureKind, Latencies, Latency, Window};

/// What one thread has recorded; added up over threads at the end.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) statements: Vec<Page>,
    pub(super) queue_wait: Latency,
    pub(super) lag: Latency,
    pub(super) failures: BTreeMap<FailureKind, u64>,
    pub(super) dropped: u64,
    pub(super) unfinished: u64,
    pub(super) prepared_again: u64,
    pub(super) busy_ns: u64,
    pub(super) cpu: Duration,
    window: OpenWindow,
}

/// One statement.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) done: u64,
    pub(super) failed: u64,
    pub(super) unanswered: u64,
    pub(super) rows: u64,
    pub(super) times: Latencies,
}

/// The second that is going on.
#[derive(Debug, Default)]
pub(super) struct OpenWindow {
    pub(super) number: u64,
    pub(super) done: u64,
    pub(super) failed: u64,
    pub(super) total: Latency,
}

/// The end of a request. Times in nanoseconds from the beginning of the load.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answered {
    pub(super) statement: usize,
    pub(super) intended: u64,
    pub(super) sent: u64,
    pub(super) now: u64,
}

impl Book {
    pub(super) fn new(statements: usize) -> Self {
        Self { statements: (0..statements).map(|_| Page::default()).collect(), ..Self::default() }
    }

    /// A request was answered without an error.
    #[inline]
    pub(super) fn done(&mut self, answered: Answered, rows: u64, times: &Times) {
        let Answered { statement, intended, sent, now } = answered;
        let total = now.saturating_sub(intended);
        self.window.done += 1;
        self.window.total.record_ns(total, 1);
        if !times.counts(intended) {
            return;
        }
        let page = &mut self.statements[statement];
        page.done += 1;
        page.rows += rows;
        page.times.total.record_ns(total, 1);
        page.times.service.record_ns(now.saturating_sub(sent), 1);
    }

    /// A request failed.
    pub(super) fn failed(&mut self, answered: Answered, kind: FailureKind, times: &Times) {
        self.window.failed += 1;
        if !times.counts(answered.intended) {
            return;
        }
        self.statements[answered.statement].failed += 1;
        *self.failures.entry(kind).or_default() += 1;
    }

    /// A request found the queue full and is not sent.
    pub(super) fn dropped(&mut self, statement: usize) {
        self.dropped += 1;
        self.statements[statement].unanswered += 1;
    }

    /// A request has no answer in the end.
    pub(super) fn unfinished(&mut self, statement: usize) {
        self.unfinished += 1;
        self.statements[statement].unanswered += 1;
    }

    /// Ends the second that is going on, when another one is, and returns it; what it was in is kept for the next.
    pub(super) fn turn(&mut self, number: u64) -> Option<OpenWindow> {
        if number == self.window.number {
            return None;
        }
        let mut ended = OpenWindow { number, ..OpenWindow::default() };
        std::mem::swap(&mut ended, &mut self.window);
        Some(ended)
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (page, theirs) in self.statements.iter_mut().zip(&other.statements) {
            page.done += theirs.done;
            page.failed += theirs.failed;
            page.unanswered += theirs.unanswered;
            page.rows += theirs.rows;
            page.times.merge(&theirs.times);
        }
        self.queue_wait.merge(&other.queue_wait);
        self.lag.merge(&other.lag);
        for (kind, count) in &other.failures {
            *self.failures.entry(kind.clone()).or_default() += count;
        }
        self.dropped += other.dropped;
        self.unfinished += other.unfinished;
        self.prepared_again += other.prepared_again;
        self.busy_ns += other.busy_ns;
        self.cpu += other.cpu;
    }
}

impl OpenWindow {
    pub(super) fn merge(&mut self, other: &Self) {
        self.done += other.done;
        self.failed += other.failed;
        self.total.merge(&other.total);
    }

    pub(super) fn window(&self) -> Window {
        let of = |part| self.total.quantile(part);
        Window { done: self.done, failed: self.failed, p50: of(0.5), p95: of(0.95), p99: of(0.99) }
    }
}
