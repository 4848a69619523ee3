//! A primary key over columns that can be null.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, ConstraintKind, Kind, index_beside};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use crate::weigh::Cost;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "primary-key-on-nullable",
    title: "A primary key is made of an index whose columns can be null.",
    level: Status::Fail,
    happens: "PRIMARY KEY USING INDEX makes its columns NOT NULL; where they are not yet, every row is read under \
         ACCESS EXCLUSIVE.",
    safe: "Make the columns NOT NULL before, by a CHECK (column IS NOT NULL) NOT VALID, VALIDATE, SET NOT NULL.",
    before: include_str!("primary_key_on_nullable/before.sql"),
    bad: include_str!("primary_key_on_nullable/bad.sql"),
    good: include_str!("primary_key_on_nullable/good.sql"),
    also: &[],
    claims: &[Claim::Locks("logs", LockMode::AccessExclusive), Claim::Scans("logs")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::AddConstraint { table, constraint } = &action.kind else { return };
    let ConstraintKind::PrimaryKey { using_index: Some(index) } = &constraint.kind else { return };
    if case.is_new(table) {
        return;
    }
    let name = index_beside(table, index);
    let keys = case.schema.index(&name).map(|index| index.new.keys.clone()).unwrap_or_default();
    let known = case.schema.table(table);
    let columns = keys.iter().filter_map(|key| key.column.as_deref());
    let open: Vec<&str> = columns
        .filter(|column| {
            known.is_some_and(|known| known.column(column).is_some() && !known.proves_not_null(column))
        })
        .collect();
    if open.is_empty() {
        return;
    }
    found
        .add(
            &constraint.span,
            format!(
                "reads every row of {table} for nulls while nobody can use it: {} can be null",
                open.join(", ")
            ),
        )
        .about(table)
        .caret(format!("ACCESS EXCLUSIVE on {table} until all rows are read"))
        .cost(case.cost(table, Cost::Scan))
        .help("make the columns NOT NULL before, with a validated CHECK");
}
