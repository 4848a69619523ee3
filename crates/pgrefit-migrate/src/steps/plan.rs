//! Plan: what is on disk held against what the database records.

use pgrefit_history::{
    History, MigrationFile, OWN_TABLES, Plan, Sent, check_runnable, read_plan, refuse_problems,
};

use pgrefit_pg::ReadOnly;
use pgrefit_pg::introspect::count_objects;

use crate::{Error, Job};

/// The plan of a run. Only [`plan`] makes it.
#[derive(Debug)]
pub struct Planned {
    plan: Plan,
    history: History,
    foreign_objects: u64,
    version_num: u32,
}

impl Planned {
    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The history it was made from.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The server's version, such as `18.6`.
    #[must_use]
    pub fn server_version(&self) -> String {
        format!("{}.{}", self.version_num / 10_000, self.version_num % 10_000)
    }

    /// The files that a run would apply, in order.
    pub(crate) fn pending_files(&self) -> impl Iterator<Item = &MigrationFile> {
        self.plan.pending().filter_map(|entry| entry.file.as_ref())
    }

    /// The files of the versions that are applied, in order.
    pub(crate) fn applied_files(&self) -> impl Iterator<Item = &MigrationFile> {
        let applied = self.plan.entries.iter().filter(|entry| entry.recorded.is_some());
        applied.filter_map(|entry| entry.file.as_ref())
    }

    /// The server's major version, such as 18.
    #[must_use]
    pub fn server_major(&self) -> u32 {
        self.version_num / 10_000
    }

    /// Whether there is nothing to apply.
    #[must_use]
    pub fn is_up_to_date(&self) -> bool {
        self.plan.pending().next().is_none()
    }

    /// Whether the database has objects but no history: it must be adopted first.
    #[must_use]
    pub fn needs_adoption(&self) -> bool {
        self.foreign_objects > 0
    }

    /// Refuses what must not be run.
    ///
    /// # Errors
    /// Versions that do not fit, a database that was not adopted, statements that cannot run in a migration.
    pub fn refuse_unfit(&self) -> Result<(), Error> {
        refuse_problems(&self.plan, &self.history)?;
        if self.needs_adoption() {
            return Err(Error::NotAdopted { objects: self.foreign_objects });
        }
        check_runnable(&self.plan.pending().collect::<Vec<_>>())?;
        Ok(())
    }
}

/// Plans. Reads the history and, if there is none, the catalog; locks: ACCESS SHARE on catalogs and history; writes
/// nothing. What does not fit is part of the plan, see [`Planned::refuse_unfit`].
///
/// # Errors
/// The database cannot be reached or read; the target does not exist.
pub async fn plan(job: &Job<'_>) -> Result<Planned, Error> {
    plan_in(job, &mut job.connector.read_only().await?).await
}

/// The same in a session that is open already.
pub(crate) async fn plan_in(job: &Job<'_>, session: &mut ReadOnly) -> Result<Planned, Error> {
    let (mut plan, mut history) = read_plan(session, job.files, job.table, job.target).await?;
    let mut foreign_objects = 0;
    if history.rows.is_empty() {
        let own: Vec<&str> = [job.table].into_iter().chain(OWN_TABLES).collect();
        foreign_objects = count_objects(session, &history.schema, &own).await?;
        if foreign_objects > 0 {
            // A runner that committed between the two reads made both the objects and their history.
            (plan, history) = read_plan(session, job.files, job.table, job.target).await?;
            // So has one that came as far as the middle of its first migration.
            let is_foreign = history.rows.is_empty() && !history.has_begun(session).await?;
            foreign_objects *= u64::from(is_foreign);
        }
    }
    Ok(Planned { plan, history, foreign_objects, version_num: session.version_num() })
}

/// What a run of the plan sends to write, in order, without running it. Reads the journal of files that were applied in part.
///
/// # Errors
/// The database cannot be reached or read.
pub async fn preview(job: &Job<'_>, planned: &Planned) -> Result<Vec<Sent>, Error> {
    let mut session = job.connector.read_only().await?;
    let Planned { plan, history, .. } = planned;
    Ok(pgrefit_history::preview(job.connector, &mut session, plan, history, job.bounds).await?)
}
