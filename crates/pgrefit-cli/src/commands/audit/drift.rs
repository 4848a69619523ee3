//! Whether the schema is what the migrations make of it.

use std::path::Path;
use std::time::Duration;

use pgrefit_audit::Group;
use pgrefit_migrate::{Drifted, drift, drift_from};
use pgrefit_report::{Finding, RuleInfo, Status};

use super::take;
use crate::config::Config;
use crate::progress::Progress;
use crate::setup::Setup;
use crate::{Context, Failed};

/// The id of its findings.
const ID: &str = "schema-drift";

const TITLE: &str = "The schema is not what the migrations make.";

const HELP: &str = "# `schema-drift`\n\nThe schema is not what the migrations make.\n\nThe migrations that are applied are built once on a \
    scratch server and kept by their digest; the two catalogs are compared in a form in which PostgreSQL's own rewriting makes \
    no difference. With `--expected FILE` the schema of a `pgrefit snapshot` is what is expected.\n";

/// How long locks in the way are waited out: definitions are printed by functions that open the table. A verdict that comes
/// soon and says what it did not see is worth more.
const LOCK_BUDGET: Duration = Duration::from_secs(2);

/// What differs.
pub(super) struct Drift {
    pub(super) findings: Vec<Finding>,
    /// Why the schema could not be read.
    blind: Option<String>,
    objects: u64,
}

impl Drift {
    /// The check and how it ended.
    pub(super) fn rule_info(&self) -> RuleInfo {
        let worst = Status::worst(self.findings.iter().map(|finding| finding.status));
        let blind = self.blind.as_ref().map(|_| Status::Blind);
        let info = RuleInfo::new(ID, TITLE, HELP)
            .code("HIS-05")
            .group(Group::History.title())
            .ended(blind.or(worst).unwrap_or(Status::Pass))
            .seen(self.objects, self.objects.max(u64::from(blind.is_some())));
        match &self.blind {
            Some(why) => info.note(why.as_str()),
            None => info,
        }
    }
}

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
        Ok(drifted) => Ok(Drift { findings: findings(&drifted), blind: None, objects: drifted.objects }),
        Err(error) if error.is_blind() => {
            let why = Failed::from(error).line();
            Ok(Drift { findings: Vec::new(), blind: Some(why), objects: 0 })
        }
        Err(error) => Err(Failed::from(error).within("failed to compare the schema with the migrations")),
    }
}

fn findings(drifted: &Drifted) -> Vec<Finding> {
    let finding = |(change, sql): (&pgrefit_catalog::Change, Option<String>)| {
        let finding = Finding::new(ID, Status::Warn, change.to_string()).about(change.object.to_string());
        match sql {
            Some(sql) => {
                finding.remediation(pgrefit_report::Remediation { sql, lock: None, reversible: false })
            }
            None => finding,
        }
    };
    drifted.changes().map(finding).collect()
}
