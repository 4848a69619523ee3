//! A column with its values.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use crate::weigh::Cost;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "drop-column",
    title: "A column is dropped with its values.",
    level: Status::Fail,
    happens: "The values are gone, and every query that names the column, or that prepared a SELECT *, fails from \
         that moment on.",
    safe: "First a release that does not read or write the column any more; then drop it, with -- pgrefit:allow \
         drop-column <reason>.",
    before: include_str!("drop_column/before.sql"),
    bad: include_str!("drop_column/bad.sql"),
    good: include_str!("drop_column/good.sql"),
    also: &[],
    claims: &[Claim::Locks("orders", LockMode::AccessExclusive), Claim::BreaksPrepared("orders")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::DropColumn { table, column, .. } = &action.kind else { return };
    let known = case.schema.table(table);
    let is_missing = known.is_some_and(|known| known.complete && known.column(column).is_none());
    let added_here = known
        .and_then(|table| table.column(column)?.added)
        .is_some_and(|added| added.file == case.moment.file);
    if case.is_new(table) || added_here || is_missing {
        return;
    }
    found
        .add(&action.span, format!("drops {table}.{column} with its values"))
        .status(case.loss())
        .about(table)
        .caret("the values are gone")
        .cost(case.cost(table, Cost::Loss))
        .help("if it is meant: -- pgrefit:allow drop-column <reason>");
}
