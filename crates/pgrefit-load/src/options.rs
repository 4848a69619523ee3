//! How a load is put on the server.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Error;

/// When requests come.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pace {
    /// Users who wait for the answer, think, and ask again. A server that stands still gets no requests meanwhile, so that their
    /// percentiles are blind to it.
    Closed {
        /// How many there are. Those that find all connections busy wait in the order in which they came, as at a pool.
        users: usize,
        /// Between an answer and the next question.
        think: Duration,
    },
    /// Requests at a rate that does not depend on the answers, each measured from when it was meant to be sent.
    Open {
        /// Over all threads.
        per_second: f64,
        /// How they are spread over time.
        arrivals: Arrivals,
    },
}

/// How the requests of an open loop are spread over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arrivals {
    /// Independent of each other, as those of many users are: the gaps are exponentially distributed.
    Poisson,
    /// At even gaps.
    Even,
}

/// How a load is put on the server, and for how long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadOptions {
    /// Connections to the server, all opened before the warm-up begins.
    pub connections: usize,
    /// When requests come.
    pub pace: Pace,
    /// Requests in flight at most on each connection; 1 is none ahead of an answer.
    pub pipeline: usize,
    /// Threads of the driver. Connections, users and the rate are divided among them, each with a queue of its own; no more than
    /// there are connections.
    pub threads: usize,
    /// What comes before the measurement and is not counted.
    pub warm_up: Duration,
    /// What is measured.
    pub duration: Duration,
    /// Of everything that is drawn by lot. The same seed gives the same statements with the same values in the same order to a
    /// thread, not the same times.
    pub seed: u64,
    /// Whether the sessions cannot write.
    pub read_only: bool,
    /// `statement_timeout` of the sessions. A connection whose answer is late by five seconds more is given up.
    pub statement_limit: Duration,
    /// Requests that wait for a connection, over all threads. More are dropped, and counted.
    pub queue_max: usize,
    /// How long after the end of the measurement answers are waited for; what is missing then is cancelled, and counted.
    pub drain: Duration,
}

impl Default for LoadOptions {
    /// One user on one connection for ten seconds after two of warm-up, read-only, within 30 s a statement.
    fn default() -> Self {
        Self {
            connections: 1,
            pace: Pace::Closed { users: 1, think: Duration::ZERO },
            pipeline: 1,
            threads: 1,
            warm_up: Duration::from_secs(2),
            duration: Duration::from_secs(10),
            seed: 1,
            read_only: true,
            statement_limit: Duration::from_secs(30),
            queue_max: 100_000,
            drain: Duration::from_secs(5),
        }
    }
}

impl LoadOptions {
    /// Looks for what makes no sense.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let wrong = |what: &str| Err(Error::Options { what: what.to_owned() });
        match self.pace {
            Pace::Closed { users: 0, .. } => return wrong("a closed loop needs a user"),
            Pace::Open { per_second, .. } if !(per_second > 0.0 && per_second <= 10_000_000.0) => {
                return wrong("an open loop needs a rate above zero, and of ten million a second at most");
            }
            _ => {}
        }
        if self.connections == 0 || self.pipeline == 0 {
            return wrong("there is nothing to send requests on: connections and pipeline begin at 1");
        }
        if self.pipeline > 1_000 || self.connections > 10_000 {
            return wrong(
                "more than 10,000 connections, or than 1,000 requests in flight on one, are too many",
            );
        }
        if self.duration.is_zero() || self.duration > Duration::from_hours(168) {
            return wrong("the duration is above zero, and a week at most");
        }
        if self.statement_limit.is_zero() || self.statement_limit > Duration::from_hours(24) {
            return wrong("the limit of a statement is above zero, and a day at most");
        }
        Ok(())
    }

    /// How many threads there will be: no more than connections, nor than users.
    pub(crate) fn threads_used(&self) -> usize {
        let users = match self.pace {
            Pace::Closed { users, .. } => users,
            Pace::Open { .. } => usize::MAX,
        };
        self.threads.clamp(1, self.connections.min(users).max(1))
    }
}
