//! `pgrefit plan`: what a run would do to this database, statement by statement.

mod sql;

use clap::Args;
use pgrefit_history::hint_for;
use pgrefit_migrate::{Job, Linted, Planned, lint, pending_table, statements_table};
use pgrefit_report::{Fact, Finding, Outcome, Report, Status};

use super::lint::{Level, options, rule_infos};
use crate::arguments::Format;
use crate::context::{shown, target};
use crate::setup::{Flag, Folder, Setup};
use crate::{Context, Exit, Failed, Output};

const AFTER_HELP: &str = "\
Reads the history table, the files, and the schema of the database with the sizes and the traffic of its tables; writes
nothing. Each pending statement is shown with its transaction, what it locks, what it works on, how large that is, and
about how long it takes; and is judged by the rules of `pgrefit lint` on the database as it is.

Exits with 0 when the plan can be run (or there is nothing to do), with 1 if a finding is at the failing level
(--fail-on), with 11 or 12 when the plan cannot be run.

Examples:
  pgrefit plan
  pgrefit plan --target 7 --format json
  pgrefit plan --fail-on warn
  pgrefit plan --format markdown               for a pull request
  pgrefit plan --sql                           what will be sent, for somebody who wants to read it";

/// Show what `migrate` would do: each statement with its locks, its work and its size on this database.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Plan {
    #[command(flatten)]
    options: PlanOptions,
    /// From which level on findings end with exit code 1 [default: fail].
    #[arg(long, value_name = "LEVEL")]
    fail_on: Option<Level>,
    /// Print what will be sent to the server, in order, as SQL, and judge nothing.
    #[arg(long, conflicts_with = "fail_on")]
    sql: bool,
}

/// The failing level as a value that wins over the configuration.
pub(super) fn fail_on(level: Option<Level>) -> Option<Flag> {
    level.map(|level| ("lint.fail_on", level.word().to_owned()))
}

/// Which migrations.
#[derive(Debug, Default, Args)]
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
    /// All migrations of a folder, within the configured limits.
    pub(super) fn of(folder: Folder) -> Self {
        Self { folder, ..Self::default() }
    }

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
        let flags: Vec<Flag> = self.options.flags().into_iter().chain(fail_on(self.fail_on)).collect();
        let setup = Setup::new(context, &flags)?;
        let job = setup.job(self.options.target);
        let planned = pgrefit_migrate::plan(&job).await?;
        if self.sql {
            return sql::run(&job, &planned).await;
        }
        shown_plan(context, &setup, &job, &planned).await
    }
}

/// The plan with all that is known of it: as a result, or as what there is to show beside the reason why it cannot be run.
pub(super) async fn shown_plan(
    context: &Context,
    setup: &Setup,
    job: &Job<'_>,
    planned: &Planned,
) -> Result<Output, Failed> {
    let options = options(&setup.config, true)?;
    let level = Level::parse(setup.config.text("lint.fail_on"))?;
    let linted = lint(job, planned, options).await;
    let mut report = planned_report(context, job, planned);
    add_judgement(&mut report, &linted, level, context);
    match planned.refuse_unfit() {
        Ok(()) => Ok(planned_output(report)),
        Err(error) => Err(Failed::from(error).with_report(report)),
    }
}

/// A plan as a report, as far as it is told by files and history.
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
    }
    report.findings = problems(planned);
    report
}

/// Adds what each statement comes to on this database.
fn add_judgement(report: &mut Report, linted: &Linted, level: Level, context: &Context) {
    report.tables.extend(statements_table(linted, context.global.verbose > 0));
    let worst = linted.worst();
    if let Some(worst) = worst.filter(|worst| *worst > Status::Info) {
        report.outcome.status = report.outcome.status.max(worst);
    }
    if report.outcome.exit_code == Exit::Done.code() && worst >= Some(level.status()) {
        report.outcome.exit_code = Exit::Findings.code();
    }
    let findings: Vec<Finding> = linted.findings().cloned().collect();
    if let Some(words) = in_words(&findings) {
        report.outcome.summary = format!("{}; {words}", report.outcome.summary);
    }
    report.rules = rule_infos(&findings);
    // Notes are for those who ask for more, and for machines.
    let is_brief = context.global.format == Format::Text && context.global.report.is_none();
    let tells_all = !is_brief || context.global.verbose > 0 || level == Level::Info;
    report.findings.extend(findings.into_iter().filter(|finding| tells_all || finding.status > Status::Info));
}

/// How many findings there are of each kind; nothing if there is none.
fn in_words(findings: &[Finding]) -> Option<String> {
    let count = |status: Status| {
        findings.iter().filter(|finding| finding.status == status && finding.suppressed.is_none()).count()
    };
    let kinds = [(Status::Fail, "to mend"), (Status::Warn, "to look at"), (Status::Blind, "not seen")];
    let parts = kinds.into_iter().filter_map(|(status, words)| match count(status) {
        0 => None,
        number => Some(format!("{number} {words}")),
    });
    let parts: Vec<String> = parts.collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// The output of a plan that can be run.
pub(super) fn planned_output(report: Report) -> Output {
    let exit = if report.outcome.exit_code == Exit::Done.code() { Exit::Done } else { Exit::Findings };
    Output::Report(exit, Box::new(report))
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
