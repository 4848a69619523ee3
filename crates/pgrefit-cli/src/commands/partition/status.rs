//! `pgrefit partition status`: how the partitioned tables are.

use clap::Args;
use pgrefit_lifecycle::{SetStatus, status};
use pgrefit_report::{Cell, Column, Finding, Outcome, Report, Status as Level, Table, counted};

use super::Tables;
use crate::context::target;
use crate::{Context, Exit, Failed, Output};

const AFTER_HELP: &str = "\
Reads catalogs and statistics only; rows and sizes are those of the last ANALYZE or VACUUM. Exits with 1 if a table is not
as its configuration says: fewer partitions ready than `ahead`, a default partition, a gap, an unfinished detach.

Examples:
  pgrefit partition status
  pgrefit partition status events --format json";

/// Show how the partitioned tables are.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Status {
    #[command(flatten)]
    tables: Tables,
}

impl Status {
    pub(super) async fn run(self, context: &Context) -> Result<Output, Failed> {
        let config = context.config(&[])?;
        let sets = self.tables.sets(&config)?;
        let connector = context.connector(&config)?;
        let mut session = connector.read_only().await?;
        let found = status(&mut session, &sets, None).await?;
        let mut report = context.report(Outcome::new(Exit::Done.code(), Level::Pass, ""));
        report.target = Some(target(&connector, None));
        report.tables.push(overview(&found));
        report.tables.push(partitions(&found));
        for set in &found {
            findings(set, &mut report);
        }
        let wrong = report.findings.iter().any(|finding| finding.status >= Level::Warn);
        let (exit, level) = if wrong { (Exit::Findings, Level::Warn) } else { (Exit::Done, Level::Pass) };
        let summary = format!("{} looked at", counted(found.len(), "table"));
        report.outcome = Outcome::new(exit.code(), level, summary);
        Ok(Output::Report(exit, Box::new(report)))
    }
}

fn overview(sets: &[SetStatus]) -> Table {
    let columns = [
        Column::text("table", "table"),
        Column::number("partitions", "partitions"),
        Column::number("rows", "rows"),
        Column::number("size_bytes", "size"),
        Column::text("ready_until", "ready until"),
        Column::text("ahead", "ahead"),
        Column::number("due", "due"),
    ];
    let mut table = Table::new("partitioned", "Partitioned tables", columns);
    for set in sets {
        table.push([
            Cell::from(shown(set)),
            set.partitions.len().into(),
            set.rows.into(),
            Cell::Bytes(set.bytes),
            set.ready_until.as_ref().map(ToString::to_string).unwrap_or_default().into(),
            format!("{} of {}", set.ahead, set.ahead_wanted).into(),
            set.due.len().into(),
        ]);
    }
    table
}

fn shown(set: &SetStatus) -> String {
    set.name.as_ref().map_or_else(|| set.table.clone(), ToString::to_string)
}

fn partitions(sets: &[SetStatus]) -> Table {
    let columns = [
        Column::text("table", "table"),
        Column::text("partition", "partition"),
        Column::text("bounds", "bounds"),
        Column::number("rows", "rows"),
        Column::number("size_bytes", "size"),
    ];
    let mut table = Table::new("partitions", "Partitions", columns);
    let all = sets.iter().flat_map(|set| set.partitions.iter().map(move |partition| (set, partition)));
    for (set, partition) in all {
        table.push([
            Cell::from(shown(set)),
            partition.name.to_string().into(),
            partition.bound.clone().into(),
            partition.rows.into(),
            Cell::Bytes(partition.bytes),
        ]);
    }
    table
}

/// What is not as it should be. What is due is no fault: the next run of `maintain` sees to it.
fn findings(set: &SetStatus, report: &mut Report) {
    let table = shown(set);
    let mut add = |check: &'static str, level, message: String| {
        report.findings.push(Finding::new(check, level, message).about(&table));
    };
    if !set.partitioned {
        let what = if set.name.is_some() { "is not partitioned" } else { "does not exist" };
        add("partition-missing", Level::Warn, format!("{table} {what}"));
        return;
    }
    if set.ahead < usize::try_from(set.ahead_wanted).unwrap_or(usize::MAX) {
        let message = format!("{} of {} intervals are ready ahead", set.ahead, set.ahead_wanted);
        add("partition-ahead", Level::Warn, message);
    }
    if let Some(name) = &set.default_partition {
        add(
            "partition-default",
            Level::Warn,
            format!("{name} is a default partition: no detach without locks"),
        );
    }
    if let Some(name) = &set.pending_detach {
        add("partition-detach-pending", Level::Warn, format!("the detach of {name} is not finished"));
    }
    for (from, to) in &set.gaps {
        add("partition-gap", Level::Warn, format!("no partition takes rows from {from} to {to}"));
    }
    for due in &set.due {
        add("partition-due", Level::Info, format!("{} is older than what is kept", due.partition));
    }
    for warning in &set.warnings {
        add("partition-warning", Level::Warn, warning.clone());
    }
}
