//! `pgrefit baseline`: adopts an existing database.

use clap::Args;
use pgrefit_migrate::{Comparison, Job, adopt, compare_with_baseline, difference_table};
use pgrefit_report::{Fact, Finding, Outcome, Report, Status, counted};

use crate::context::target;
use crate::progress::Progress;
use crate::setup::{Folder, Setup};
use crate::{Context, Exit, Failed, Output};

const AFTER_HELP: &str = "\
Builds the baseline migrations on a scratch server, compares the schema of the database with the result, and records them
as applied if the two are equal. Nothing but the history tables is written. A difference is shown with its fingerprint;
--accept-difference with that fingerprint (or [baseline] accept_differences in pgrefit.toml) adopts exactly this one.

Examples:
  pgrefit baseline --check             compare, record nothing
  pgrefit baseline                     compare, and record V1 if equal
  pgrefit baseline --version 5         the database has what V1 to V5 make
  pgrefit baseline --accept-difference 3f0c51e0a9d24b7788c1d2ab";

/// Adopt an existing database, after proof that it equals the first migration.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Baseline {
    /// The version that the database is at [default: the lowest].
    #[arg(long, value_name = "VERSION")]
    version: Option<i64>,
    /// Compare and show, but record nothing.
    #[arg(long)]
    check: bool,
    /// Accept the difference with this fingerprint (repeatable).
    #[arg(long, value_name = "FINGERPRINT")]
    accept_difference: Vec<String>,
    #[command(flatten)]
    folder: Folder,
}

impl Baseline {
    pub(crate) async fn run(self, context: &Context) -> Result<Output, Failed> {
        let mut flags = self.folder.flags();
        flags.extend(self.version.map(|version| ("baseline.version", version.to_string())));
        let setup = Setup::new(context, &flags)?;
        let job = setup.job(None);
        let mut accepted = setup.config.list("baseline.accept_differences").to_vec();
        accepted.extend(self.accept_difference);
        let progress = Progress::new(&context.global);
        let on_event = |event| progress.scratch(&event);
        let comparison = compare_with_baseline(
            &job,
            setup.config.integer("baseline.version"),
            &Context::workshop(&on_event),
        )
        .await?;
        drop(progress);
        if self.check {
            return Ok(checked(context, &job, &comparison, &accepted));
        }
        let mut report = report(context, &job, &comparison);
        adopt(&job, &comparison, &accepted)
            .await
            .map_err(|error| Failed::from(error).with_report(report.clone()))?;
        report.outcome.summary = format!("adopted at V{}; {}", comparison.version(), report.outcome.summary);
        Ok(Output::Report(Exit::Done, Box::new(report)))
    }
}

/// What adopting would find; nothing is recorded.
pub(super) fn checked(
    context: &Context,
    job: &Job<'_>,
    comparison: &Comparison,
    accepted: &[String],
) -> Output {
    let mut report = report(context, job, comparison);
    let (exit, end) = if comparison.is_accepted(accepted) {
        (Exit::Done, "it can be adopted")
    } else {
        (Exit::Findings, "it cannot be adopted as it is")
    };
    report.outcome.exit_code = exit.code();
    report.outcome.summary = format!("{}: {end}; nothing was recorded", report.outcome.summary);
    Output::Report(exit, Box::new(report))
}

/// The comparison as a report.
pub(super) fn report(context: &Context, job: &Job<'_>, comparison: &Comparison) -> Report {
    let difference = comparison.difference();
    let version = comparison.version();
    let (status, summary) = if difference.is_empty() {
        (Status::Pass, format!("the database equals the baseline V{version}"))
    } else {
        let count = difference.changes.len();
        (
            Status::Warn,
            format!("the database differs from the baseline V{version} in {}", counted(count, "place")),
        )
    };
    let mut report = context.report(Outcome::new(Exit::Done.code(), status, summary));
    report.target = Some(target(job.connector, None));
    report.facts.push(Fact::new("baseline_version", "baseline version", version));
    let (live, scratch) = comparison.majors();
    if live != scratch {
        let message = format!(
            "the baseline was built on PostgreSQL {scratch}, the database is PostgreSQL {live}: definitions were \
             compared in a form that is the same on both"
        );
        report.findings.push(Finding::new("other-major-version", Status::Info, message));
    }
    if !difference.is_empty() {
        report.facts.push(Fact::new(
            "fingerprint",
            "fingerprint of the difference",
            comparison.fingerprint(),
        ));
        report.tables.push(difference_table(difference));
    }
    report
}
