//! A CHECK that reads every row under the strongest lock.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, ConstraintKind, Kind, NewConstraint};
use crate::case::Case;
use crate::found::Found;
use crate::quote;
use crate::rule::{Claim, Judge, Rule};
use crate::weigh::Cost;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "check-without-not-valid",
    title: "A CHECK reads the whole table while nobody can use it.",
    level: Status::Fail,
    happens: "ADD CHECK takes ACCESS EXCLUSIVE and reads every row before it lets go: neither reads nor writes get \
         through. A CHECK at a column that is added reads every row, too.",
    safe: "ADD CONSTRAINT … CHECK … NOT VALID holds for new rows at once and reads nothing. VALIDATE CONSTRAINT \
         in a later transaction reads the rows under SHARE UPDATE EXCLUSIVE, beside the traffic.",
    before: include_str!("check_without_not_valid/before.sql"),
    bad: include_str!("check_without_not_valid/bad.sql"),
    good: include_str!("check_without_not_valid/good.sql"),
    also: &[],
    claims: &[Claim::Locks("orders", LockMode::AccessExclusive), Claim::Scans("orders")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let (table, constraint) = match &action.kind {
        Kind::AddConstraint { table, constraint } => (table, Some(&**constraint)),
        Kind::AddColumn { table, column, .. } => {
            let check = |constraint: &&NewConstraint| matches!(constraint.kind, ConstraintKind::Check(_));
            (table, column.constraints.iter().find(check))
        }
        _ => return,
    };
    let Some(constraint) = constraint.filter(|it| matches!(it.kind, ConstraintKind::Check(_)) && !it.waits)
    else {
        return;
    };
    if case.is_new(table) {
        return;
    }
    let name = constraint.name.as_deref().unwrap_or("name");
    let text = match &constraint.kind {
        ConstraintKind::Check(text) => text.clone(),
        _ => String::new(),
    };
    let table_sql = quote::sql(table);
    let draft = found.add(&constraint.span, format!("reads every row of {table} while nobody can use it"));
    draft.about(table).caret(format!("ACCESS EXCLUSIVE on {table} until all rows are checked"));
    draft.cost(case.cost(table, Cost::Scan));
    draft.help("add it NOT VALID, and validate it in a later migration");
    let name = quote::name(name);
    let brackets = if text.starts_with('(') && text.ends_with(')') && !text[1..].contains('(') {
        text
    } else {
        format!("({text})")
    };
    draft.sql(
        format!(
            "ALTER TABLE {table_sql} ADD CONSTRAINT {name} CHECK {brackets} NOT VALID;\n-- in a later migration:\n\
             ALTER TABLE {table_sql} VALIDATE CONSTRAINT {name};"
        ),
        LockMode::AccessExclusive,
    );
    if matches!(action.kind, Kind::AddConstraint { .. }) && case.inside.is_none() {
        draft.fix(constraint.span.end..constraint.span.end, " NOT VALID");
    }
}
