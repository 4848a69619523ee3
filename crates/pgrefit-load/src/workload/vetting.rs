//! What makes no sense in a workload.

use super::read::wrong;
use super::{LoadStatement, Workload};
use crate::{Error, ParamSource, Params};

/// Commands that begin or end a transaction, stay in the session, or have the client send something while they run.
const NOT_ALONE: [&str; 22] = [
    "ABORT",
    "BEGIN",
    "CHECKPOINT",
    "CLOSE",
    "COMMIT",
    "COPY",
    "DEALLOCATE",
    "DECLARE",
    "DISCARD",
    "END",
    "EXECUTE",
    "FETCH",
    "LISTEN",
    "LOAD",
    "PREPARE",
    "RELEASE",
    "RESET",
    "ROLLBACK",
    "SAVEPOINT",
    "SET",
    "START",
    "UNLISTEN",
];

pub(super) fn check(workload: &Workload) -> Result<(), Error> {
    let statements = &workload.statements;
    if statements.is_empty() {
        return Err(wrong("it has no statements".to_owned()));
    }
    for (place, statement) in statements.iter().enumerate() {
        check_statement(statement, &statements[..place]).map_err(wrong)?;
    }
    if statements.iter().all(|statement| statement.weight == 0) {
        return Err(wrong("no statement has a weight above 0".to_owned()));
    }
    Ok(())
}

/// One statement, and its name against those before it.
pub(super) fn check_statement(statement: &LoadStatement, before: &[LoadStatement]) -> Result<(), String> {
    let name = &statement.name;
    if before.iter().any(|other| other.name == *name) {
        return Err(format!("two statements are called \"{name}\""));
    }
    let refused = |what: String| Err(format!("\"{name}\": {what}"));
    if name.trim().is_empty() {
        return Err("a statement has no name".to_owned());
    }
    if statement.sql.contains('\0') {
        return refused("its text has a zero byte".to_owned());
    }
    let Some(word) = pgrefit_pg::wire::first_word(&statement.sql) else {
        return refused("it has no text".to_owned());
    };
    if let Some(word) = NOT_ALONE.iter().find(|known| known.eq_ignore_ascii_case(word)) {
        return refused(format!("{word} cannot be a transaction of its own"));
    }
    match fault(&statement.params) {
        Some(what) => refused(what),
        None => Ok(()),
    }
}

fn fault(params: &Params) -> Option<String> {
    match params {
        Params::Rows(rows) if rows.is_empty() => Some("it has no rows".to_owned()),
        Params::Rows(rows) if rows.iter().any(|row| row.len() != rows[0].len()) => {
            Some("its rows differ in length".to_owned())
        }
        Params::Query { rows_max: 0, .. } => Some("it keeps no rows".to_owned()),
        Params::Rows(_) | Params::Query { .. } => None,
        Params::Each(sources) => {
            let empty = sources.iter().position(|source| !has_value(source))?;
            Some(format!("the source of ${} has no value", empty + 1))
        }
    }
}

fn has_value(source: &ParamSource) -> bool {
    match source {
        ParamSource::Values(values) => !values.is_empty(),
        ParamSource::Query { rows_max, .. } => *rows_max > 0,
        ParamSource::Integer { min, max } => min <= max,
        ParamSource::Zipf { min, max, exponent } => min <= max && *exponent > 0.0 && *exponent <= 10.0,
        ParamSource::Text { min, max } => min <= max && *max <= 1_000_000,
        ParamSource::Uuid | ParamSource::Serial { .. } => true,
    }
}
