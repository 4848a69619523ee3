//! A drop or change that something depends on.

use crate::action::{Action, ConstraintKind, Kind, What};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use crate::schema::shown;
use pgrefit_report::Status;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "dependent-object",
    title: "Something depends on what is dropped or changed.",
    level: Status::Fail,
    happens: "The server refuses to drop what a view, a foreign key or another object depends on (SQLSTATE 2BP01), \
         and to change the type of a column that a view uses (SQLSTATE 0A000): the migration fails.",
    safe: "Drop or replace what depends on it first, in the same transaction, and make it again behind it.",
    before: include_str!("dependent_object/before.sql"),
    bad: include_str!("dependent_object/bad.sql"),
    good: include_str!("dependent_object/good.sql"),
    also: &["type-change-breaks-prepared"],
    claims: &[Claim::Fails("0A000")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    if let Kind::DropIndex { index, .. } = &action.kind {
        let table = case.schema.owner_by_constraint(index);
        if let Some(table) = table.filter(|table| !case.schema.is_new(table, case.moment.file)) {
            found
                .add(
                    &action.span,
                    format!("{} is the index of a constraint of {}", index.name, shown(&table)),
                )
                .about(index)
                .caret("SQLSTATE 2BP01")
                .help("ALTER TABLE … DROP CONSTRAINT drops both");
        }
        return;
    }
    let (relation, column, verb, state) = match &action.kind {
        Kind::DropColumn { table, column, cascade: false } => {
            (table, Some(column.as_str()), "cannot be dropped", "2BP01")
        }
        Kind::SetType { table, column, to, .. } if case.schema.column_type(table, column) != Some(to) => {
            (table, Some(column.as_str()), "cannot change its type", "0A000")
        }
        Kind::Drop { what: What::Table | What::View | What::MaterializedView, name, cascade: false } => {
            (name, None, "cannot be dropped", "2BP01")
        }
        _ => return,
    };
    let key = case.schema.key(relation);
    // What the same statement drops, too.
    let dropped = case.drops();
    let named = |name: &str| dropped.contains(&name);
    // `DROP TABLE a, b` drops what stands between them, too.
    let mut holders: Vec<String> = case
        .schema
        .views_of(&key, column)
        .iter()
        .filter(|view| column.is_some() || !named(&view.name.name))
        .map(|view| format!("view {}", view.name))
        .collect();
    if state == "2BP01" {
        for (table, constraint) in case.schema.referrers(&key) {
            let refers = |name: &str| match &constraint.kind {
                ConstraintKind::ForeignKey { partner_columns, .. } if partner_columns.is_empty() => {
                    case.schema.tables.get(&key).is_some_and(|partner| partner.is_key(name))
                }
                ConstraintKind::ForeignKey { partner_columns, .. } => {
                    partner_columns.iter().any(|column| column == name)
                }
                _ => false,
            };
            if *table != key && column.is_none_or(refers) && (column.is_some() || !named(&table.1)) {
                holders.push(format!("a foreign key of {}", shown(table)));
            }
        }
    }
    if holders.is_empty() {
        return;
    }
    let what = column.map_or_else(|| relation.to_string(), |column| format!("{relation}.{column}"));
    found
        .add(&action.span, format!("{what} {verb}: {} depends on it", listed(&holders)))
        .about(relation)
        .caret(format!("SQLSTATE {state}"))
        .help("drop or replace what depends on it first, and make it again behind it");
}

/// The first of them, and how many more there are.
fn listed(holders: &[String]) -> String {
    match holders {
        [first, second, _, rest @ ..] if !rest.is_empty() => {
            format!("{first}, {second} and {} more", rest.len() + 1)
        }
        _ => holders.join(", "),
    }
}
