//! Verify: the database afterwards is what the migrations say it should be.

mod integrity;
mod schema;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use pgrefit_history::Applied as AppliedMigration;
use pgrefit_pg::introspect::{Faults, faults};
use pgrefit_pg::{Error as PgError, ReadOnly};
use pgrefit_report::{Finding, Status, counted};

use crate::steps::apply::{Before, More};
use crate::steps::gate::Expected;
use crate::steps::plan::plan_in;
use crate::{Applied, Content, Error, Job, Planned, Settled};

/// The verdict on a run. Only [`verify`] makes it.
#[derive(Debug)]
pub struct Verified {
    migrations: Vec<AppliedMigration>,
    planned: Planned,
    findings: Vec<Finding>,
    content: Option<(Content, Content)>,
    draft: Option<String>,
    settled: Settled,
    existing: BTreeSet<String>,
}

impl Verified {
    /// The relations that were there before the run, as SQL would write them; none of a database that can be thrown away.
    #[must_use]
    pub fn existing(&self) -> &BTreeSet<String> {
        &self.existing
    }

    /// A draft of the migration that puts right what the verification has found, where there is something to be drafted.
    #[must_use]
    pub fn roll_forward(&self) -> Option<&str> {
        self.draft.as_deref()
    }

    /// What was done for the planner.
    #[must_use]
    pub fn settled(&self) -> &Settled {
        &self.settled
    }

    /// The migrations that the run has applied.
    #[must_use]
    pub fn migrations(&self) -> &[AppliedMigration] {
        &self.migrations
    }

    /// The plan as it is now.
    #[must_use]
    pub fn planned(&self) -> &Planned {
        &self.planned
    }

    /// What was found, good and bad.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The content before and after, if it was asked for.
    #[must_use]
    pub fn content(&self) -> Option<&(Content, Content)> {
        self.content.as_ref()
    }

    /// Whether nothing failed.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.findings.iter().all(|finding| finding.status < Status::Fail)
    }
}

/// Verifies a run: every version up to the target is recorded; no index that the run left invalid; no sequence behind its
/// key; schema and privileges as rehearsed; statistics taken after the change; and, where the content was read before, no
/// table's content changed but by the migrations that declare it (`-- pgrefit:changes <table>`).
///
/// Reads the history, the catalog and, if asked for, every table; locks: ACCESS SHARE; writes nothing.
///
/// # Errors
/// The database cannot be reached or read.
pub async fn verify(job: &Job<'_>, applied: Applied, settled: Settled) -> Result<Verified, Error> {
    let mut session = patient_session(job).await?;
    let versions = applied.versions();
    let Applied { migrations, before, lock, cleared } = applied;
    let existing = before.more.as_ref().map(More::relations).unwrap_or_default();
    let inspected = inspect(job, &mut session, None, before, &versions, cleared.expected(), &settled);
    let found = Box::pin(inspected).await?;
    // The verdict stands; the server gives the lock back in any case.
    let _ = lock.release().await;
    let Inspected { planned, findings, content, draft, .. } = found;
    Ok(Verified { migrations, planned, findings, content, draft, settled, existing })
}

/// What an inspection has found.
pub(crate) struct Inspected {
    pub(crate) planned: Planned,
    pub(crate) findings: Vec<Finding>,
    pub(crate) content: Option<(Content, Content)>,
    pub(crate) draft: Option<String>,
    /// What the database is now, if it was known what it was before.
    pub(crate) now: Option<More>,
}

/// Holds a database against what it was before these versions were applied, and against what was rehearsed. `all_seeing` reads
/// the rows, if it is not the same session that does.
pub(crate) async fn inspect(
    job: &Job<'_>,
    session: &mut ReadOnly,
    all_seeing: Option<&mut ReadOnly>,
    before: Before,
    versions: &BTreeSet<i64>,
    expected: Option<&Expected>,
    settled: &Settled,
) -> Result<Inspected, Error> {
    let planned = plan_in(job, session).await?;
    let after = faults(session).await?;
    let mut findings = vec![judge_history(&planned)];
    findings.extend(judge_indexes(&before.faults, &after));
    findings.extend(judge_constraints(&after));
    let mut now = None;
    let mut draft = None;
    if let Some(then) = &before.more {
        let found = More::read(job, session).await?;
        findings.push(integrity::judge_sequences(&then.sequences, &found.sequences));
        findings.extend(integrity::judge_privileges(then, expected, &found.privileges));
        findings.extend(schema::judge(expected, &found.catalog));
        findings.extend(integrity::judge_statistics(settled));
        let is_bad = findings.iter().any(|finding| finding.status >= Status::Fail);
        draft = is_bad.then(|| schema::draft(&then.catalog, expected, &found.catalog)).flatten();
        now = Some(found);
    }
    let content = match before.content {
        Some(then) => {
            let catalog = job.catalog(session).await?;
            let found = then.read_again(&catalog, all_seeing.unwrap_or(session)).await?;
            findings.extend(then.judge(&found, &declared_changes(job, versions)));
            Some((then, found))
        }
        None => None,
    };
    Ok(Inspected { planned, findings, content, draft, now })
}

/// A session to look with. A server that is away for a moment is waited for, as while migrations are applied: they are, and
/// what is left is a look.
async fn patient_session(job: &Job<'_>) -> Result<ReadOnly, PgError> {
    let start = Instant::now();
    loop {
        match job.connector.read_only().await {
            Err(error) if error.is_retryable() && start.elapsed() < job.bounds.reconnect_wait => {
                tokio::select! {
                    () = tokio::time::sleep(Duration::from_millis(250)) => {}
                    () = job.stop.requested() => return Err(error),
                }
            }
            outcome => return outcome,
        }
    }
}

fn judge_history(planned: &Planned) -> Finding {
    let open = planned.plan().pending().count() + planned.plan().problems().count();
    if open == 0 {
        let count = planned.plan().applied_count();
        Finding::new(
            "history-incomplete",
            Status::Pass,
            format!("up to the target, {} recorded", counted(count, "migration")),
        )
    } else {
        Finding::new(
            "history-incomplete",
            Status::Fail,
            format!("{} not recorded as planned", counted(open, "migration")),
        )
    }
}

/// An invalid index is a failure if the run left it, a warning if it was there before.
fn judge_indexes(before: &Faults, after: &Faults) -> Vec<Finding> {
    let judge = |index: &String| {
        let (status, when) = if before.invalid_indexes.contains(index) {
            (Status::Warn, "and was not before this run")
        } else {
            (Status::Fail, "since this run")
        };
        Finding::new("invalid-index", status, format!("the index is not valid, {when}")).about(index.as_str())
    };
    all_or("invalid-index", "all indexes are valid", after.invalid_indexes.iter().map(judge))
}

/// A constraint that is not validated is a warning: to add it in one release and to validate it in the next is a plan.
fn judge_constraints(after: &Faults) -> Vec<Finding> {
    let check = "unvalidated-constraint";
    let judge = |constraint: &String| {
        Finding::new(check, Status::Warn, "the constraint is not validated: rows from before it may break it")
            .about(constraint.as_str())
    };
    all_or(check, "all constraints are validated", after.unvalidated_constraints.iter().map(judge))
}

/// The findings, or the good news if there is none.
fn all_or(check: &str, good: &str, findings: impl Iterator<Item = Finding>) -> Vec<Finding> {
    let findings: Vec<Finding> = findings.collect();
    if findings.is_empty() { vec![Finding::new(check, Status::Pass, good)] } else { findings }
}

/// The tables whose content the applied migrations say they change.
pub(super) fn declared_changes(job: &Job<'_>, versions: &BTreeSet<i64>) -> BTreeSet<String> {
    job.files
        .iter()
        .filter(|file| versions.contains(&file.version))
        .flat_map(pgrefit_history::MigrationFile::directives)
        .filter_map(|directive| match directive {
            pgrefit_sql::Directive::Changes(tables) => Some(tables),
            _ => None,
        })
        .flatten()
        .collect()
}
