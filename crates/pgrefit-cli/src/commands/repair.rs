//! `pgrefit repair`: mends the record. Files that were edited after they were applied, or the end of the last run.

use clap::Args;
use pgrefit_history::{Repair as Change, accept_run, repairs};
use pgrefit_migrate::{Job, Planned, repair, repairs_table};
use pgrefit_report::{Finding, Outcome, Report, Status, counted};

use super::migrate::{look_back, unmended};
use super::plan::{planned_output, problems};
use crate::context::target;
use crate::setup::{Folder, Setup};
use crate::{Context, Exit, Failed, Output};

const AFTER_HELP: &str = "\
Shows what would be recorded; with --yes, records it, if it still is what was shown. Only the record is changed: the
database keeps what the file made when it was applied.

With --last-run it is about the last run instead, if its verification failed (exit code 15): --yes records that a person has
looked, and takes the database as it is for good. Until then `pgrefit migrate` warns, and the alert goes on.

Examples:
  pgrefit repair                       show what differs
  pgrefit repair --cosmetic --yes      record files that differ in line ends, blanks or comments only
  pgrefit repair --yes                 record deliberate edits too
  pgrefit repair --last-run --yes      the last run could not be verified; somebody has looked, and it is well";

/// Mend the record: files that were edited after they were applied, or a last run that could not be verified.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Repair {
    /// Only files whose meaning did not change.
    #[arg(long)]
    cosmetic: bool,
    /// Record; without this, only show.
    #[arg(long)]
    yes: bool,
    /// The last run, whose verification failed: somebody has looked, and the database is well.
    #[arg(long, conflicts_with = "cosmetic")]
    last_run: bool,
    #[command(flatten)]
    folder: Folder,
}

impl Repair {
    pub(crate) async fn run(self, context: &Context) -> Result<Output, Failed> {
        let setup = Setup::new(context, &self.folder.flags())?;
        let job = setup.job(None);
        let planned = pgrefit_migrate::plan(&job).await?;
        if self.last_run {
            let mut report = self.mend_run(context, &job, &planned).await?;
            report.target = Some(target(job.connector, Some(planned.server_version())));
            return Ok(planned_output(report));
        }
        let changes = repairs(planned.plan(), self.cosmetic);
        if self.yes && !changes.is_empty() {
            repair(&job, &changes).await?;
        }
        let mut report = report(context, &changes, self.yes);
        report.target = Some(target(job.connector, Some(planned.server_version())));
        // What this does not mend is not passed over in silence.
        let unmendable = |title: &str| changes.iter().all(|change| change.title != title);
        let left = problems(&planned).into_iter().filter(|finding| finding.status == Status::Fail);
        let left: Vec<Finding> =
            left.filter(|finding| finding.object.as_deref().is_none_or(unmendable)).collect();
        let exit = match (left.len(), self.yes || changes.is_empty()) {
            (1.., _) => Exit::Diverged,
            (0, true) => Exit::Done,
            (0, false) => Exit::Findings,
        };
        if exit == Exit::Diverged {
            report.outcome.status = Status::Fail;
            report.outcome.summary =
                format!("{}; left as it is: {}", report.outcome.summary, counted(left.len(), "version"));
            report.findings.extend(left);
        }
        report.outcome.exit_code = exit.code();
        Ok(Output::Report(exit, Box::new(report)))
    }

    /// Records that somebody has looked at the last run.
    async fn mend_run(&self, context: &Context, job: &Job<'_>, planned: &Planned) -> Result<Report, Failed> {
        let history = planned.history();
        let last = if self.yes {
            look_back(job.connector, job.table, history).await?.unmended
        } else {
            unmended(job.connector, history).await?
        };
        let Some(last) = last else {
            let outcome = Outcome::new(Exit::Done.code(), Status::Pass, "no last run to accept");
            return Ok(context.report(outcome));
        };
        let told = format!("{} ended with {}: {}", last.id, last.exit_code, last.summary);
        if self.yes {
            job.refuse_pooler().await?;
            let is_new = accept_run(job.connector, job.table, &last).await?;
            let summary =
                if is_new { "the last run is accepted" } else { "the last run was accepted meanwhile" };
            let mut report = context.report(Outcome::new(Exit::Done.code(), Status::Pass, summary));
            report.findings.push(Finding::new("last-run-accepted", Status::Info, told));
            return Ok(report);
        }
        let summary = "1 run to accept; nothing was changed";
        let mut report = context.report(Outcome::new(Exit::Findings.code(), Status::Warn, summary));
        report.findings.push(
            Finding::new("last-run-not-verified", Status::Warn, told)
                .hint("read its evidence first; then repeat the command with --yes"),
        );
        Ok(report)
    }
}

fn report(context: &Context, changes: &[Change], done: bool) -> Report {
    let count = changes.len();
    let (status, summary) = match (count, done) {
        (0, _) => (Status::Pass, "nothing to repair".to_owned()),
        (_, true) => (Status::Pass, format!("{} recorded anew", counted(count, "checksum"))),
        (_, false) => {
            (Status::Warn, format!("{} to record anew; nothing was changed", counted(count, "checksum")))
        }
    };
    let mut report = context.report(Outcome::new(Exit::Done.code(), status, summary));
    if count == 0 {
        return report;
    }
    report.tables.push(repairs_table(changes));
    for change in changes {
        let message = match &change.diff {
            Some(diff) => format!("the change since it was applied:\n{}", diff.trim_end()),
            None => "the text as applied is not known, because pgrefit did not apply it".to_owned(),
        };
        let finding = Finding::new("history", Status::Info, message).about(change.title.as_str());
        report.findings.push(finding);
    }
    if !done {
        let hint = "repeat the command with --yes to record this";
        let message = "nothing was changed";
        report.findings.push(Finding::new("shown-only", Status::Info, message).hint(hint));
    }
    report
}
