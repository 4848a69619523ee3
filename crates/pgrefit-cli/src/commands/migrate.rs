//! `pgrefit migrate`: plan, adopt if asked to, apply, verify.

mod copies;
mod earlier;
mod lines;
mod pipeline;
mod record;
mod smoke;
mod split;

use clap::{Args, Subcommand};
use pgrefit_history::Error as HistoryError;
use pgrefit_migrate::{
    Comparison, Error as MigrateError, Job, Planned, Settled, Verified, adopt, apply, clear_disposable,
    compare_with_baseline, effort_table, migrations_table, verification_table, verify,
};
use pgrefit_report::{Fact, Finding, Outcome, Report, Status, counted};

pub(super) use self::earlier::{look_back, unmended};
use self::pipeline::Pipeline;
pub(super) use self::pipeline::Proofs;
use super::lint::Level;
use super::plan::{PlanOptions, fail_on, planned_output, planned_report, shown_plan};
use crate::context::target;
use crate::progress::Progress;
use crate::setup::{Flag, Folder, Setup};
use crate::{Context, Exit, Failed, Output};

const AFTER_HELP: &str = "\
A migration is one transaction together with its row in the history table, if its statements can be; a statement that
cannot (CREATE INDEX CONCURRENTLY, VACUUM, …) is a step of its own, and `-- pgrefit:backfill` before an UPDATE, DELETE or
INSERT … SELECT runs it in batches. Before it asks for a lock that keeps others out, it waits until nobody with a long
transaction is in the way; then it asks for a moment only, and again. One runner at a time: others wait, then find nothing
to do. Killed at any moment, the next run goes on where this one ended.

Examples:
  pgrefit migrate                      apply everything
  pgrefit migrate --dry-run            show the plan, change nothing: as `pgrefit plan`
  pgrefit migrate --target 7           stop behind V7
  pgrefit migrate --adopt              take over a database that equals the first migration, then go on
  pgrefit migrate --check-content      also prove that no row was lost or changed unannounced
  pgrefit migrate split FILE           rewrite a migration that would keep the application waiting
  pgrefit migrate --format json --report migrate.json";

/// Apply the pending migrations: plan, apply, verify.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP, args_conflicts_with_subcommands = true)]
pub(crate) struct Migrate {
    #[command(subcommand)]
    instead: Option<Instead>,
    #[command(flatten)]
    plan: PlanOptions,
    /// Show the plan and stop.
    #[arg(long, conflicts_with = "rehearse_only")]
    dry_run: bool,
    /// From which level on findings end the dry run with exit code 1 [default: fail].
    #[arg(long, value_name = "LEVEL", requires = "dry_run")]
    fail_on: Option<Level>,
    /// Adopt the database first if it has a schema but no history; it must equal the baseline.
    #[arg(long)]
    adopt: bool,
    /// Adopt although the database differs from the baseline in this way (repeatable).
    #[arg(long, value_name = "FINGERPRINT")]
    accept_difference: Vec<String>,
    /// Read every table before and after, and fail if content changed that no migration declares. For databases at rest.
    #[arg(long)]
    check_content: bool,
    #[command(flatten)]
    proofs: Proofs,
}

/// What can be done to a migration in place of applying it.
#[derive(Debug, Subcommand)]
enum Instead {
    /// Rewrite a migration as a sequence of files that a live application does not notice.
    Split(split::Split),
}

impl Migrate {
    /// Everything that is pending in a folder, with these proofs and no other option.
    pub(super) fn with(folder: Folder, proofs: Proofs) -> Self {
        Self {
            instead: None,
            plan: PlanOptions::of(folder),
            dry_run: false,
            fail_on: None,
            adopt: false,
            accept_difference: Vec::new(),
            check_content: false,
            proofs,
        }
    }

    pub(crate) async fn run(self, context: &Context) -> Result<Output, Failed> {
        if let Some(Instead::Split(split)) = self.instead {
            return split.run(context);
        }
        let flags: Vec<Flag> = self.plan.flags().into_iter().chain(fail_on(self.fail_on)).collect();
        let setup = Setup::new(context, &flags)?;
        let job = setup.job(self.plan.target);
        let progress = Progress::new(&context.global);
        let mut planned = pgrefit_migrate::plan(&job).await?;
        let mut adopted = None;
        if planned.needs_adoption() && self.proofs.rehearse_only {
            let message = "failed to rehearse: the database must be adopted first, which writes its history";
            return Err(Failed::new(Exit::Refused, message)
                .hint("`pgrefit baseline` adopts it, after proof that it may"));
        }
        if planned.needs_adoption() && self.adopt {
            let on_event = |event| progress.scratch(&event);
            let version = setup.config.integer("baseline.version");
            let comparison = compare_with_baseline(&job, version, &Context::workshop(&on_event)).await?;
            let mut accepted = setup.config.list("baseline.accept_differences").to_vec();
            accepted.extend(self.accept_difference.iter().cloned());
            if self.dry_run {
                return Ok(super::baseline::checked(context, &job, &comparison, &accepted));
            }
            adopted = take_over(&job, &comparison, &accepted, &progress, context).await?;
            planned = pgrefit_migrate::plan(&job).await?;
        }
        if self.dry_run {
            return shown_plan(context, &setup, &job, &planned).await;
        }
        let report = planned_report(context, &job, &planned);
        if let Err(error) = planned.refuse_unfit() {
            return Err(Failed::from(error).with_report(report));
        }
        if planned.is_up_to_date() && adopted.is_none() {
            let mut report = report;
            report.findings.extend(earlier::findings(&job, planned.history()).await);
            return Ok(planned_output(report));
        }
        announce(&planned, &progress);
        let policy = setup.policy()?;
        if policy.environment.needs_backup() || self.proofs.rehearse_only {
            let pipeline = Pipeline::new(context, &setup, &job, &progress, &self.proofs, self.check_content)?;
            return Box::pin(pipeline.run(planned, adopted)).await;
        }
        let cleared = clear_disposable(policy)?;
        let outcome =
            apply(&job, planned, cleared, self.check_content, &mut |event| progress.migration(&event)).await;
        let applied = match outcome {
            Ok(applied) => applied,
            Err(error) => return Err(Failed::from(error).with_report_if(state_now(context, &job).await)),
        };
        progress.say("verifying");
        let verified = match Box::pin(verify(&job, applied, Settled::default())).await {
            Ok(verified) => verified,
            Err(error) => {
                let failed =
                    Failed::from(error).within("the migrations are applied, but failed to verify them");
                return Err(failed.exit(Exit::NotVerified).with_report_if(state_now(context, &job).await));
            }
        };
        drop(progress);
        Ok(finished(context, &job, adopted, &verified))
    }
}

/// Where the database stands after a failure, if it still answers.
async fn state_now(context: &Context, job: &Job<'_>) -> Option<Report> {
    let planned = pgrefit_migrate::plan(job).await.ok()?;
    let mut report = planned_report(context, job, &planned);
    report.tables = vec![migrations_table(planned.plan())];
    report.outcome.status = Status::Info;
    Some(report)
}

/// Adopts the database and says how; nothing is to be said when another runner has just done it.
async fn take_over(
    job: &Job<'_>,
    comparison: &Comparison,
    accepted: &[String],
    progress: &Progress,
    context: &Context,
) -> Result<Option<Finding>, Failed> {
    match adopt(job, comparison, accepted).await {
        Err(MigrateError::History(HistoryError::AlreadyManaged { .. })) => return Ok(None),
        other => other.map_err(|error| {
            Failed::from(error).with_report(super::baseline::report(context, job, comparison))
        })?,
    };
    let how = if comparison.difference().is_empty() {
        "its schema equals the baseline".to_owned()
    } else {
        format!("its difference from the baseline is accepted ({})", comparison.fingerprint())
    };
    progress.note(&format!("adopted the database at V{}: {how}", comparison.version()));
    let message = format!("the database was adopted at V{}: {how}", comparison.version());
    Ok(Some(Finding::new("adopted", Status::Info, message)))
}

fn announce(planned: &Planned, progress: &Progress) {
    let pending: Vec<&str> = planned.plan().pending().map(|entry| entry.title.as_str()).collect();
    match pending[..] {
        [] => {}
        [only] => progress.note(&format!("1 migration to apply: {only}")),
        [first, .., last] => {
            progress.note(&format!("{} migrations to apply: {first} to {last}", pending.len()));
        }
    }
}

fn finished(context: &Context, job: &Job<'_>, adopted: Option<Finding>, verified: &Verified) -> Output {
    let planned = verified.planned();
    let count = verified.migrations().len();
    let (exit, status, end) = match (verified.is_good(), count) {
        (false, _) => (Exit::NotVerified, Status::Fail, "the verification failed"),
        (true, 0) => (Exit::Done, Status::Pass, "verified; another runner had applied what was pending"),
        (true, _) => (Exit::Done, Status::Pass, "verified"),
    };
    let summary = format!("{} applied, {end}", counted(count, "migration"));
    let mut report = context.report(Outcome::new(exit.code(), status, summary));
    report.target = Some(target(job.connector, Some(planned.server_version())));
    report.facts.push(Fact::new("applied", "applied by this run", count));
    report.facts.push(Fact::new("version", "version", planned.plan().current()));
    report.tables.push(migrations_table(planned.plan()));
    report.tables.extend(effort_table(verified.migrations()));
    report.tables.extend(verified.content().map(|(before, now)| before.table(now)));
    report.tables.push(verification_table(verified));
    report.findings.extend(adopted);
    report
        .findings
        .extend(verified.findings().iter().filter(|finding| finding.status > Status::Info).cloned());
    Output::Report(exit, Box::new(report))
}
