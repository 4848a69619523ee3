//! The pending statements as a table: how each runs, what it locks, what it works on, how big that is, and how long it takes.

use std::time::Duration;

use pgrefit_history::Way;
use pgrefit_lint::{Cost, Statement, TableWork, Usage};
use pgrefit_report::{Cell, Column, Table, counted};

use crate::Linted;
use crate::steps::lint::PendingStatement;

/// Every pending statement; nothing if there is none. For a terminal, statements that nobody notices are counted and not
/// listed, unless `lists_all`.
#[must_use]
pub fn statements_table(linted: &Linted, lists_all: bool) -> Option<Table> {
    let columns = [
        Column::text("name", "migration"),
        Column::number("line", "line"),
        Column::text("statement", "statement"),
        Column::text("transaction", "transaction"),
        Column::text("lock", "lock"),
        Column::text("work", "work"),
        Column::number("rows", "rows"),
        Column::number("table_bytes", "table"),
        Column::number("writes_per_s", "writes").in_unit("1/s"),
        Column::number("estimated_ms", "about"),
        Column::number("held_ms", "lock held"),
        Column::number("findings", "findings"),
    ];
    let mut table = Table::new(ID, TITLE, columns);
    let held = held(linted.statements());
    for (statement, held) in linted.statements().iter().zip(&held) {
        let facts = statement.facts.as_ref();
        let usage = facts.and_then(|facts| facts.usage);
        table.push([
            statement.title.as_str().into(),
            statement.place.line.into(),
            what(facts).into(),
            way(statement.way).into(),
            words(facts.map(locks)),
            words(facts.map(|facts| listed(facts, |_| true))),
            usage.and_then(|usage| usage.rows).into(),
            size(usage.as_ref()),
            usage.and_then(|usage| usage.writes_per_s).into(),
            time(facts),
            held.clone(),
            statement.findings.into(),
        ]);
    }
    let is_empty = table.rows.is_empty();
    table.brief = Some(Box::new(brief(linted.statements(), lists_all)));
    (!is_empty).then_some(table)
}

const ID: &str = "statements";
const TITLE: &str = "Statements";

/// What fits in a terminal.
fn brief(statements: &[PendingStatement], lists_all: bool) -> Table {
    let columns = [
        Column::text("place", "where"),
        Column::text("statement", "statement"),
        Column::text("transaction", "in"),
        Column::text("lock", "lock"),
        Column::text("work", "work"),
        Column::number("table_bytes", "table"),
        Column::number("estimated_ms", "about"),
        Column::number("held_ms", "held"),
        Column::number("findings", "findings"),
    ];
    let mut table = Table::new(ID, TITLE, columns);
    for file in statements.chunk_by(|one, other| one.version == other.version) {
        let held = held(file);
        let quiet = file.iter().filter(|statement| is_quiet(statement)).count();
        let folds = !lists_all && quiet > 1;
        for (statement, held) in file.iter().zip(held).filter(|(it, _)| !(folds && is_quiet(it))) {
            let facts = statement.facts.as_ref();
            table.push([
                format!("V{}:{}", statement.version, statement.place.line).into(),
                what(facts).into(),
                way(statement.way).into(),
                facts.and_then(|facts| facts.locks.first()).map(|(_, mode)| mode.sql()).into(),
                words(facts.map(|facts| listed(facts, |it| facts.table.as_ref() != Some(&it.table)))),
                size(facts.and_then(|facts| facts.usage).as_ref()),
                time(facts),
                held,
                (statement.findings > 0).then_some(statement.findings).into(),
            ]);
        }
        if let Some(first) = file.first().filter(|_| folds) {
            let others = if quiet == file.len() { "statement" } else { "other" };
            let text = format!("{}, unnoticed", counted(quiet, others));
            let mut row = vec![Cell::from(format!("V{}", first.version)), text.into()];
            row.resize(table.columns.len(), Cell::Text(String::new()));
            table.push(row);
        }
    }
    table
}

/// How long each statement's lock is held: it and what follows in the same transaction. Missing without a lock, and where
/// some of that work cannot be told.
fn held(statements: &[PendingStatement]) -> Vec<Cell> {
    let mut cells = Vec::with_capacity(statements.len());
    let mut behind: Option<(i64, Way, Option<Duration>)> = None;
    for statement in statements.iter().rev() {
        let own = statement.facts.as_ref().and_then(duration);
        let rest = match behind {
            Some((version, way @ Way::Together(_), rest))
                if (version, way) == (statement.version, statement.way) =>
            {
                rest
            }
            _ => Some(Duration::ZERO),
        };
        let all = own.zip(rest).map(|(own, rest)| own + rest);
        behind = Some((statement.version, statement.way, all));
        let locks = statement.facts.as_ref().is_some_and(|facts| !facts.locks.is_empty());
        cells.push(all.filter(|_| locks).map_or(Cell::Missing, Cell::duration));
    }
    cells.reverse();
    cells
}

/// Whether nobody notices the statement, and there is nothing to say of it.
fn is_quiet(statement: &PendingStatement) -> bool {
    let is_idle = |facts: &Statement| facts.locks.is_empty() && facts.work.is_empty();
    statement.findings == 0 && statement.facts.as_ref().is_some_and(is_idle)
}

/// Command and table.
fn what(facts: Option<&Statement>) -> String {
    match facts {
        None => "sent as it is: not understood".to_owned(),
        Some(facts) => match &facts.table {
            Some(table) => format!("{} {table}", facts.command),
            None => facts.command.to_owned(),
        },
    }
}

fn way(way: Way) -> String {
    match way {
        Way::Together(number) => number.to_string(),
        Way::Alone => "alone".to_owned(),
        Way::Batches => "batches".to_owned(),
        Way::Setting => "each".to_owned(),
    }
}

/// The locks that others notice, strongest first; tables locked alike together.
fn locks(facts: &Statement) -> String {
    let groups = facts.locks.chunk_by(|(_, one), (_, other)| one == other);
    let words = groups.filter_map(|group| {
        let (_, mode) = group.first()?;
        let tables: Vec<&str> = group.iter().map(|(table, _)| table.as_str()).collect();
        Some(format!("{} on {}", mode.sql(), tables.join(", ")))
    });
    words.collect::<Vec<_>>().join("; ")
}

/// The works of a statement; which of them name their table, the caller says.
fn listed(facts: &Statement, names_table: impl Fn(&TableWork) -> bool) -> String {
    let words = facts.work.iter().map(|work| {
        let (noun, link) = noun(work);
        if names_table(work) { format!("{noun} {link} {}", work.table) } else { noun.to_owned() }
    });
    words.collect::<Vec<_>>().join(", ")
}

/// Words, if there are any.
fn words(text: Option<String>) -> Cell {
    text.filter(|text| !text.is_empty()).into()
}

fn noun(work: &TableWork) -> (&'static str, &'static str) {
    match (work.cost, work.partly) {
        (Cost::Loss, _) => ("loss", "of"),
        (Cost::Scan, _) => ("scan", "of"),
        (Cost::Build, _) => ("index build", "on"),
        (Cost::LookUp, _) => ("key check", "of"),
        (Cost::Rewrite, _) => ("rewrite", "of"),
        (Cost::Change, false) => ("change of all", "of"),
        (Cost::Change, true) => ("change of some", "of"),
    }
}

/// Bytes of the rows; missing when nobody has measured them.
fn size(usage: Option<&Usage>) -> Cell {
    let known = usage.filter(|usage| usage.bytes > 0 || usage.rows.is_some());
    known.map_or(Cell::Missing, |usage| Cell::Bytes(usage.bytes))
}

/// The estimate for all work of a statement; missing when there is none, or some of it cannot be told.
fn time(facts: Option<&Statement>) -> Cell {
    let worked = facts.filter(|facts| !facts.work.is_empty());
    worked.and_then(duration).map_or(Cell::Missing, Cell::duration)
}

fn duration(facts: &Statement) -> Option<Duration> {
    facts.work.iter().map(TableWork::time).sum()
}
