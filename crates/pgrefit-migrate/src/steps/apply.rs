//! Apply: runs what is pending, once the gate has let the run through.

use std::collections::BTreeSet;

use pgrefit_catalog::Catalog;
use pgrefit_history::{Applied as AppliedMigration, Event, Listener, Observe};
use pgrefit_pg::integrity::{self, Privileges, Sequences};
use pgrefit_pg::introspect::{Faults, faults};
use pgrefit_pg::{LockHolder, ReadOnly, RunnerLock};

use crate::steps::plan::plan_in;
use crate::steps::standing::standing_in;
use crate::{Cleared, Content, Error, Job, Planned};

/// What was applied, and what the database was like before. Only [`apply`] makes it. It holds the runner lock, so that no
/// other runner comes between it and its verification.
#[derive(Debug)]
pub struct Applied {
    pub(crate) migrations: Vec<AppliedMigration>,
    pub(crate) before: Before,
    pub(crate) lock: RunnerLock,
    pub(crate) cleared: Cleared,
}

impl Applied {
    /// The migrations that the run has applied.
    #[must_use]
    pub fn migrations(&self) -> &[AppliedMigration] {
        &self.migrations
    }

    /// Their versions.
    pub(crate) fn versions(&self) -> BTreeSet<i64> {
        self.migrations.iter().map(|migration| migration.version).collect()
    }
}

/// The database before the run, as far as its verification asks for it.
#[derive(Debug)]
pub(crate) struct Before {
    pub(crate) faults: Faults,
    /// More than that; nothing where a database can be thrown away.
    pub(crate) more: Option<More>,
    /// What is in its tables, if that was asked for.
    pub(crate) content: Option<Content>,
}

/// What the whole verification asks for.
#[derive(Debug)]
pub(crate) struct More {
    pub(crate) catalog: Catalog,
    pub(crate) sequences: Sequences,
    pub(crate) privileges: Privileges,
}

impl Before {
    /// Reads faults, and all else that was asked for.
    pub(crate) async fn read(
        job: &Job<'_>,
        session: &mut ReadOnly,
        more: Option<More>,
        content: bool,
    ) -> Result<Self, Error> {
        let content = if content {
            let catalog = job.catalog(session).await?;
            Some(Content::read(&catalog, session).await?)
        } else {
            None
        };
        Ok(Self { faults: faults(session).await?, more, content })
    }
}

impl More {
    /// The relations with rows, as SQL would write them.
    pub(crate) fn relations(&self) -> BTreeSet<String> {
        self.catalog.tables.keys().chain(self.catalog.views.keys()).map(ToString::to_string).collect()
    }

    pub(crate) async fn read(job: &Job<'_>, session: &mut ReadOnly) -> Result<Self, Error> {
        let catalog = job.catalog(session).await?;
        let sequences = integrity::sequences(session).await?;
        Ok(Self { catalog, sequences, privileges: integrity::privileges(session).await? })
    }
}

/// Applies the plan. `check_content` reads every table before (and [`crate::verify`] after) the run.
///
/// The runner lock is taken first, and the database looked at again behind it: what the gate has judged must still be so.
///
/// A run without leave does not compile:
///
/// ```compile_fail,E0061
/// # async fn run(job: &pgrefit_migrate::Job<'_>, planned: pgrefit_migrate::Planned) {
/// pgrefit_migrate::apply(job, planned, false, &mut |_| {}).await;
/// # }
/// ```
///
/// Nor can anybody but the gate make that leave:
///
/// ```compile_fail,E0451
/// # fn run(policy: pgrefit_migrate::policy::Policy, standing: pgrefit_migrate::proof::Standing) {
/// let cleared = pgrefit_migrate::Cleared { policy, standing: Some(standing), judged: Vec::new(), expected: None };
/// # }
/// ```
///
/// The gate asks for proofs, not for files that say that they are some:
///
/// ```compile_fail,E0308
/// # fn run(policy: pgrefit_migrate::policy::Policy, standing: pgrefit_migrate::proof::Standing,
/// #        backup: pgrefit_migrate::proof::Proof, rehearsal: pgrefit_migrate::proof::Proof) {
/// let cleared = pgrefit_migrate::clear(policy, standing, Some(&backup), Some(&rehearsal));
/// # }
/// ```
///
/// # Errors
/// What [`Planned::refuse_unfit`] refuses; a database that changed since it was judged; what a migration met. What was
/// applied before an error stays applied.
pub async fn apply(
    job: &Job<'_>,
    planned: Planned,
    cleared: Cleared,
    check_content: bool,
    listener: &mut Listener<'_>,
) -> Result<Applied, Error> {
    planned.refuse_unfit()?;
    job.refuse_pooler().await?;
    let mut lock = job.lock(|holder: Option<&LockHolder>| listener(Event::RunnerBusy(holder))).await?;
    let mut session = job.connector.read_only().await?;
    let more = if cleared.asks_for_proofs() { Some(look(job, &cleared, &mut session).await?) } else { None };
    let before = Before::read(job, &mut session, more, check_content).await?;
    drop(session);
    // What each statement took, and what each transaction held, where somebody is going to ask.
    let observe = if cleared.asks_for_proofs() { Observe::Probes } else { Observe::Not };
    let migrations = pgrefit_history::apply_observed(
        job.connector,
        &mut lock,
        job.files,
        job.table,
        job.target,
        job.bounds,
        job.stop,
        listener,
        observe,
    )
    .await?;
    Ok(Applied { migrations, before, lock, cleared })
}

/// A look at the database behind the runner lock: it must be what the gate has judged, unless another runner has applied
/// everything meanwhile.
async fn look(job: &Job<'_>, cleared: &Cleared, session: &mut ReadOnly) -> Result<More, Error> {
    let more = More::read(job, session).await?;
    let planned = plan_in(job, session).await?;
    if !planned.is_up_to_date() {
        cleared.check(&standing_in(session, &planned, &more.catalog).await?)?;
    }
    Ok(more)
}
