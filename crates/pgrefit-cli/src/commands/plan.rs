//! `pgrefit plan`: what a run would do.

use clap::Args;
use pgrefit_history::hint_for;
use pgrefit_migrate::{Job, Planned, locks_table, pending_table};
use pgrefit_report::{Fact, Finding, Outcome, Report, Status};

use crate::context::{shown, target};
use crate::setup::{Flag, Folder, Setup};
use crate::{Context, Exit, Failed, Output};

const AFTER_HELP: &str = "\
Reads the history table and the files; writes nothing. Exits with 0 when the plan can be run (or there is nothing to do),
with 11 or 12 when it cannot.

Examples:
  pgrefit plan
  pgrefit plan --target 7 --format json";

/// Show what `migrate` would do.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Plan {
    #[command(flatten)]
    options: PlanOptions,
}

/// Which migrations.
#[derive(Debug, Args)]
pub(crate) struct PlanOptions {
    /// Stop behind this version.
    #[arg(long, value_name = "VERSION")]
    pub(crate) target: Option<i64>,
    #[command(flatten)]
    folder: Folder,
    /// How long a statement may wait for a lock, such as 500ms [default: 2s].
    #[arg(long, value_name = "DURATION")]
    pub(crate) lock_timeout: Option<String>,
    /// How long to wait in all for gaps, locks and long transactions, such as 1min [default: 10min].
    #[arg(long, value_name = "DURATION")]
    pub(crate) lock_budget: Option<String>,
    /// How long to wait for another runner, such as 30s [default: 10min].
    #[arg(long, value_name = "DURATION")]
    pub(crate) runner_wait: Option<String>,
    /// Look who is in the way before asking for a strong lock, and wait for a gap [default: true].
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub(crate) wait_for_gap: Option<String>,
    /// Go through a pooler in transaction mode, without session settings.
    #[arg(long)]
    pub(crate) through_pooler: bool,
}

impl PlanOptions {
    /// The values that win over the configuration.
    pub(crate) fn flags(&self) -> Vec<Flag> {
        let limits = [
            ("migrations.lock_timeout", &self.lock_timeout),
            ("migrations.lock_budget", &self.lock_budget),
            ("migrations.runner_wait", &self.runner_wait),
            ("migrations.wait_for_gap", &self.wait_for_gap),
        ];
        let limits = limits.into_iter().filter_map(|(key, value)| Some((key, value.clone()?)));
        let pooler = self.through_pooler.then(|| ("migrations.through_pooler", "true".to_owned()));
        self.folder.flags().into_iter().chain(limits).chain(pooler).collect()
    }
}

impl Plan {
    pub(crate) async fn run(self, context: &Context) -> Result<Output, Failed> {
        let setup = Setup::new(context, &self.options.flags())?;
        let job = setup.job(self.options.target);
        let planned = pgrefit_migrate::plan(&job).await?;
        let report = planned_report(context, &job, &planned);
        match planned.refuse_unfit() {
            Ok(()) => Ok(planned_output(report)),
            Err(error) => Err(Failed::from(error).with_report(report)),
        }
    }
}

/// A plan as a report.
pub(super) fn planned_report(context: &Context, job: &Job<'_>, planned: &Planned) -> Report {
    let pending = planned.plan().pending().count();
    let current = planned.plan().current();
    let at = current.map_or("an empty history".to_owned(), |version| format!("V{version}"));
    let summary = match (pending, planned.plan().problems().count()) {
        (_, problems @ 1..) => format!("{problems} of the versions do not fit; the database is at {at}"),
        (0, _) => format!("up to date at {at}"),
        (1, _) => format!("1 migration is pending; the database is at {at}"),
        (count, _) => format!("{count} migrations are pending; the database is at {at}"),
    };
    let fits = planned.plan().problems().next().is_none();
    let (exit, status) = if fits { (Exit::Done, Status::Pass) } else { (Exit::Diverged, Status::Fail) };
    let mut report = context.report(Outcome::new(exit.code(), status, summary));
    report.target = Some(target(job.connector, Some(planned.server_version())));
    report.facts.push(Fact::new("version", "version", current));
    report.facts.push(Fact::new("pending", "pending", pending));
    // Which of several sources the files came from is worth a line: the wrong ones are a different schema.
    let folder = job.files.first().and_then(|file| file.path.parent()).map(shown);
    report.facts.push(Fact::new("files", "files", folder));
    if pending > 0 {
        report.tables.push(pending_table(planned.plan()));
        report.tables.extend(locks_table(planned.plan(), planned.server_major()));
    }
    report.findings = problems(planned);
    report.findings.extend(planned.warnings());
    report
}

/// The output of a plan that can be run.
pub(super) fn planned_output(report: Report) -> Output {
    Output::Report(Exit::Done, Box::new(report))
}

/// A finding for each version that needs a look.
pub(super) fn problems(planned: &Planned) -> Vec<Finding> {
    let repairs = pgrefit_history::repairs(planned.plan(), false);
    let looks = planned
        .plan()
        .entries
        .iter()
        .filter(|entry| entry.state.is_problem() || entry.state == pgrefit_history::State::Cosmetic);
    looks
        .map(|entry| {
            let status = if entry.state.is_problem() { Status::Fail } else { Status::Warn };
            let repair = repairs.iter().find(|repair| repair.version == entry.version);
            let sums = repair.map(|repair| {
                let recorded = repair.recorded.map_or("not a number".to_owned(), |sum| sum.to_string());
                let diff = repair.diff.as_deref().map_or(
                    "; the text as applied is not known, because pgrefit did not apply it".to_owned(),
                    |diff| format!("\n{}", diff.trim_end()),
                );
                format!("; recorded checksum {recorded}, file {}{diff}", repair.file)
            });
            let message = format!("{}{}", entry.state.word(), sums.unwrap_or_default());
            Finding::new("history", status, message).about(entry.title.as_str()).hint(hint_for(entry.state))
        })
        .collect()
}
