//! Whether the schema is what the migrations make of it.

use std::path::Path;
use std::time::Duration;

use pgrefit_audit::{Drift, SchemaChange};
use pgrefit_migrate::{Drifted, drift, drift_from};

use super::take;
use crate::config::Config;
use crate::progress::Progress;
use crate::setup::Setup;
use crate::{Context, Failed};

/// How long locks in the way are waited out: definitions are printed by functions that open the table. A verdict that comes
/// soon and says what it did not see is worth more.
const LOCK_BUDGET: Duration = Duration::from_secs(2);

/// Compares the schema with what the migrations make, or with a snapshot.
pub(super) async fn compare(
    context: &Context,
    config: &Config,
    expected: Option<&Path>,
) -> Result<Drift, Failed> {
    let setup = Setup::of(context, config.clone())?;
    let mut job = setup.job(None);
    job.bounds.lock_budget = job.bounds.lock_budget.min(LOCK_BUDGET);
    let drifted = if let Some(path) = expected {
        drift_from(&job, take::catalog(path)?).await
    } else {
        let progress = Progress::new(&context.global);
        let on_event = |event| progress.scratch(&event);
        Box::pin(drift(&job, &Context::workshop(&on_event))).await
    };
    match drifted {
        Ok(drifted) => Ok(facts(&drifted)),
        Err(error) if error.is_blind() => {
            Ok(Drift { blind: Some(Failed::from(error).line()), ..Drift::default() })
        }
        Err(error) => Err(Failed::from(error).within("failed to compare the schema with the migrations")),
    }
}

fn facts(drifted: &Drifted) -> Drift {
    let changes = drifted.changes().map(|(change, remedy)| SchemaChange {
        object: change.object.to_string(),
        message: change.to_string(),
        remedy,
    });
    Drift { objects: drifted.objects, changes: changes.collect(), blind: None }
}
