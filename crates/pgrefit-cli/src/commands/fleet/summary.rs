//! The result of a run on a fleet: a row a database, and one exit code.

use pgrefit_fleet::{Error, Halt, Past, Record, Run};
use pgrefit_report::{Cell, Column, Fact, Finding, Outcome, Status, Table, counted};

use super::done::Done;
use super::members::Fleet;
use super::verdict::most_telling;
use crate::{Exit, Failed, Output};

/// So many rows are shown on a terminal whatever they say; of more, only those that did not do what they should.
const ROWS_SHOWN: usize = 60;

/// A database in the result.
struct Row<'a> {
    name: &'a str,
    wave: Option<usize>,
    end: End<'a>,
}

/// What became of a database.
enum End<'a> {
    /// By this run.
    Now(&'a Done, u32),
    /// By an earlier run.
    Before(&'a Record),
    /// Nothing: it was not begun.
    Left,
}

/// Why no further database was taken, in words.
pub(super) fn halted(halt: &Halt, name: impl Fn(usize) -> String) -> String {
    match halt {
        Halt::Canary(index) => format!("the canary {} failed", name(*index)),
        Halt::Rule { failed, ended } => format!("{failed} of {ended} databases failed"),
        Halt::Stopped => "interrupted".to_owned(),
    }
}

/// What became of the fleet.
type Course = Run<Done, Error>;

/// The result of a run. One whose journal could not be written on has failed, and what became of the databases is told all the same.
pub(super) fn output(
    fleet: &Fleet<'_>,
    mut run: Course,
    past: &Past,
    note: Option<String>,
) -> Result<Output, Failed> {
    let broken = run.error.take().map(Failed::from);
    let rows = rows(fleet, &run, past);
    let exit = exit(&run, broken.as_ref());
    let mut report = fleet.context.report(outcome(fleet, &run, &rows, exit));
    let (reached, failed) = counts(&rows);
    report.facts.push(Fact::new("databases", "databases", rows.len()));
    report.facts.push(Fact::new("reached", "reached", reached));
    report.facts.push(Fact::new("failed", "failed", failed));
    report.facts.push(Fact::new("not_begun", "not begun", rows.len() - reached - failed));
    report.tables.push(table(&rows));
    report.findings.extend(note.map(|note| Finding::new("fleet-resumed", Status::Info, note)));
    report.findings.extend(rows.iter().filter_map(finding));
    match broken {
        Some(failed) => Err(failed.exit(exit).with_report(report)),
        None => Ok(Output::Report(exit, Box::new(report))),
    }
}

fn rows<'a>(fleet: &'a Fleet<'_>, run: &'a Course, past: &'a Past) -> Vec<Row<'a>> {
    let row = |(index, member): (usize, &'a super::members::Member)| {
        let name = member.entry.name.as_str();
        let ended = run.ended.iter().find(|ended| ended.place == index);
        let before = past.records.get(name).filter(|record| record.reached);
        let (wave, end) = match (ended, before) {
            (Some(ended), _) => (Some(ended.wave), End::Now(&ended.result, ended.attempts)),
            (None, Some(record)) => (Some(record.wave), End::Before(record)),
            (None, None) => (None, End::Left),
        };
        Row { name, wave, end }
    };
    fleet.members().iter().enumerate().map(row).collect()
}

/// How many are where they should be, and how many failed.
fn counts(rows: &[Row<'_>]) -> (usize, usize) {
    let reached = rows.iter().filter(|row| row.end.is_reached()).count();
    (reached, rows.iter().filter(|row| row.end.is_failure()).count())
}

/// An interrupted run asks to be run again, whatever else it has met; that is met again.
fn exit(run: &Course, broken: Option<&Failed>) -> Exit {
    if run.halt == Some(Halt::Stopped) {
        return Exit::TryAgain;
    }
    let broken = broken.map(|failed| failed.exit);
    most_telling(run.ended.iter().map(|ended| ended.result.exit).chain(broken))
}

fn outcome(fleet: &Fleet<'_>, run: &Course, rows: &[Row<'_>], exit: Exit) -> Outcome {
    let (reached, failed) = counts(rows);
    let left = rows.len() - reached - failed;
    let mut summary = format!("{reached} of {} reached", counted(rows.len(), "database"));
    if failed > 0 {
        summary = format!("{summary}, {failed} failed");
    }
    if left > 0 {
        summary = format!("{summary}, {left} not begun");
    }
    if let Some(halt) = &run.halt {
        summary = format!("{summary}: {}", halted(halt, |index| fleet.entry(index).name.clone()));
    }
    if exit != Exit::Done {
        summary = format!("{summary}; run it again with --resume to go on");
    }
    Outcome::new(exit.code(), if exit == Exit::Done { Status::Pass } else { Status::Fail }, summary)
}

impl End<'_> {
    fn is_reached(&self) -> bool {
        matches!(self, Self::Before(_)) || matches!(self, Self::Now(done, _) if done.exit == Exit::Done)
    }

    fn is_failure(&self) -> bool {
        matches!(self, Self::Now(done, _) if done.exit != Exit::Done)
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Now(Done { exit: Exit::Done, was_there: true, .. }, _) => "was there",
            Self::Now(Done { exit: Exit::Done, .. }, _) => "reached",
            Self::Now(Done { exit: Exit::TryAgain, .. }, _) => "try again",
            Self::Now(..) => "failed",
            Self::Before(_) => "reached before",
            Self::Left => "not begun",
        }
    }
}

fn table(rows: &[Row<'_>]) -> Table {
    let mut table = empty("Databases".to_owned());
    for row in rows {
        table.push(cells(row));
    }
    if rows.len() > ROWS_SHOWN {
        let told: Vec<&Row<'_>> = rows.iter().filter(|row| !row.end.is_reached()).collect();
        let mut brief = empty(format!("Databases: the {} of {} that are not there", told.len(), rows.len()));
        for row in told {
            brief.push(cells(row));
        }
        table.brief = Some(Box::new(brief));
    }
    table
}

fn empty(title: String) -> Table {
    let columns = [
        Column::text("name", "database"),
        Column::text("wave", "wave"),
        Column::text("outcome", "outcome"),
        Column::number("exit_code", "exit"),
        Column::number("from", "from"),
        Column::number("to", "to"),
        Column::number("attempts", "tries"),
        Column::number("duration_ms", "took"),
        Column::text("error", "error"),
    ];
    Table::new("databases", title, columns)
}

fn cells(row: &Row<'_>) -> [Cell; 9] {
    let wave = row.wave.map_or(Cell::Missing, |wave| match wave {
        0 => "canary".into(),
        number => number.to_string().into(),
    });
    let start = [row.name.into(), wave, row.end.word().into()];
    let rest: [Cell; 6] = match &row.end {
        End::Now(done, attempts) => [
            u32::from(done.exit.code()).into(),
            done.from.into(),
            done.to.into(),
            (*attempts).into(),
            Cell::DurationMs(done.duration_ms()),
            done.error.clone().into(),
        ],
        End::Before(record) => [
            u32::from(record.exit_code).into(),
            record.from.into(),
            record.to.into(),
            Cell::Missing,
            Cell::DurationMs(record.duration_ms),
            Cell::Missing,
        ],
        End::Left => std::array::from_fn(|_| Cell::Missing),
    };
    let [name, wave, outcome] = start;
    let [exit, from, to, attempts, took, error] = rest;
    [name, wave, outcome, exit, from, to, attempts, took, error]
}

/// What went wrong with a database, whole, with what helps.
fn finding(row: &Row<'_>) -> Option<Finding> {
    let End::Now(done, _) = &row.end else { return None };
    if done.exit == Exit::Done {
        return None;
    }
    let status = if done.exit == Exit::TryAgain { Status::Warn } else { Status::Fail };
    let said = done.error.as_deref().unwrap_or_default();
    let said = if said.is_empty() { done.exit.meaning() } else { said };
    let message = format!("{said} (exit code {})", done.exit.code());
    let finding = Finding::new("fleet-database-failed", status, message).about(row.name);
    Some(match &done.hint {
        Some(hint) => finding.hint(hint.as_str()),
        None => finding,
    })
}
