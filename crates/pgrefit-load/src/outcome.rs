//! What came back of a load.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{FailureKind, Latencies, Latency, LoadOptions};

/// What came back of a load. A request counts when it was meant to be sent within the measured time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadRun {
    /// Of the workload.
    pub workload: String,
    /// How it was put on the server.
    pub options: LoadOptions,
    /// The measured time: shorter than asked for when the run was stopped.
    pub elapsed: Duration,
    /// Whether it was stopped before its end.
    pub stopped: bool,
    /// Each statement of the mix, in the order of the workload.
    pub statements: Vec<StatementRun>,
    /// The times of all requests that were answered without an error.
    pub all: Latencies,
    /// From when a request was there to when a connection was free for it.
    pub queue_wait: Latency,
    /// How late the driver itself was: from when a request was meant to be there (or a user had thought) to when the driver saw
    /// to it. Part of the total times.
    pub lag: Latency,
    /// Each second of the measured time, by when answers came.
    pub windows: Vec<Window>,
    /// Requests answered without an error.
    pub done: u64,
    /// Requests that failed.
    pub failed: u64,
    /// Those, and attempts to connect again, by kind.
    pub failures: BTreeMap<FailureKind, u64>,
    /// Requests of an open loop that found the queue full and were not sent.
    pub dropped: u64,
    /// Requests whose answer had not come when [`LoadOptions::drain`] was over; those of the warm-up too, which were in the way
    /// for all of the measured time.
    pub unfinished: u64,
    /// Statements that were prepared anew after the server had refused the prepared form, or on a new connection.
    pub prepared_again: u64,
    /// Connections that were opened in place of lost ones.
    pub reconnected: u64,
    /// How many connections were waiting for an answer, on average over the measured time. By Little's law it is the throughput
    /// times the mean service time, where no more than one request is in flight on a connection.
    pub busy_mean: f64,
    /// User and system time of the driver's threads in the measured time.
    pub client_cpu: Duration,
    /// The largest resident set of this process until now.
    pub client_rss_max_bytes: u64,
}

/// What came back of one statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatementRun {
    /// Its name in the workload.
    pub name: String,
    /// How long 95 of 100 may take.
    pub budget: Duration,
    /// Answered without an error.
    pub done: u64,
    /// Failed.
    pub failed: u64,
    /// Not sent because the queue was full, or without an answer in the end: its part of [`LoadRun::dropped`] and
    /// [`LoadRun::unfinished`]. A run that was saved without it has none.
    #[serde(default)]
    pub unanswered: u64,
    /// Rows that came back, or were written.
    pub rows: u64,
    /// From when a request was meant to be sent to the end of its answer.
    pub total: Latency,
    /// From when it was sent.
    pub service: Latency,
}

/// One second of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// Answered without an error.
    pub done: u64,
    /// Failed.
    pub failed: u64,
    /// Of the total times, as are the next ones.
    pub p50: Duration,
    /// 95 of 100 were not longer.
    pub p95: Duration,
    /// 99 of 100 were not longer.
    pub p99: Duration,
}

/// What is told about each second while a load runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tick {
    /// Counted from 0, at the beginning of the warm-up.
    pub second: u64,
    /// Whether it is part of the warm-up.
    pub warm_up: bool,
    /// The answers of this second.
    pub window: Window,
    /// Connections that are open.
    pub connected: usize,
    /// Requests that wait for a connection.
    pub waiting: usize,
}

impl LoadRun {
    /// Answers without an error a second.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        per(self.done, self.elapsed)
    }

    /// The part of all requests that failed, were dropped or had no answer; zero of none.
    #[must_use]
    pub fn failed_part(&self) -> f64 {
        let lost = self.failed + self.dropped + self.unfinished;
        let all = self.done + lost;
        if all == 0 { 0.0 } else { whole(lost) / whole(all) }
    }

    /// The CPU time of the driver for each answer; zero of none.
    #[must_use]
    pub fn client_cpu_each(&self) -> Duration {
        let each = self.client_cpu.as_nanos().checked_div(self.done.into()).unwrap_or(0);
        Duration::from_nanos(u64::try_from(each).unwrap_or(u64::MAX))
    }

    /// The statement of this name.
    #[must_use]
    pub fn statement(&self, name: &str) -> Option<&StatementRun> {
        self.statements.iter().find(|statement| statement.name == name)
    }
}

impl StatementRun {
    /// Whether it keeps its budget: 95 of 100 total times within it, no failure, and none without an answer.
    #[must_use]
    pub fn keeps_budget(&self) -> bool {
        self.failed + self.unanswered == 0 && self.total.quantile(0.95) <= self.budget
    }
}

fn per(count: u64, time: Duration) -> f64 {
    if time.is_zero() { 0.0 } else { whole(count) / time.as_secs_f64() }
}

#[expect(clippy::cast_precision_loss, reason = "counts of a run are far below 2^53")]
pub(crate) fn whole(count: u64) -> f64 {
    count as f64
}
