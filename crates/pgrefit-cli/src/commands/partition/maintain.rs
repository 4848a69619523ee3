//! `pgrefit partition maintain`: partitions made ahead of the clock, old ones retired; once, or for ever.

use std::time::Duration;

use clap::Args;
use pgrefit_archive::Until;
use pgrefit_catalog::Name;
use pgrefit_lifecycle::{
    Due, MaintainEvent, MaintainOptions, MaintainReport, PartitionSet, SetReport, maintain,
};
use pgrefit_pg::Connector;
use pgrefit_report::{Cell, Column, Finding, Outcome, Report, Status, Table, counted};
use pgrefit_sql::parse_duration;

use super::Tables;
use crate::commands::archive::{archive_each, archived_table};
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
    /// A server to try archives on, in place of a scratch server: as a role that may create databases there.
    #[arg(long, value_name = "URL", env = "PGREFIT_STAGING_URL", hide_env_values = true)]
    staging_url: Option<String>,
}

impl Maintain {
    pub(super) async fn run(self, context: &Context) -> Result<Output, Failed> {
        let config = context.config(&[])?;
        let sets = self.tables.sets(&config)?;
        let connector = context.connector(&config)?;
        if !self.daemon {
            return Round { context, config: &config, connector: &connector, sets: &sets, maintain: &self }
                .run()
                .await;
        }
        let every = parse_duration(&self.every).filter(|every| *every >= Duration::from_secs(1));
        let every = every.ok_or_else(|| {
            Failed::new(
                Exit::Usage,
                format!("failed to use --every {}: it is no duration of a second or more", self.every),
            )
            .hint("such as 15min or 1h")
        })?;
        let round = Round { context, config: &config, connector: &connector, sets: &sets, maintain: &self };
        for_ever(&round, every).await
    }
}

/// A round that fails is told, and the next one tries again: that is what it is there for.
async fn for_ever(round: &Round<'_>, every: Duration) -> Result<Output, Failed> {
    let stop = &round.context.stop;
    let _heed = stop.heed();
    while !stop.is_requested() {
        match round.run().await {
            Ok(Output::Report(Exit::Done, report)) => {
                tracing::info!(target: "pgrefit", "{}", report.outcome.summary);
            }
            Ok(Output::Report(exit, report)) => {
                for finding in report.findings.iter().filter(|finding| finding.status >= Status::Fail) {
                    tracing::error!(target: "pgrefit", "{}", finding.message);
                }
                tracing::error!(target: "pgrefit", exit_code = exit.code(), "{}", report.outcome.summary);
            }
            Ok(_) => {}
            Err(failed) => {
                tracing::error!(target: "pgrefit", exit_code = failed.exit.code(), "{}", failed.line());
            }
        }
        // Daemons that were started at one moment should not go on coming at one moment.
        let pause = every.mul_f64(0.95 + f64::from(std::process::id() % 100) / 1000.0);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.requested() => {}
        }
    }
    let report = round.context.report(Outcome::new(Exit::Done.code(), Status::Info, "stopped as asked"));
    Ok(Output::Report(Exit::Done, Box::new(report)))
}

/// What a round works on.
struct Round<'a> {
    context: &'a Context,
    config: &'a Config,
    connector: &'a Connector,
    sets: &'a [PartitionSet],
    maintain: &'a Maintain,
}

impl Round<'_> {
    /// Looks after every set once, and archives what is due for it.
    async fn run(&self) -> Result<Output, Failed> {
        let options = MaintainOptions {
            lock_timeout_max: self.config.duration("migrations.lock_timeout"),
            lock_budget: self.config.duration("migrations.lock_budget"),
            ..MaintainOptions::default()
        };
        let heed = self.context.stop.heed();
        let progress = Progress::new(&self.context.global);
        let mut on_event = |event: MaintainEvent<'_>| tell(&progress, &event);
        let done = maintain(self.connector, self.sets, &options, &self.context.stop, &mut on_event).await?;
        drop(heed);
        drop(progress);
        let mut result = Verdict::of(self.context, self.connector, done);
        result.archive(self).await;
        Ok(result.into_output())
    }
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

/// What a round has come to: the exit code is that of the worst failure, and what can be tried again comes last.
struct Verdict {
    report: Report,
    tables: usize,
    failures: usize,
    worst: Option<Exit>,
    due: Vec<Name>,
}

impl Verdict {
    fn of(context: &Context, connector: &Connector, done: MaintainReport) -> Self {
        let mut report = context.report(Outcome::new(Exit::Done.code(), Status::Pass, ""));
        report.target = Some(target(connector, None));
        report.tables.push(table(&done.sets));
        let mut verdict = Self { report, tables: done.sets.len(), failures: 0, worst: None, due: Vec::new() };
        for set in done.sets {
            findings(&set, &mut verdict.report);
            verdict.due.extend(set.due.iter().map(|due| due.partition.clone()));
            if let Some(error) = set.error {
                verdict.fail(&set.table, "partition-failed", &Failed::from(error));
            }
        }
        verdict
    }

    /// One that cannot be archived does not keep the others, nor the partitions that were made.
    async fn archive(&mut self, round: &Round<'_>) {
        if self.due.is_empty() {
            return;
        }
        let staging_url = round.maintain.staging_url.as_deref();
        let (context, config) = (round.context, round.config);
        let archived =
            Box::pin(archive_each(context, config, round.connector, &self.due, Until::Dropped, staging_url));
        match archived.await {
            Ok((done, failed)) => {
                self.report.tables.push(archived_table(&done));
                for (table, failed) in failed {
                    self.fail(&table.to_string(), "archive-failed", &failed);
                }
            }
            Err(failed) => self.fail("the archive", "archive-failed", &failed),
        }
    }

    fn fail(&mut self, object: &str, check: &'static str, failed: &Failed) {
        self.failures += 1;
        let mut finding = Finding::new(check, Status::Fail, failed.line()).about(object);
        finding.hint.clone_from(&failed.failure.hint);
        self.report.findings.push(finding);
        if self.worst.is_none_or(|exit| exit == Exit::TryAgain) {
            self.worst = Some(failed.exit);
        }
    }

    fn into_output(mut self) -> Output {
        let exit = self.worst.unwrap_or(Exit::Done);
        let tables = counted(self.tables, "table");
        let (status, summary) = match self.failures {
            0 => (Status::Pass, format!("{tables} looked after")),
            failures => (Status::Fail, format!("{tables} looked after, {}", counted(failures, "failure"))),
        };
        self.report.outcome = Outcome::new(exit.code(), status, summary);
        Output::Report(exit, Box::new(self.report))
    }
}

fn findings(set: &SetReport, report: &mut Report) {
    for warning in &set.warnings {
        report
            .findings
            .push(Finding::new("partition-warning", Status::Warn, warning.clone()).about(&set.table));
    }
    for Due { partition, until, .. } in &set.due {
        let message = format!("{partition} ends at {until}, before what is kept: it is archived");
        report
            .findings
            .push(Finding::new("partition-due", Status::Info, message).about(partition.to_string()));
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
