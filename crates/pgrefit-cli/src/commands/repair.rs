//! `pgrefit repair`: records files anew that were edited after they were applied.

use clap::Args;
use pgrefit_history::{Repair as Change, repairs};
use pgrefit_migrate::{repair, repairs_table};
use pgrefit_report::{Finding, Outcome, Report, Status, counted};

use super::plan::problems;
use crate::context::target;
use crate::setup::{Folder, Setup};
use crate::{Context, Exit, Failed, Output};

const AFTER_HELP: &str = "\
Shows what would be recorded; with --yes, records it, if it still is what was shown. Only the record is changed: the
database keeps what the file made when it was applied.

Examples:
  pgrefit repair                       show what differs
  pgrefit repair --cosmetic --yes      record files that differ in line ends, blanks or comments only
  pgrefit repair --yes                 record deliberate edits too";

/// Record files anew that were edited after they were applied.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Repair {
    /// Only files whose meaning did not change.
    #[arg(long)]
    cosmetic: bool,
    /// Record; without this, only show.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    folder: Folder,
}

impl Repair {
    pub(crate) async fn run(self, context: &Context) -> Result<Output, Failed> {
        let setup = Setup::new(context, &self.folder.flags())?;
        let job = setup.job(None);
        let planned = pgrefit_migrate::plan(&job).await?;
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
