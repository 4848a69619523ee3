//! One measurement: a pool of some size, with some users, for some seconds.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What was measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Connections.
    pub size: usize,
    /// Users in a closed loop, who wait for a connection in the order in which they came.
    pub users: usize,
    /// Which round, from 0.
    pub round: usize,
    /// How long was measured.
    pub elapsed: Duration,
    /// Answers without an error.
    pub done: u64,
    /// Requests that failed.
    pub failed: u64,
    /// Answers a second.
    pub throughput: f64,
    /// From the moment of sending to the end of the answer.
    pub service: Span,
    /// From when the user asked: service, and the wait for a connection.
    pub total: Span,
    /// The wait for a connection.
    pub wait: Span,
    /// CPU time of the server for each answer; `None` where the server is not on this machine.
    pub server_cpu: Option<Duration>,
    /// CPU time of the driver for each answer.
    pub client_cpu: Option<Duration>,
    /// The share of this machine's CPUs that neither server nor driver had; `None` where the server is not on this machine.
    pub others_share: Option<f64>,
    /// Little's law held against the driver's own counts.
    pub little: Little,
}

/// Times of many requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The mean.
    pub mean: Duration,
    /// Half were not longer.
    pub p50: Duration,
    /// 95 of 100 were not longer.
    pub p95: Duration,
    /// 99 of 100 were not longer.
    pub p99: Duration,
}

/// Little's law, L = λW: what is inside is the rate times the time spent inside (J. D. C. Little, "A Proof for the Queuing
/// Formula L = λW", 1961). It holds for any system, so that a measurement that breaks it is wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Little {
    /// Throughput times mean service time.
    pub busy: f64,
    /// Connections that were busy, counted by the driver.
    pub busy_counted: f64,
    /// Throughput times mean total time.
    pub inside: f64,
    /// The users, all of whom are inside when nobody thinks.
    pub users: f64,
    /// A request that is begun within the measured time counts with all of its time, also what is after the end. In a long
    /// measurement as much is cut off at the beginning; in a short one the two differ by this part at most (total p99 by
    /// elapsed time).
    pub edge: f64,
}

/// More than this is no noise.
const LITTLE_MAX: f64 = 0.05;

impl Little {
    /// The larger of the two relative deviations.
    #[must_use]
    pub fn deviation(&self) -> f64 {
        let of =
            |found: f64, expected: f64| if expected > 0.0 { (found / expected - 1.0).abs() } else { 1.0 };
        of(self.busy, self.busy_counted).max(of(self.inside, self.users))
    }

    /// Whether both hold within 5 %, besides what the ends of the measurement may account for.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.deviation() <= LITTLE_MAX + self.edge
    }
}

#[cfg(test)]
mod tests {
    use super::Little;

    #[test]
    fn a_measurement_that_breaks_the_law_is_found() {
        let check = |busy, busy_counted, inside, users, expected: bool| {
            let little = Little { busy, busy_counted, inside, users, edge: 0.0 };
            assert_eq!(little.holds(), expected, "{little:?}");
        };
        check(8.0, 8.0, 64.0, 64.0, true);
        check(7.7, 8.0, 62.0, 64.0, true);
        check(7.5, 8.0, 64.0, 64.0, false);
        check(8.0, 8.0, 60.0, 64.0, false);
        check(0.0, 0.0, 64.0, 64.0, false);
        let short = Little { busy: 7.5, busy_counted: 8.0, inside: 60.0, users: 64.0, edge: 0.02 };
        assert!(short.holds() && short.deviation() > 0.05);
    }
}
