//! What a benchmark that could not be run ends with.

use pgrefit_bench::Error as BenchError;
use pgrefit_load::Error as LoadError;

use crate::{Exit, Failed};

/// Of the benchmark.
pub(super) fn bench(error: BenchError) -> Failed {
    match error {
        BenchError::Load(error) => load(error),
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

/// Of the driver: a database that cannot be had ends as it does everywhere else.
pub(super) fn load(error: LoadError) -> Failed {
    let (message, hint) = (error.to_string(), error.hint());
    let failed = match error {
        LoadError::Connect(source) => Failed::from(source).within(&message),
        LoadError::Draw { source, .. } | LoadError::Prepare { source, .. } => {
            Failed::from(source).within(&message).exit(Exit::Usage)
        }
        LoadError::Writes { .. } => Failed::new(Exit::Refused, message),
        _ => Failed::new(Exit::Usage, message),
    };
    match hint {
        Some(hint) => failed.hint(hint),
        None => failed,
    }
}
