//! How long each statement took, and what it read and wrote.

use super::locks::step_name;
use super::table::{Table, folded};
use super::timeline::notable;
use crate::evidence::{Evidence, Execution, Phase, Statement, Step};
use crate::html::markup::{each, escaped, given};
use crate::html::values::measured;
use crate::{Cell, counted, human_bytes, human_duration};

/// More steps than this are folded if nothing is to be noticed of them.
const STEPS_OPEN: usize = 20;
/// As much of a statement as is shown; the JSON has the whole.
const SQL_SHOWN: usize = 400;

const TABLE: Table<'_> = Table {
    first: "statement",
    columns: &[
        ("predicted", true),
        ("actual", true),
        ("waited", true),
        ("attempts", true),
        ("WAL", true),
        ("rows", true),
    ],
    class: "durations",
};

/// Every statement, below its step; what nobody notices is folded.
pub(super) fn durations(evidence: &Evidence) -> String {
    if evidence.steps.is_empty() {
        return String::new();
    }
    let (mut open, mut closed) = (String::new(), String::new());
    let mut number = 0;
    for (index, step) in evidence.steps.iter().enumerate() {
        let (shown, rest) = notable(step);
        let is_open = index < STEPS_OPEN || step.is_broken();
        let place = if is_open { &mut open } else { &mut closed };
        place.push_str(&(head(step) + &each(&shown, |it| row(it))));
        number += if is_open { rest.len() } else { step.statements.len() };
        if !rest.is_empty() {
            closed.push_str(&(head(step) + &each(&rest, |it| row(it))));
        }
    }
    let closed = given(Some(closed).filter(|it| !it.is_empty()), |rows| {
        folded(&counted(number, "more statement"), &TABLE.around(&rows))
    });
    TABLE.around(&open) + &closed
}

/// The step as a whole.
fn head(step: &Step) -> String {
    let cells = cells(step.predicted.as_ref(), step.actual.as_ref());
    TABLE.row("step", &(step_name(step) + &extras(step.actual.as_ref().or(step.predicted.as_ref()))), &cells)
}

fn row(statement: &Statement) -> String {
    let [predicted, actual] = Phase::BOTH.map(|phase| statement.execution(phase));
    let name = format!(
        "<span class=\"of\">line {}</span> <code class=\"object\">{}</code>{}",
        statement.line,
        escaped(&statement.brief(SQL_SHOWN)),
        extras(predicted) + &given(actual.and_then(|it| it.error.as_ref()), error)
    );
    TABLE.row("", &name, &cells(predicted, actual))
}

/// What was measured live counts before what was measured in the rehearsal.
fn cells(predicted: Option<&Execution>, actual: Option<&Execution>) -> [String; 6] {
    let known = |of: fn(&Execution) -> Option<u64>| actual.and_then(of).or_else(|| predicted.and_then(of));
    let took = |execution: Option<&Execution>| given(execution, |it| human_duration(it.duration_ms));
    [
        took(predicted),
        took(actual),
        given(known(|it| it.waited_ms).filter(|ms| *ms > 0), human_duration),
        given(known(|it| it.attempts).filter(|number| *number > 1), |number| number.to_string()),
        given(known(|it| it.wal_bytes), human_bytes),
        given(known(|it| it.rows_touched), |rows| measured(&Cell::from(rows))),
    ]
}

/// What is told only if it is so.
fn extras(execution: Option<&Execution>) -> String {
    let Some(execution) = execution else { return String::new() };
    let mut told: Vec<String> = Vec::new();
    told.extend(execution.batches.map(|number| format!("in {number} batches")));
    told.extend(execution.rows_scanned.map(|rows| format!("reads {} rows", measured(&Cell::from(rows)))));
    told.extend(execution.temporary_bytes.map(|bytes| format!("{} of temporary files", human_bytes(bytes))));
    let rewritten = execution.rewritten.iter().map(|it| format!("writes {} anew", escaped(it)));
    told.extend(rewritten);
    let told = given(Some(told).filter(|it| !it.is_empty()), |it| {
        format!("<span class=\"said\">{}</span>", it.join(", "))
    });
    told + &given(execution.error.as_ref(), error)
}

fn error(failure: &crate::Failure) -> String {
    let cause = failure.causes.first().unwrap_or(&failure.message);
    let state = given(failure.sqlstate.as_deref(), |state| format!(" (SQLSTATE {})", escaped(state)));
    format!("<span class=\"said broke\">✕ {}{state}</span>", escaped(cause))
}
