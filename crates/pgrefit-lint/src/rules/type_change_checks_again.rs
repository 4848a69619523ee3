//! A free type change that checks constraints again.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, ConstraintKind, Kind};
use crate::case::Case;
use crate::conversion::change;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use crate::types::TypeChange;
use crate::weigh::Cost;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "type-change-checks-again",
    title: "A type change that rewrites nothing reads every row, because the column has a CHECK.",
    level: Status::Fail,
    happens: "ALTER COLUMN … TYPE makes each CHECK of the column anew and looks at every row under ACCESS EXCLUSIVE, \
         also where the rows themselves stay as they are.",
    safe: "Drop the CHECK in the same statement, add it again NOT VALID, and validate it in a later migration.",
    before: include_str!("type_change_checks_again/before.sql"),
    bad: include_str!("type_change_checks_again/bad.sql"),
    good: include_str!("type_change_checks_again/good.sql"),
    also: &["type-change-breaks-prepared"],
    claims: &[Claim::Locks("prices", LockMode::AccessExclusive), Claim::Scans("prices")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::SetType { table, column, to, using, .. } = &action.kind else { return };
    let old = case.schema.column_type(table, column);
    let known = case.schema.table(table).filter(|_| !case.is_new(table));
    let check = known.and_then(|known| {
        known.constraints.iter().find(|constraint| {
            matches!(constraint.kind, ConstraintKind::Check(_))
                && constraint.validated
                && constraint.columns.contains(column)
        })
    });
    let Some(check) = check else { return };
    // What is written anew is read anyway.
    let change = change(case.schema, old, to, column, using.as_deref());
    if !matches!(
        change,
        TypeChange::CatalogOnly | TypeChange::Reindexed | TypeChange::CatalogOnlyInUtc | TypeChange::Unknown
    ) {
        return;
    }
    let name = check.name.as_deref().unwrap_or("a CHECK");
    found
        .add(
            &action.span,
            format!("{name} is checked again: reads every row of {table} while nobody can use it"),
        )
        .about(table)
        .caret(format!("ACCESS EXCLUSIVE on {table} until all rows are read"))
        .cost(case.cost(table, Cost::Scan))
        .help("drop the CHECK in the same statement, add it again NOT VALID, and validate it later");
}
