//! A VALIDATE that keeps the lock of its ADD.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use crate::weigh::Cost;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "validate-in-same-transaction",
    title: "A constraint is validated in the transaction that adds it.",
    level: Status::Fail,
    happens: "ADD … NOT VALID takes its strong lock until the end of the transaction; VALIDATE in the same \
         transaction reads every row under it. That is what NOT VALID was to prevent.",
    safe: "Put VALIDATE CONSTRAINT into a later migration, which has a transaction of its own and reads under \
         SHARE UPDATE EXCLUSIVE.",
    before: include_str!("validate_in_same_transaction/before.sql"),
    bad: include_str!("validate_in_same_transaction/bad.sql"),
    good: include_str!("validate_in_same_transaction/good.sql"),
    also: &[],
    claims: &[Claim::Locks("orders", LockMode::AccessExclusive), Claim::Scans("orders")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::ValidateConstraint { table, name } = &action.kind else { return };
    if case.is_new(table) {
        return;
    }
    // One statement takes one lock, the strongest that any of its actions needs.
    let beside = case.whole.iter().find(|(other, inside)| {
        inside.is_none() && !matches!(other.kind, Kind::ValidateConstraint { .. } | Kind::Other)
    });
    let is_fresh =
        |name: &str| case.schema.table(table).and_then(|table| table.constraint(name)?.added.clone());
    if let (Some((other, _)), None, None) =
        (beside, case.inside, is_fresh(name).filter(|(at, _)| *at == case.moment))
    {
        found
            .add(&action.span, format!("reads every row of {table} under the lock of what stands beside it"))
            .about(table)
            .caret("reads every row")
            .label(&other.span, "one statement takes one lock")
            .cost(case.cost(table, Cost::Scan))
            .help("give VALIDATE CONSTRAINT a statement and a migration of its own");
        return;
    }
    let constraint = case.schema.table(table).and_then(|table| table.constraint(name));
    let Some((moment, span)) = constraint.and_then(|constraint| constraint.added.clone()) else { return };
    if moment != case.moment {
        return;
    }
    found
        .add(&action.span, format!("reads every row of {table} under the lock that adding {name} has taken"))
        .about(table)
        .caret("reads every row")
        .label(&span, "takes a strong lock until the end of the transaction")
        .cost(case.cost(table, Cost::Scan))
        .help("validate it in a later migration");
}
