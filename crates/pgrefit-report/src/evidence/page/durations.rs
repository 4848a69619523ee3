//! How long each statement took, and what it read and wrote.

use super::locks::step_name;
use super::noticed::{is_noticed, notable_statements};
use super::table::{Table, folded};
use crate::evidence::{Evidence, Execution, Phase, Statement, Step};
use crate::html::markup::{each, escaped, given};
use crate::html::values::measured;
use crate::{Cell, counted, human_bytes, human_duration};

/// With more steps than this, those of which nothing is to be noticed are folded.
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
    for step in &evidence.steps {
        let (shown, rest) = notable_statements(step);
        let is_open = evidence.steps.len() <= STEPS_OPEN || is_noticed(step);
        let place = if is_open { &mut open } else { &mut closed };
        place.push_str(&head(step));
        if step.statements.len() > 1 {
            place.push_str(&each(&shown, |it| row(it)));
        }
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

/// The step as a whole; with its statement, if there is but one.
fn head(step: &Step) -> String {
    let one = step.statements.first().filter(|_| step.statements.len() == 1);
    let [predicted, actual] =
        Phase::BOTH.map(|phase| step.execution(phase).or_else(|| one.and_then(|it| it.execution(phase))));
    let statement = given(one, |it| format!("<span class=\"said\">{}</span>", statement_name(it)));
    let name = step_name(step)
        + &statement
        + &extras(&[predicted, actual, one.and_then(|it| it.predicted.as_ref())]);
    TABLE.row("step", &name, &cells(predicted, actual))
}

fn row(statement: &Statement) -> String {
    let [predicted, actual] = Phase::BOTH.map(|phase| statement.execution(phase));
    TABLE.row("", &(statement_name(statement) + &extras(&[predicted, actual])), &cells(predicted, actual))
}

fn statement_name(statement: &Statement) -> String {
    let sql = escaped(&statement.brief(SQL_SHOWN));
    format!("<span class=\"of\">line {}</span> <code class=\"object\">{sql}</code>", statement.line)
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

/// What is told only if it is so, by the first of these executions that knows it.
fn extras(executions: &[Option<&Execution>]) -> String {
    let known = || executions.iter().flatten();
    let mut told: Vec<String> = Vec::new();
    told.extend(known().find_map(|it| it.batches).map(|number| format!("in {number} batches")));
    let scanned = known().find_map(|it| it.rows_scanned);
    told.extend(scanned.map(|rows| format!("reads {} rows", measured(&Cell::from(rows)))));
    let temporary = known().find_map(|it| it.temporary_bytes).filter(|bytes| *bytes > 0);
    told.extend(temporary.map(|bytes| format!("{} of temporary files", human_bytes(bytes))));
    let rewritten = known().find(|it| !it.rewritten.is_empty());
    told.extend(
        rewritten.into_iter().flat_map(|it| &it.rewritten).map(|it| format!("writes {} anew", escaped(it))),
    );
    let told = given(Some(told).filter(|it| !it.is_empty()), |it| {
        format!("<span class=\"said\">{}</span>", it.join(", "))
    });
    // The same failure may be told of a step and of its statement.
    let broken = known().filter_map(|it| it.error.as_ref()).next_back();
    told + &given(broken, error)
}

fn error(failure: &crate::Failure) -> String {
    let cause = failure.causes.first().unwrap_or(&failure.message);
    let state = given(failure.sqlstate.as_deref(), |state| format!(" (SQLSTATE {})", escaped(state)));
    format!("<span class=\"said broke\">✕ {}{state}</span>", escaped(cause))
}
