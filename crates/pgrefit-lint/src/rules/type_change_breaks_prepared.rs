//! Prepared statements that fail once after a type change.

use crate::action::{Action, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use pgrefit_report::Status;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "type-change-breaks-prepared",
    title: "Prepared statements that return the column fail once.",
    level: Status::Info,
    happens: "A pool that keeps prepared statements gets SQLSTATE 0A000, cached plan must not change result type, on \
         each connection that has prepared a query returning the column; also when the change itself is free.",
    safe: "Nothing on the server. Let the application prepare again and retry once outside of a transaction, as \
         pgrefit-pool does; or restart it behind the migration.",
    before: include_str!("type_change_breaks_prepared/before.sql"),
    bad: include_str!("type_change_breaks_prepared/bad.sql"),
    good: include_str!("type_change_breaks_prepared/good.sql"),
    also: &[],
    claims: &[Claim::BreaksPrepared("orders")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::SetType { table, column, to, .. } = &action.kind else { return };
    if case.is_new(table) || case.schema.column_type(table, column) == Some(to) {
        return;
    }
    found
        .add(&action.span, format!("prepared statements that return {table}.{column} fail once: cached plan must not change result type"))
        .about(table)
        .help("the application must prepare again and retry, or be restarted");
}
