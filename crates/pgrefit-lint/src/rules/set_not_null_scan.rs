//! SET NOT NULL that reads every row.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, ConstraintKind, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use crate::weigh::Cost;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "set-not-null-scan",
    title: "SET NOT NULL reads the whole table while nobody can use it.",
    level: Status::Fail,
    happens: "SET NOT NULL takes ACCESS EXCLUSIVE and reads every row, unless a validated CHECK (column IS NOT NULL) \
         already says that there are no nulls.",
    safe: "ADD CHECK (column IS NOT NULL) NOT VALID; VALIDATE it in a later transaction; then SET NOT NULL, which \
         finds it proven and reads nothing; DROP the CHECK. From PostgreSQL 18 on: ADD CONSTRAINT … NOT NULL \
         column NOT VALID, then VALIDATE.",
    before: include_str!("set_not_null_scan/before.sql"),
    bad: include_str!("set_not_null_scan/bad.sql"),
    good: include_str!("set_not_null_scan/good.sql"),
    also: &[],
    claims: &[Claim::Locks("orders", LockMode::AccessExclusive), Claim::Scans("orders")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let (table, column) = match &action.kind {
        Kind::SetNotNull { table, column } => (table, column),
        Kind::AddConstraint { table, constraint }
            if matches!(constraint.kind, ConstraintKind::NotNull) && !constraint.waits =>
        {
            let Some(column) = constraint.columns.first() else { return };
            (table, column)
        }
        _ => return,
    };
    if case.is_new(table) || case.schema.table(table).is_some_and(|table| table.proves_not_null(column)) {
        return;
    }
    let draft =
        found.add(&action.span, format!("reads every row of {table} for nulls while nobody can use it"));
    draft.about(table).caret(format!("ACCESS EXCLUSIVE on {table} until all rows are read"));
    draft.cost(case.cost(table, Cost::Scan));
    draft.help("let a validated CHECK prove it first");
    draft.sql(
        format!(
            "ALTER TABLE {table} ADD CONSTRAINT {column}_not_null CHECK ({column} IS NOT NULL) NOT VALID;\n\
             -- in a later migration:\nALTER TABLE {table} VALIDATE CONSTRAINT {column}_not_null;\n\
             -- in a third one:\nALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL;\n\
             ALTER TABLE {table} DROP CONSTRAINT {column}_not_null;"
        ),
        LockMode::AccessExclusive,
    );
}
