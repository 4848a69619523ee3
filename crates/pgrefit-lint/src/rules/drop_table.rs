//! A table with its rows.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, Kind, What};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use crate::weigh::Cost;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "drop-table",
    title: "A table is dropped with its rows.",
    level: Status::Fail,
    happens: "The rows are gone, and what still asks for them fails from that moment on. Only a backup brings them \
         back.",
    safe: "First a release that does not use the table any more; then rename it and wait; then drop it, with -- \
         pgrefit:allow drop-table <reason>.",
    before: include_str!("drop_table/before.sql"),
    bad: include_str!("drop_table/bad.sql"),
    good: include_str!("drop_table/good.sql"),
    also: &[],
    claims: &[Claim::Locks("orders", LockMode::AccessExclusive), Claim::Loses("orders")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::Drop { what: What::Table, name, .. } = &action.kind else { return };
    if case.is_new(name) || (case.schema.is_whole && case.schema.table(name).is_none()) {
        return;
    }
    found
        .add(&action.span, format!("drops {name} with its rows"))
        .status(case.loss())
        .about(name)
        .caret("the rows are gone")
        .cost(case.cost(name, Cost::Loss))
        .help("if it is meant: -- pgrefit:allow drop-table <reason>");
}
