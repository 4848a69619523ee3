//! `pgrefit fleet status`: where each database of a list stands.

use clap::Args;
use pgrefit_history::LastRun;
use pgrefit_migrate::Planned;
use pgrefit_report::{Cell, Column, Fact, Outcome, Report, Status, Table, counted};

use super::chosen::Chosen;
use super::done::first_line;
use super::entry;
use super::members::Fleet;
use super::pace::parallel;
use super::plan::arguments;
use super::verdict::most_telling;
use crate::commands::plan::PlanOptions;
use crate::{Context, Exit, Failed, Output};

const AFTER_HELP: &str = "\
Reads the history table of each database, and the record of runs where there is one; writes nothing. A database that does not
answer within 10 s is told as blind. Exits with 0 also when migrations are pending, with 12 when files and history of a
database do not fit, with 75 if some could not be reached and nothing worse was found.

Examples:
  pgrefit fleet status --list shards.toml
  pgrefit fleet status --list shards.toml --format json | jq '.tables.databases[] | select(.pending > 0).name'";

/// Show where each database stands.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct FleetStatus {
    #[command(flatten)]
    chosen: Chosen,
    /// How many databases at once, at most 64.
    #[arg(long, value_name = "N", default_value = "16", value_parser = parallel)]
    parallel: usize,
    #[command(flatten)]
    options: PlanOptions,
}

/// Where a database stands.
struct Standing {
    exit: Exit,
    status: Status,
    state: &'static str,
    version: Option<i64>,
    pending: Option<usize>,
    last_run: Option<LastRun>,
    error: Option<String>,
}

impl FleetStatus {
    pub(super) async fn run(self, context: &Context) -> Result<Output, Failed> {
        let fleet = Fleet::new(context, self.chosen.read()?, self.options.flags(), self.options.target)?;
        if self.chosen.entry.is_some() {
            return entry::run(&fleet, &arguments("status", self.options.target)).await;
        }
        let look = async |entry: &_| Standing::of(fleet.look_twice(entry).await);
        let standings = fleet.each(self.parallel, look, |_, _| {}).await;
        Ok(output(&fleet, &standings))
    }
}

impl Standing {
    fn of(looked: Result<(Planned, Option<LastRun>), Failed>) -> Self {
        let (planned, last_run) = match looked {
            Ok(found) => found,
            Err(failed) => return Self::blind(&failed),
        };
        let plan = planned.plan();
        let pending = plan.pending().count();
        let (exit, status, state) =
            match (plan.problems().next().is_some(), planned.needs_adoption(), pending) {
                (true, ..) => (Exit::Diverged, Status::Fail, "diverged"),
                (false, true, _) => (Exit::Done, Status::Warn, "not adopted"),
                (false, false, 0) => (Exit::Done, Status::Pass, "up to date"),
                (false, false, _) => (Exit::Done, Status::Info, "pending"),
            };
        Self { exit, status, state, version: plan.current(), pending: Some(pending), last_run, error: None }
    }

    fn blind(failed: &Failed) -> Self {
        let error = Some(first_line(&failed.line()));
        let (status, state) = (Status::Blind, "not seen");
        Self { exit: failed.exit, status, state, version: None, pending: None, last_run: None, error }
    }

    /// How the last recorded run has ended: the code, and what it says of itself.
    fn last(&self) -> Cell {
        self.last_run.as_ref().map(|run| format!("{}: {}", run.exit_code, first_line(&run.summary))).into()
    }
}

fn output(fleet: &Fleet<'_>, standings: &[Standing]) -> Output {
    let exit = most_telling(standings.iter().map(|standing| standing.exit));
    let mut report: Report = fleet.context.report(outcome(standings, exit));
    let count = |state: &str| standings.iter().filter(|standing| standing.state == state).count();
    report.facts.push(Fact::new("databases", "databases", standings.len()));
    report.facts.push(Fact::new("up_to_date", "up to date", count("up to date")));
    report.facts.push(Fact::new("pending", "with pending migrations", count("pending")));
    report.facts.push(Fact::new("blind", "not seen", count("not seen")));
    let columns = [
        Column::text("name", "database"),
        Column::text("status", "status"),
        Column::text("state", "state"),
        Column::number("version", "version"),
        Column::number("pending", "pending"),
        Column::text("last_run", "last run"),
        Column::text("error", "error"),
    ];
    let mut table = Table::new("databases", "Databases", columns);
    for (member, standing) in fleet.members().iter().zip(standings) {
        table.push([
            member.entry.name.as_str().into(),
            standing.status.into(),
            standing.state.into(),
            standing.version.into(),
            standing.pending.into(),
            standing.last(),
            standing.error.clone().into(),
        ]);
    }
    report.tables.push(table);
    Output::Report(exit, Box::new(report))
}

fn outcome(all: &[Standing], exit: Exit) -> Outcome {
    let words = ["up to date", "pending", "not adopted", "diverged", "not seen"];
    let parts = words.into_iter().filter_map(|state| {
        let count = all.iter().filter(|standing| standing.state == state).count();
        (count > 0).then(|| format!("{count} {state}"))
    });
    let parts: Vec<String> = parts.collect();
    let worst = all.iter().map(|standing| standing.status).max().unwrap_or(Status::Pass);
    let status = if worst == Status::Info { Status::Pass } else { worst };
    Outcome::new(exit.code(), status, format!("{}: {}", counted(all.len(), "database"), parts.join(", ")))
}
