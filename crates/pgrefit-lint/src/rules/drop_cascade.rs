//! A drop that takes along what nobody named.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, ConstraintKind, Kind, What};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use crate::schema::Constraint;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "drop-cascade",
    title: "A drop takes along what nobody named.",
    level: Status::Fail,
    happens: "CASCADE also drops the views, foreign keys, defaults and triggers that depend on the object, and says \
         so only in notices that runners throw away.",
    safe: "Drop what depends on it by name, in the same migration; then the object without CASCADE.",
    before: include_str!("drop_cascade/before.sql"),
    bad: include_str!("drop_cascade/bad.sql"),
    good: include_str!("drop_cascade/good.sql"),
    also: &["drop-primary-key"],
    claims: &[Claim::Locks("lines", LockMode::AccessExclusive)],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let (name, column, shown) = match &action.kind {
        Kind::Drop { what: What::Schema | What::Extension, .. } => return,
        Kind::Drop { name, cascade: true, .. } => (name, None, name.to_string()),
        Kind::DropColumn { table, column, cascade: true } => {
            (table, Some(column.as_str()), format!("{table}.{column}"))
        }
        Kind::DropConstraint { table, name, cascade: true } => (table, None, name.clone()),
        _ => return,
    };
    if case.is_new(name) {
        return;
    }
    let key = case.schema.key(name);
    let is_constraint = matches!(action.kind, Kind::DropConstraint { .. });
    let views = if is_constraint { Vec::new() } else { case.schema.views_of(&key, column) };
    let mut taken: Vec<String> = views.iter().map(|view| view.name.to_string()).collect();
    // Only a key can be referred to.
    let refers = |constraint: &Constraint| match (&constraint.kind, column) {
        (ConstraintKind::ForeignKey { partner_columns, .. }, Some(column)) => {
            partner_columns.is_empty() || partner_columns.iter().any(|name| name == column)
        }
        _ => true,
    };
    let is_key = !is_constraint
        || case.schema.table(name).and_then(|table| table.constraint(&shown)).is_none_or(|known| {
            matches!(known.kind, ConstraintKind::PrimaryKey { .. } | ConstraintKind::Unique { .. })
        });
    let keys = case.schema.referrers(&key);
    let keys = keys.iter().filter(|(table, constraint)| is_key && **table != key && refers(constraint));
    taken.extend(keys.map(|(table, _)| format!("a foreign key of {}", crate::schema::shown(table))));
    if taken.is_empty() && case.schema.is_whole {
        return;
    }
    let list = if taken.is_empty() { "whatever depends on it".to_owned() } else { taken.join(", ") };
    found
        .add(&action.span, format!("CASCADE drops {list} together with {shown}"))
        .status(case.loss())
        .about(name)
        .help("drop what depends on it by name, and leave CASCADE out");
}
