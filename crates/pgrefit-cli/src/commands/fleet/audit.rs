//! `pgrefit fleet audit`: every database of a list judged, and what they have in common said once.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;
use pgrefit_report::{Cell, Column, Fact, Finding, Outcome, Report, Status, Table, counted};

use super::child::Finished;
use super::chosen::Chosen;
use super::entry;
use super::members::Fleet;
use super::pace::parallel;
use super::plan::some;
use super::shared::{Found, once};
use super::verdict::most_telling;
use crate::commands::audit::FailOn;
use crate::databases::Entry;
use crate::setup::Folder;
use crate::span::duration;
use crate::{Context, Exit, Failed, Output};

const AFTER_HELP: &str = "\
Each database is audited as by `pgrefit audit`, by a process of its own, reading only. A finding that several have is told
once, with their names; the table has the totals of each.

Examples:
  pgrefit fleet audit --list shards.toml
  pgrefit fleet audit --list shards.toml --checks indexes,security --parallel 8
  pgrefit fleet audit --list shards.toml --report audit.html";

/// Judge every database, reading only; what all have in common is said once.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct FleetAudit {
    #[command(flatten)]
    chosen: Chosen,
    /// How many databases at once, at most 64.
    #[arg(long, value_name = "N", default_value = "4", value_parser = parallel)]
    parallel: usize,
    /// Only these groups or checks; may be repeated or separated by commas.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    checks: Vec<String>,
    /// From which level on findings end with exit code 1 [default: fail].
    #[arg(long, value_name = "LEVEL")]
    fail_on: Option<FailOn>,
    /// Do not end with exit code 3 if a check that must look could not.
    #[arg(long)]
    allow_incomplete: bool,
    /// How long the audit of one database may take.
    #[arg(long, value_name = "DURATION", default_value = "10min", value_parser = duration)]
    time_max: Duration,
    #[command(flatten)]
    folder: Folder,
}

/// The audit of one database.
struct Audited {
    exit: Exit,
    found: Vec<Found>,
    was_read: bool,
    error: Option<String>,
}

impl FleetAudit {
    pub(super) async fn run(self, context: &Context) -> Result<Output, Failed> {
        let fleet = Fleet::new(context, self.chosen.read()?, self.folder.flags(), None)?;
        let arguments = self.arguments();
        if self.chosen.entry.is_some() {
            return entry::run(&fleet, &arguments).await;
        }
        let heed = context.stop.heed();
        let audit = async |entry: &Entry| {
            if context.stop.is_requested() {
                return Audited::left();
            }
            Audited::of(fleet.child(entry, &arguments, Some(self.time_max), &|_| {}).await)
        };
        let tell = |entry: &Entry, audited: &Audited| {
            let exit_code = audited.exit.code();
            tracing::info!(target: "pgrefit", database = entry.name, exit_code, "audited");
        };
        let mut all = fleet.each(self.parallel, audit, tell).await;
        drop(heed);
        // Those that were begun are the first of the list; when it was interrupted the others were not.
        all.resize_with(fleet.members().len(), Audited::left);
        Ok(output(&fleet, &all))
    }

    /// The same for one database, as arguments.
    fn arguments(&self) -> Vec<String> {
        let mut arguments = vec!["audit".to_owned()];
        if !self.checks.is_empty() {
            arguments.extend(["--only".to_owned(), self.checks.join(",")]);
        }
        if let Some(level) = self.fail_on {
            arguments.extend(["--fail-on".to_owned(), level.word().to_owned()]);
        }
        arguments.extend(self.allow_incomplete.then(|| "--allow-incomplete".to_owned()));
        arguments
    }
}

impl Audited {
    fn of(finished: Result<Finished, Failed>) -> Self {
        let finished = match finished {
            Ok(finished) => finished,
            Err(failed) => {
                let error = Some(failed.line());
                return Self { exit: failed.exit, found: Vec::new(), was_read: false, error };
            }
        };
        let has_ended = matches!(finished.exit, Exit::Done | Exit::Findings | Exit::Blind);
        // A report that is too long, or was cut off, says nothing.
        let was_read = has_ended && finished.report.is_some();
        let exit = if has_ended && !was_read { Exit::Blind } else { finished.exit };
        let found = finished.report.as_ref().map(Found::of).unwrap_or_default();
        // Of an audit that came to its end, the findings say what is to be said.
        let error = finished.error.filter(|_| !was_read);
        Self { exit, found, was_read, error }
    }

    fn left() -> Self {
        let error = Some("interrupted before it was audited".to_owned());
        Self { exit: Exit::TryAgain, found: Vec::new(), was_read: false, error }
    }

    fn count(&self, status: Status) -> usize {
        self.found.iter().filter(|found| found.status == status).count()
    }
}

fn output(fleet: &Fleet<'_>, all: &[Audited]) -> Output {
    let was_left = fleet.context.stop.is_requested() && all.iter().any(|audited| !audited.was_read);
    let exit = if was_left { Exit::TryAgain } else { most_telling(all.iter().map(|audited| audited.exit)) };
    let total = |status: Status| all.iter().map(|audited| audited.count(status)).sum::<usize>();
    let read = all.iter().filter(|audited| audited.was_read).count();
    let mut report: Report = fleet.context.report(outcome(all, read, exit));
    report.facts.push(Fact::new("databases", "databases", all.len()));
    report.facts.push(Fact::new("audited", "audited", read));
    report.facts.push(Fact::new("fail", "must be changed", total(Status::Fail)));
    report.facts.push(Fact::new("warn", "should be changed", total(Status::Warn)));
    report.facts.push(Fact::new("blind", "not seen", total(Status::Blind)));
    report.tables.push(table(fleet, all));
    let names = fleet.members().iter().map(|member| member.entry.name.as_str());
    let databases: Vec<(&str, Vec<Found>)> =
        names.zip(all).map(|(name, audited)| (name, audited.found.clone())).collect();
    report.findings = once(&databases, read);
    report.findings.extend(not_read(&databases, all));
    Output::Report(exit, Box::new(report))
}

fn outcome(all: &[Audited], read: usize, exit: Exit) -> Outcome {
    let with = |status: Status| all.iter().filter(|audited| audited.count(status) > 0).count();
    let summary = format!(
        "{read} of {} audited; {} with something that must be changed, {} with something that should be",
        counted(all.len(), "database"),
        with(Status::Fail),
        with(Status::Warn),
    );
    let worst = all.iter().flat_map(|audited| audited.found.iter().map(|found| found.status)).max();
    let status = match (exit, worst) {
        (Exit::Done, Some(Status::Warn | Status::Fail | Status::Blind)) => Status::Warn,
        (Exit::Done, _) => Status::Pass,
        _ => Status::Fail,
    };
    Outcome::new(exit.code(), status, summary)
}

fn table(fleet: &Fleet<'_>, all: &[Audited]) -> Table {
    let columns = [
        Column::text("name", "database"),
        Column::number("exit_code", "exit"),
        Column::number("fail", "must"),
        Column::number("warn", "should"),
        Column::number("info", "notes"),
        Column::number("blind", "not seen"),
        Column::text("worst", "the worst"),
    ];
    let mut table = Table::new("databases", "Databases", columns);
    for (member, audited) in fleet.members().iter().zip(all) {
        let count = |status: Status| -> Cell {
            if audited.was_read { audited.count(status).into() } else { Cell::Missing }
        };
        let worst = audited.found.iter().filter(|found| found.status > Status::Info);
        let worst = worst.max_by_key(|found| found.status).map(|found| found.check.clone());
        table.push([
            member.entry.name.as_str().into(),
            u32::from(audited.exit.code()).into(),
            count(Status::Fail),
            count(Status::Warn),
            count(Status::Info),
            count(Status::Blind),
            worst.into(),
        ]);
    }
    table
}

/// A database that was not audited is never a pass. Those for the same reason are told once.
fn not_read(databases: &[(&str, Vec<Found>)], all: &[Audited]) -> Vec<Finding> {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for ((name, _), audited) in databases.iter().zip(all).filter(|(_, audited)| !audited.was_read) {
        let reason = audited.error.as_deref().unwrap_or_else(|| audited.exit.meaning());
        reasons.entry(reason).or_default().push(name);
    }
    let told = reasons
        .into_iter()
        .map(|(reason, names)| Finding::new("fleet-not-audited", Status::Blind, reason).about(some(&names)));
    told.collect()
}
