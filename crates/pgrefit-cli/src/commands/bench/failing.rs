//! What a benchmark that could not be run ends with.

use pgrefit_bench::Error as BenchError;

use crate::{Exit, Failed};

/// As other commands end: a database that cannot be had is no fault of the workload.
pub(in crate::commands) fn bench(error: BenchError) -> Failed {
    match error {
        BenchError::Load(error) => error.into(),
        BenchError::Stopped => {
            Failed::new(Exit::TryAgain, "failed to measure anything before it was stopped")
                .hint("run the same command again")
        }
        BenchError::Setup { side, source } => {
            Failed::from(source).within(&format!("failed to set up side {side}"))
        }
        other => other.into(),
    }
}
