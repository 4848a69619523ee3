//! SET NOT NULL that reads every row.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, ConstraintKind, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::quote;
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
    // What the same statement drops is gone when it looks for nulls.
    let gone = case.constraints_dropped();
    if case.is_new(table)
        || case.schema.table(table).is_some_and(|table| table.proves_not_null_without(column, &gone))
    {
        return;
    }
    let table_sql = quote::sql(table);
    let draft =
        found.add(&action.span, format!("reads every row of {table} for nulls while nobody can use it"));
    draft.about(table).caret(format!("ACCESS EXCLUSIVE on {table} until all rows are read"));
    draft.cost(case.cost(table, Cost::Scan));
    draft.help("let a validated CHECK prove it first");
    let (column, check) = (quote::name(column), quote::name(&format!("{column}_not_null")));
    draft.sql(
        format!(
            "ALTER TABLE {table_sql} ADD CONSTRAINT {check} CHECK ({column} IS NOT NULL) NOT VALID;\n\
             -- in a later migration:\nALTER TABLE {table_sql} VALIDATE CONSTRAINT {check};\n\
             -- in a third one:\nALTER TABLE {table_sql} ALTER COLUMN {column} SET NOT NULL;\n\
             ALTER TABLE {table_sql} DROP CONSTRAINT {check};"
        ),
        LockMode::AccessExclusive,
    );
}
