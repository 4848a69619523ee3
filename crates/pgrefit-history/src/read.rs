//! Reads the history and plans with it.

use pgrefit_pg::{Migrator, ReadOnly};

use crate::table::Ask;
use crate::{Entry, Error, History, MigrationFile, Plan, Repair, VersionWidth, plan, repairs};

/// Reads the history and holds the files against it, as of now.
///
/// Reads the history table, and pgrefit's notes for versions whose file changed; locks: ACCESS SHARE on them.
///
/// # Errors
/// What the server says, or a table that is no history. Versions that do not fit are part of the plan, not errors.
pub async fn read_plan(
    session: &mut ReadOnly,
    files: &[MigrationFile],
    table: &str,
    target: Option<i64>,
) -> Result<(Plan, History), Error> {
    ask_plan(session, files, table, target).await
}

/// The same for a role that may read the history table and perhaps nothing else, such as that of an application. Where it may not
/// read pgrefit's notes, a file that was only reformatted since it was applied counts as changed.
///
/// Reads the history table, and pgrefit's notes if the role may; locks: ACCESS SHARE on them.
///
/// # Errors
/// What the server says, or a table that is no history.
pub async fn read_plan_as_guest(
    session: &mut ReadOnly,
    files: &[MigrationFile],
    table: &str,
) -> Result<(Plan, History), Error> {
    let history = History::ask_as_guest(session, table).await?;
    let texts = history.ask_texts(session, &plan::unlike(files, &history)).await?;
    Ok((Plan::new(files, &history, &texts, None), history))
}

/// Refuses a plan that must not be run: versions that do not fit, or that the history table cannot hold.
///
/// # Errors
/// [`Error::Diverged`], [`Error::VersionTooWide`].
pub fn refuse_problems(plan: &Plan, history: &History) -> Result<(), Error> {
    let problems: Vec<Entry> = plan.problems().cloned().collect();
    if !problems.is_empty() {
        return Err(Error::Diverged(problems));
    }
    let too_wide = |entry: &&Entry| plan.width == VersionWidth::Int4 && i32::try_from(entry.version).is_err();
    match plan.pending().find(too_wide) {
        Some(entry) => Err(Error::VersionTooWide { version: entry.version, table: history.qualified() }),
        None => Ok(()),
    }
}

/// The plan as the one runner sees it, refused if it must not be run.
pub(crate) async fn runnable(
    session: &mut Migrator,
    files: &[MigrationFile],
    table: &str,
    target: Option<i64>,
) -> Result<(Plan, History), Error> {
    let (plan, history) = ask_plan(session, files, table, target).await?;
    refuse_problems(&plan, &history)?;
    Ok((plan, history))
}

/// The plan for a repair that was shown to a person; refused when the recorded checksums have changed since.
pub(crate) async fn plan_for_repair(
    session: &mut Migrator,
    files: &[MigrationFile],
    table: &str,
    shown: &[Repair],
) -> Result<(Plan, History), Error> {
    let (plan, history) = ask_plan(session, files, table, None).await?;
    let now = repairs(&plan, false);
    match shown.iter().find(|repair| !now.contains(repair)) {
        Some(repair) => Err(Error::ChangedMeanwhile { title: repair.title.clone() }),
        None => Ok((plan, history)),
    }
}

async fn ask_plan(
    session: &mut impl Ask,
    files: &[MigrationFile],
    table: &str,
    target: Option<i64>,
) -> Result<(Plan, History), Error> {
    if let Some(target) = target
        && !files.iter().any(|file| file.version == target)
    {
        return Err(Error::UnknownTarget(target));
    }
    let mut history = History::ask(session, table).await?;
    let texts = history.ask_texts(session, &plan::unlike(files, &history)).await?;
    let plan = Plan::new(files, &history, &texts, target);
    history.width = plan.width;
    Ok((plan, history))
}
