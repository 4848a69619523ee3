//! A column that rows that exist cannot have.

use crate::action::{Action, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use crate::weigh::Cost;
use pgrefit_report::Status;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "not-null-without-default",
    title: "A NOT NULL column is added without a value for the rows that exist.",
    level: Status::Fail,
    happens: "As soon as the table has a row, the statement fails (SQLSTATE 23502): the rows that exist would have \
         null in the new column. And old versions of the application insert without it.",
    safe: "Add it with a DEFAULT that is the same for each row, which costs nothing; or nullable, backfill it, \
         and make it NOT NULL later.",
    before: include_str!("not_null_without_default/before.sql"),
    bad: include_str!("not_null_without_default/bad.sql"),
    good: include_str!("not_null_without_default/good.sql"),
    also: &[],
    claims: &[Claim::Fails("23502")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::AddColumn { table, column, .. } = &action.kind else { return };
    let by_domain = case.schema.domain(&column.data_type).is_some_and(|domain| domain.has_default);
    if !column.not_null || column.has_value() || by_domain || case.is_new(table) {
        return;
    }
    let name = &column.name;
    let draft = found.add(&action.span, format!("fails if {table} has a row: {name} would be null in it"));
    draft.about(table).caret("SQLSTATE 23502").cost(case.cost(table, Cost::Loss));
    draft.help("give it a DEFAULT, or add it nullable, backfill it and make it NOT NULL later");
}
