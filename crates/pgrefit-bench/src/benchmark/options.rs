//! How a benchmark is run.

use std::time::Duration;

use pgrefit_load::LoadOptions;

use crate::Error;
use crate::guard::GuardLimits;

/// How [`run`](super::run) works.
#[derive(Debug, Clone, PartialEq)]
pub struct BenchOptions {
    /// How the load is put on the server.
    pub load: LoadOptions,
    /// How often it is run, one after the other: what a comparison of two results is judged by. Their times are told together.
    pub repeat: usize,
    /// When the run is ended for the sake of the database.
    pub guard: GuardLimits,
    /// `statement_timeout` of each `EXPLAIN (ANALYZE)`.
    pub explain_limit: Duration,
}

impl Default for BenchOptions {
    /// Once, guarded as [`GuardLimits::default`] says; 30 s for each `EXPLAIN`.
    fn default() -> Self {
        Self {
            load: LoadOptions::default(),
            repeat: 1,
            guard: GuardLimits::default(),
            explain_limit: Duration::from_secs(30),
        }
    }
}

impl BenchOptions {
    /// Repeats that may be asked for.
    pub const REPEAT_MAX: usize = 100;

    pub(super) fn check(&self) -> Result<(), Error> {
        if self.repeat == 0 || self.repeat > Self::REPEAT_MAX {
            return Err(Error::Options("a run is repeated between 1 and 100 times"));
        }
        // The server counts in whole milliseconds, and zero is no limit to it.
        if self.explain_limit < Duration::from_millis(1) {
            return Err(Error::Options("EXPLAIN must be given at least 1 ms"));
        }
        Ok(())
    }
}
