//! An index that cannot become a constraint.

use crate::action::{Action, ConstraintKind, Kind, index_beside};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use pgrefit_report::Status;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "index-cannot-be-key",
    title: "A constraint is to be made of an index that cannot be one.",
    level: Status::Fail,
    happens: "USING INDEX takes a unique B-tree over plain columns of the table, without a condition: the server \
         refuses any other (SQLSTATE 42809).",
    safe: "CREATE UNIQUE INDEX CONCURRENTLY over the plain columns, without WHERE. What holds for some rows only \
         stays a unique index.",
    before: include_str!("index_cannot_be_key/before.sql"),
    bad: include_str!("index_cannot_be_key/bad.sql"),
    good: include_str!("index_cannot_be_key/good.sql"),
    also: &[],
    claims: &[Claim::Fails("42809")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::AddConstraint { table, constraint } = &action.kind else { return };
    let (ConstraintKind::Unique { using_index: Some(index) }
    | ConstraintKind::PrimaryKey { using_index: Some(index) }) = &constraint.kind
    else {
        return;
    };
    let Some(known) = case.schema.index(&index_beside(table, index)) else { return };
    let why = if known.new.partial {
        "has a condition"
    } else if known.new.keys.iter().any(|key| key.column.is_none()) {
        "has an expression"
    } else if !known.new.unique {
        "is not unique"
    } else {
        return;
    };
    found
        .add(&action.span, format!("{index} {why}: it cannot become a constraint"))
        .about(table)
        .caret("SQLSTATE 42809")
        .help("a unique index over plain columns, without WHERE");
}
