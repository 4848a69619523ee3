//! How often each query is run, and for how long.

use std::time::Duration;

use pgrefit_pg::StatementLimits;

use crate::Error;

/// `lock_timeout`: a measurement must not queue behind DDL, and have others queue behind it.
const LOCK_LIMIT: Duration = Duration::from_millis(100);

/// How [`measure`](crate::measure) works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Runs of each query that count, over all its lists of arguments together; 20 is the fewest by which p95 is more than the
    /// slowest run.
    pub runs: usize,
    /// Runs before those, which do not count: they fill caches. Each list of arguments gets one in turn.
    pub warmups: usize,
    /// `statement_timeout` of one run. One that exceeds it fails, and is the last of its query.
    pub run_limit: Duration,
    /// For all runs of one query; no run begins later.
    pub query_limit: Duration,
    /// For everything; no run begins later.
    pub total_limit: Duration,
    /// Sessions that run the same query at the same time. The runs are shared among them.
    pub sessions: usize,
    /// Whether the rows of each result are digested as well, so that the answers of two copies can be compared.
    pub digests: bool,
}

impl Default for Options {
    /// 20 runs after 2 warm-ups, by one session; a run may take 10 s, a query 1 min, everything 10 min; no digests.
    fn default() -> Self {
        Self {
            runs: 20,
            warmups: 2,
            run_limit: Duration::from_secs(10),
            query_limit: Duration::from_mins(1),
            total_limit: Duration::from_mins(10),
            sessions: 1,
            digests: false,
        }
    }
}

impl Options {
    /// Sessions that may be asked for.
    pub const SESSIONS_MAX: usize = 64;
    /// Runs of one query that may be asked for: their times are kept.
    pub const RUNS_MAX: usize = 100_000;

    pub(super) fn check(&self) -> Result<(), Error> {
        if self.sessions == 0 || self.sessions > Self::SESSIONS_MAX {
            return Err(Error::Options("sessions must be between 1 and 64"));
        }
        if self.runs == 0 || self.runs > Self::RUNS_MAX || self.warmups > Self::RUNS_MAX {
            return Err(Error::Options("runs must be between 1 and 100000"));
        }
        // The server counts in whole milliseconds, and zero is no limit to it.
        if self.run_limit < Duration::from_millis(1) {
            return Err(Error::Options("a run must be given at least 1 ms"));
        }
        Ok(())
    }

    pub(super) fn limits(&self) -> StatementLimits {
        StatementLimits { statement: self.run_limit, lock: LOCK_LIMIT.min(self.run_limit) }
    }
}
