//! A function that names what is dropped.

use crate::action::{Action, Kind, NewRoutine, What};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Judge, Rule};
use pgrefit_report::Status;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "function-uses-dropped",
    title: "A function still names what is dropped or renamed.",
    level: Status::Warn,
    happens: "The server does not look into the bodies of functions: the drop succeeds, and the function fails when \
         it is called the next time.",
    safe: "Replace the function before, in the same transaction.",
    before: include_str!("function_uses_dropped/before.sql"),
    bad: include_str!("function_uses_dropped/bad.sql"),
    good: include_str!("function_uses_dropped/good.sql"),
    also: &["drop-column"],
    claims: &[],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let (table, column) = match &action.kind {
        Kind::DropColumn { table, column, .. } | Kind::RenameColumn { table, from: column, .. } => {
            (table, Some(column))
        }
        Kind::Drop { what: What::Table | What::View, name, .. } => (name, None),
        Kind::RenameTable { table, .. } => (table, None),
        _ => return,
    };
    if case.is_new(table) {
        return;
    }
    let uses = |routine: &&NewRoutine| {
        routine.words.contains(&table.name) && column.is_none_or(|column| routine.words.contains(column))
    };
    let mut names: Vec<String> = case
        .schema
        .routines
        .values()
        .flatten()
        .filter(uses)
        .map(|routine| format!("{}()", routine.name))
        .collect();
    if names.is_empty() {
        return;
    }
    names.sort();
    let what = column.map_or_else(|| table.to_string(), |column| format!("{table}.{column}"));
    found
        .add(&action.span, format!("{} names {what} and will fail when it is called", names.join(", ")))
        .about(table)
        .help("replace the function before, in the same transaction");
}
