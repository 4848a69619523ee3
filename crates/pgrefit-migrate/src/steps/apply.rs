//! Apply: runs what is pending.

use pgrefit_history::{Applied as AppliedMigration, Event, Listener};
use pgrefit_pg::introspect::{Faults, faults};
use pgrefit_pg::{LockHolder, RunnerLock};

use crate::{Content, Error, Job, Planned};

/// What was applied, and what the database was like before. Only [`apply`] makes it. It holds the runner lock, so that no
/// other runner comes between it and its verification.
#[derive(Debug)]
pub struct Applied {
    pub(crate) migrations: Vec<AppliedMigration>,
    pub(crate) before: Faults,
    pub(crate) content_before: Option<Content>,
    pub(crate) lock: RunnerLock,
}

/// Applies the plan. `check_content` reads every table before (and [`crate::verify`] after) the run.
///
/// # Errors
/// What [`Planned::refuse_unfit`] refuses; what a migration met. What was applied before an error stays applied.
pub async fn apply(
    job: &Job<'_>,
    planned: Planned,
    check_content: bool,
    listener: &mut Listener<'_>,
) -> Result<Applied, Error> {
    planned.refuse_unfit()?;
    job.refuse_pooler().await?;
    let mut lock = job.lock(|holder: Option<&LockHolder>| listener(Event::RunnerBusy(holder))).await?;
    let mut session = job.connector.read_only().await?;
    let before = faults(&session).await?;
    let content_before = if check_content {
        let catalog = job.catalog(&mut session).await?;
        Some(Content::read(&catalog, &mut session).await?)
    } else {
        None
    };
    drop(session);
    let migrations = pgrefit_history::apply(
        job.connector,
        &mut lock,
        job.files,
        job.table,
        job.target,
        job.bounds,
        job.stop,
        listener,
    )
    .await?;
    Ok(Applied { migrations, before, content_before, lock })
}
