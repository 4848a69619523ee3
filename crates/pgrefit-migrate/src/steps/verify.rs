//! Verify: the database afterwards is what the migrations say it should be.

use std::collections::BTreeSet;

use pgrefit_report::{Finding, Status};

use crate::steps::apply::Faults;
use crate::{Applied, Content, Error, Job};

/// The verdict on a run. Only [`verify`] makes it.
#[derive(Debug)]
pub struct Verified {
    findings: Vec<Finding>,
    content: Option<Content>,
}

impl Verified {
    /// What was found, good and bad.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The content as it is now, if it was asked for.
    #[must_use]
    pub fn content(&self) -> Option<&Content> {
        self.content.as_ref()
    }

    /// Whether nothing failed.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.findings.iter().all(|finding| finding.status < Status::Fail)
    }
}

/// Verifies a run: every version up to the target is recorded; no index that the run left invalid; no constraint that
/// the run left unvalidated; and, where the content was read before, no table's content changed but by the migrations
/// that declare it (`-- pgrefit:changes <table>`).
///
/// Reads the history, the catalog and, if asked for, every table; locks: ACCESS SHARE; writes nothing.
///
/// # Errors
/// The database cannot be reached or read.
pub async fn verify(job: &Job<'_>, applied: &Applied) -> Result<Verified, Error> {
    let planned = crate::plan(job).await?;
    let mut session = job.connector.read_only().await?;
    let catalog = job.catalog(&mut session).await?;
    let after = Faults::of(&catalog);
    let mut findings = vec![judge_history(&planned)];
    findings.extend(judge_faults(
        "invalid-index",
        "indexes are valid",
        "the index is not valid",
        &applied.before.invalid_indexes,
        &after.invalid_indexes,
    ));
    findings.extend(judge_faults(
        "unvalidated-constraint",
        "constraints are validated",
        "the constraint is not validated",
        &applied.before.unvalidated_constraints,
        &after.unvalidated_constraints,
    ));
    let content = match &applied.content_before {
        Some(before) => {
            let now = before.read_again(&catalog, &mut session).await?;
            findings.extend(before.judge(&now, &declared_changes(job, applied)));
            Some(now)
        }
        None => None,
    };
    Ok(Verified { findings, content })
}

fn judge_history(planned: &crate::Planned) -> Finding {
    let open = planned.plan().pending().count() + planned.plan().problems().count();
    if open == 0 {
        let count = planned.plan().applied_count();
        Finding::new(
            "history-incomplete",
            Status::Pass,
            format!("all {count} migrations up to the target are recorded"),
        )
    } else {
        Finding::new(
            "history-incomplete",
            Status::Fail,
            format!("{open} migrations are not recorded as planned"),
        )
    }
}

/// One pass for all, or one finding for each fault: a warning for what was there before, a failure for what is new.
fn judge_faults(
    check: &str,
    good: &str,
    bad: &str,
    before: &BTreeSet<String>,
    after: &BTreeSet<String>,
) -> Vec<Finding> {
    if after.is_empty() {
        return vec![Finding::new(check, Status::Pass, format!("all {good}"))];
    }
    let judge = |object: &String| {
        let (status, when) = if before.contains(object) {
            (Status::Warn, "and was not before this run")
        } else {
            (Status::Fail, "since this run")
        };
        Finding::new(check, status, format!("{bad}, {when}")).about(object.as_str())
    };
    after.iter().map(judge).collect()
}

/// The tables whose content the applied migrations say they change.
fn declared_changes(job: &Job<'_>, applied: &Applied) -> BTreeSet<String> {
    let versions: BTreeSet<i64> = applied.migrations.iter().map(|migration| migration.version).collect();
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
