//! `pgrefit partition maintain`: partitions made ahead of the clock, old ones retired; once, or for ever.

use std::time::Duration;

use clap::Args;
use pgrefit_lifecycle::{
    Due, MaintainEvent, MaintainOptions, MaintainReport, PartitionSet, SetReport, maintain,
};
use pgrefit_pg::Connector;
use pgrefit_report::{Cell, Column, Finding, Outcome, Report, Status, Table, counted};
use pgrefit_sql::parse_duration;

use super::Tables;
use crate::config::Config;
use crate::context::target;
use crate::progress::Progress;
use crate::{Context, Exit, Failed, Output};

const AFTER_HELP: &str = "\
By the server's clock. Partitions are made as tables of their own and attached: SHARE UPDATE EXCLUSIVE on the partitioned
table, so that readers and writers go on, asked for in short attempts. Old ones are detached CONCURRENTLY. Holds the runner
lock: while a migration runs it exits with 75. A table that fails does not stop the others.

Examples:
  pgrefit partition maintain                       once: for cron or a Kubernetes CronJob
  pgrefit partition maintain events                one table only
  pgrefit partition maintain --daemon --every 1h   for ever, until Ctrl-C or SIGTERM";

/// Make partitions ahead of the clock, and retire what is older than its retention.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Maintain {
    #[command(flatten)]
    tables: Tables,
    /// Go on for ever, with a pause between two rounds.
    #[arg(long)]
    daemon: bool,
    /// The pause of --daemon.
    #[arg(long, value_name = "DURATION", default_value = "15min", requires = "daemon")]
    every: String,
}

impl Maintain {
    pub(super) async fn run(self, context: &Context) -> Result<Output, Failed> {
        let config = context.config(&[])?;
        let sets = self.tables.sets(&config)?;
        let connector = context.connector(&config)?;
        if !self.daemon {
            return round(context, &config, &connector, &sets).await;
        }
        let every = parse_duration(&self.every).filter(|every| *every >= Duration::from_secs(1));
        let every = every.ok_or_else(|| {
            Failed::new(
                Exit::Usage,
                format!("failed to use --every {}: it is no duration of a second or more", self.every),
            )
            .hint("such as 15min or 1h")
        })?;
        self.for_ever(context, &config, &connector, &sets, every).await
    }

    /// A round that fails is told, and the next one tries again: that is what it is there for.
    async fn for_ever(
        &self,
        context: &Context,
        config: &Config,
        connector: &Connector,
        sets: &[PartitionSet],
        every: Duration,
    ) -> Result<Output, Failed> {
        let _heed = context.stop.heed();
        while !context.stop.is_requested() {
            match round(context, config, connector, sets).await {
                Ok(Output::Report(exit, report)) if exit == Exit::Done => {
                    tracing::info!(target: "pgrefit", "{}", report.outcome.summary);
                }
                Ok(Output::Report(exit, report)) => {
                    tracing::error!(target: "pgrefit", exit_code = exit.code(), "{}", report.outcome.summary);
                }
                Ok(_) => {}
                Err(failed) => {
                    tracing::error!(target: "pgrefit", exit_code = failed.exit.code(), "{}", failed.line());
                }
            }
            // Many daemons of one image should not come at the same moment.
            let pause = every.mul_f64(0.95 + f64::from(std::process::id() % 100) / 1000.0);
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = context.stop.requested() => {}
            }
        }
        let report = context.report(Outcome::new(Exit::Done.code(), Status::Info, "stopped as asked"));
        Ok(Output::Report(Exit::Done, Box::new(report)))
    }
}

/// Looks after every set once.
async fn round(
    context: &Context,
    config: &Config,
    connector: &Connector,
    sets: &[PartitionSet],
) -> Result<Output, Failed> {
    let progress = Progress::new(&context.global);
    let options = MaintainOptions {
        lock_timeout_max: config.duration("migrations.lock_timeout"),
        lock_budget: config.duration("migrations.lock_budget"),
        ..MaintainOptions::default()
    };
    let heed = context.stop.heed();
    let mut on_event = |event: MaintainEvent<'_>| tell(&progress, &event);
    let done = maintain(connector, sets, &options, &context.stop, &mut on_event).await?;
    drop(heed);
    drop(progress);
    Ok(finished(context, connector, done))
}

fn tell(progress: &Progress, event: &MaintainEvent<'_>) {
    match event {
        MaintainEvent::WaitingForRunner { holder } => {
            let who = holder.as_deref().unwrap_or("another runner");
            progress.say(&format!("waiting for {who} to finish"));
        }
        MaintainEvent::Set { table } => progress.say(&format!("looking after {table}")),
        MaintainEvent::Made { partition } => progress.note(&format!("made {partition}")),
        MaintainEvent::Finalized { partition } => {
            progress.note(&format!("finished an earlier detach of {partition}"));
        }
        MaintainEvent::Detaching { partition } => progress.say(&format!("detaching {partition}")),
        MaintainEvent::Detached { partition } => progress.note(&format!("detached {partition}")),
        MaintainEvent::Dropped { partition } => progress.note(&format!("dropped {partition}")),
        MaintainEvent::LockedOut { what, pause } => progress
            .note(&format!("others are in the way to {what}; trying again in {} ms", pause.as_millis())),
        MaintainEvent::Failed { table, error } => progress.note(&format!("{table}: {error}")),
    }
}

/// The exit code is that of the worst set: what can be tried again comes last.
fn finished(context: &Context, connector: &Connector, done: MaintainReport) -> Output {
    let count = done.sets.len();
    let mut report = context.report(Outcome::new(Exit::Done.code(), Status::Pass, ""));
    report.target = Some(target(connector, None));
    report.tables.push(table(&done.sets));
    let mut worst = None;
    let mut failures = 0;
    for set in done.sets {
        findings(&set, &mut report);
        let Some(error) = set.error else { continue };
        failures += 1;
        let failed = Failed::from(error);
        let mut finding =
            Finding::new("partition-failed", Status::Fail, failed.line()).about(set.table.clone());
        finding.hint = failed.failure.hint.clone();
        report.findings.push(finding);
        if worst.is_none_or(|exit| exit == Exit::TryAgain) {
            worst = Some(failed.exit);
        }
    }
    let exit = worst.unwrap_or(Exit::Done);
    let (status, summary) = if failures == 0 {
        (Status::Pass, format!("{} looked after", counted(count, "table")))
    } else {
        (Status::Fail, format!("{failures} of {} failed", counted(count, "table")))
    };
    report.outcome = Outcome::new(exit.code(), status, summary);
    Output::Report(exit, Box::new(report))
}

fn findings(set: &SetReport, report: &mut Report) {
    for warning in &set.warnings {
        report
            .findings
            .push(Finding::new("partition-warning", Status::Warn, warning.clone()).about(&set.table));
    }
    for Due { partition, until, .. } in &set.due {
        let message = format!("{partition} ends at {until}, before what is kept");
        report.findings.push(
            Finding::new("partition-due", Status::Info, message)
                .about(partition.to_string())
                .hint(format!("`pgrefit archive run {partition}`")),
        );
    }
}

fn table(sets: &[SetReport]) -> Table {
    let columns = [
        Column::text("table", "table"),
        Column::number("made", "made"),
        Column::number("detached", "detached"),
        Column::number("dropped", "dropped"),
        Column::number("due", "due for the archive"),
        Column::text("ready_until", "ready until"),
    ];
    let mut table = Table::new("maintained", "Partitions", columns);
    for set in sets {
        table.push([
            Cell::from(set.name.as_ref().map_or_else(|| set.table.clone(), ToString::to_string)),
            set.made.len().into(),
            (set.detached.len() + set.finalized.len()).into(),
            set.dropped.len().into(),
            set.due.len().into(),
            set.ready_until.as_ref().map(ToString::to_string).unwrap_or_default().into(),
        ]);
    }
    table
}
