//! Apply: runs what is pending.

use std::collections::BTreeSet;

use pgrefit_catalog::Catalog;
use pgrefit_history::{Applied as AppliedMigration, Event, Listener};
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

/// What verification would object to, as far as it was there before.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pub(crate) invalid_indexes: BTreeSet<String>,
    pub(crate) unvalidated_constraints: BTreeSet<String>,
}

impl Faults {
    pub(crate) fn of(catalog: &Catalog) -> Self {
        Self {
            invalid_indexes: catalog
                .invalid_indexes()
                .map(|(index, table)| format!("{index} on {table}"))
                .collect(),
            unvalidated_constraints: catalog
                .unvalidated_constraints()
                .map(|(constraint, table)| format!("{constraint} on {table}"))
                .collect(),
        }
    }
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
    let busy = |holder: Option<&LockHolder>| listener(Event::RunnerBusy(holder));
    let lock = RunnerLock::acquire(job.connector, job.bounds.runner_wait, busy).await?;
    let mut session = job.connector.read_only().await?;
    let catalog = job.catalog(&mut session).await?;
    let before = Faults::of(&catalog);
    let content_before =
        if check_content { Some(Content::read(&catalog, &mut session).await?) } else { None };
    drop(session);
    let migrations =
        pgrefit_history::apply(job.connector, &lock, job.files, job.table, job.target, job.bounds, listener)
            .await?;
    Ok(Applied { migrations, before, content_before, lock })
}
