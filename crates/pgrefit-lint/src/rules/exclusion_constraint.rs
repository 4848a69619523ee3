//! An exclusion constraint, which has no online form.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, ConstraintKind, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use crate::weigh::Cost;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "exclusion-constraint",
    title: "An exclusion constraint is added to a table that is in use.",
    level: Status::Fail,
    happens: "ADD EXCLUDE builds its index under ACCESS EXCLUSIVE. There is no form of it beside the traffic: \
         EXCLUDE takes neither NOT VALID nor USING INDEX.",
    safe: "Make a new table with the constraint, keep it in step by a trigger, backfill it, and swap the two by \
         name; or do it in a maintenance window.",
    before: include_str!("exclusion_constraint/before.sql"),
    bad: include_str!("exclusion_constraint/bad.sql"),
    good: include_str!("exclusion_constraint/good.sql"),
    also: &[],
    claims: &[Claim::Locks("orders", LockMode::AccessExclusive), Claim::Scans("orders")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::AddConstraint { table, constraint } = &action.kind else { return };
    if matches!(constraint.kind, ConstraintKind::Exclude) && !case.is_new(table) {
        found
            .add(
                &constraint.span,
                format!("builds an index on {table} while nobody can use the table, and has no online form"),
            )
            .about(table)
            .caret(format!("ACCESS EXCLUSIVE on {table} until the index is built"))
            .cost(case.cost(table, Cost::Build))
            .help("a new table with the constraint and a swap by name, or a maintenance window");
    }
}
