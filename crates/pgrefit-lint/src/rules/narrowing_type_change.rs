//! A type change that values may not survive.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, Kind};
use crate::case::Case;
use crate::conversion::change;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use crate::types::TypeChange;
use crate::weigh::Cost;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "narrowing-type-change",
    title: "A column gets a type that some of its values may not fit.",
    level: Status::Fail,
    happens: "A value that does not fit is an error, or it is rounded or cut and cannot be got back; and every row \
         is written anew under ACCESS EXCLUSIVE.",
    safe: "Look whether all values fit, and keep the wide type behind a CHECK; or go by a second column. If \
         losing digits is meant: -- pgrefit:allow narrowing-type-change <reason>.",
    before: include_str!("narrowing_type_change/before.sql"),
    bad: include_str!("narrowing_type_change/bad.sql"),
    good: include_str!("narrowing_type_change/good.sql"),
    also: &["type-change-breaks-prepared"],
    claims: &[Claim::Locks("orders", LockMode::AccessExclusive), Claim::Rewrites("orders")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::SetType { table, column, to, using, .. } = &action.kind else { return };
    if case.is_new(table) {
        return;
    }
    let old = case.schema.column_type(table, column);
    if change(case.schema, old, to, column, using.as_deref()) != TypeChange::Narrows {
        return;
    }
    let from = old.map_or_else(String::new, |old| format!("from {old} "));
    found
        .add(&action.span, format!("{from}to {to}: values that do not fit are lost or an error, and every row of {table} is written anew"))
        .about(table)
        .caret(format!("ACCESS EXCLUSIVE on {table} until it is written"))
        .cost(case.cost(table, Cost::Rewrite))
        .help("hold the limit by a CHECK … NOT VALID instead");
}
