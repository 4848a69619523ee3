//! Whether the schema is what the migrations make of it.

use std::path::Path;
use std::time::Duration;

use pgrefit_audit::{Drift, SchemaChange};
use pgrefit_catalog::Name;
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
    server_major: u32,
) -> Result<Drift, Failed> {
    let setup = Setup::of(context, config.clone())?;
    let mut job = setup.job(None);
    job.bounds.lock_budget = job.bounds.lock_budget.min(LOCK_BUDGET);
    let maintained = |name: &Name| config.maintains(name);
    let drifted = if let Some(path) = expected {
        drift_from(&job, take::catalog(path)?, &maintained).await
    } else {
        let progress = Progress::new(&context.global);
        let on_event = |event| progress.scratch(&event);
        Box::pin(drift(&job, &Context::workshop(&on_event), &maintained)).await
    };
    match drifted {
        Ok(drifted) => Ok(facts(&drifted, server_major)),
        Err(error @ pgrefit_migrate::Error::Stopped) => Err(Failed::from(error)),
        // Files that do not fit the history, no PostgreSQL to build with: the rest of the audit is worth having.
        Err(error) => Ok(Drift { blind: Some(Failed::from(error).line()), ..Drift::default() }),
    }
}

fn facts(drifted: &Drifted, server_major: u32) -> Drift {
    let changes = drifted.changes().into_iter().map(|(change, remedy)| SchemaChange {
        object: change.object.to_string(),
        message: change.to_string(),
        lock: remedy.as_deref().map_or("", |sql| lock(sql, server_major)),
        remedy,
    });
    Drift { objects: drifted.objects, changes: changes.collect(), blind: None }
}

/// The strongest lock that SQL takes; of what is commented out, too, because that is what a person would run.
fn lock(sql: &str, server_major: u32) -> &'static str {
    let lines = sql.lines().map(|line| line.strip_prefix("-- ").unwrap_or(line));
    let statements = lines.filter(|line| line.ends_with(';') || !line.ends_with(':')).collect::<Vec<_>>();
    let Some(effects) = pgrefit_sql::effects(&statements.join("\n"), server_major) else {
        return "ACCESS EXCLUSIVE";
    };
    let modes = effects.iter().flat_map(|effect| &effect.locks).map(|lock| lock.mode);
    modes.max().map_or("", pgrefit_sql::LockMode::sql)
}
