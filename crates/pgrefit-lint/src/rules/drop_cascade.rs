//! A drop that takes along what nobody named.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, Kind, What};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use crate::schema::shown;

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
    let (name, shown) = match &action.kind {
        Kind::Drop { what: What::Schema | What::Extension, .. } => return,
        Kind::Drop { name, cascade: true, .. } => (name, name.to_string()),
        Kind::DropColumn { table, column, cascade: true } => (table, format!("{table}.{column}")),
        Kind::DropConstraint { table, name, cascade: true } => (table, name.clone()),
        _ => return,
    };
    if case.is_new(name)
        || (case.schema.is_whole
            && case.schema.views_of(&case.schema.key(name), None).is_empty()
            && case.schema.referrers(&case.schema.key(name)).is_empty())
    {
        return;
    }
    let key = case.schema.key(name);
    let mut taken: Vec<String> =
        case.schema.views_of(&key, None).iter().map(|view| view.name.to_string()).collect();
    taken.extend(
        case.schema
            .referrers(&key)
            .iter()
            .map(|(table, _)| format!("a foreign key of {}", self::shown(table))),
    );
    let list = if taken.is_empty() { "whatever depends on it".to_owned() } else { taken.join(", ") };
    found
        .add(&action.span, format!("CASCADE drops {list} together with {shown}"))
        .status(case.loss())
        .about(name)
        .help("drop what depends on it by name, and leave CASCADE out");
}
