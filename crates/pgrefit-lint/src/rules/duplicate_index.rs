//! An index that is there already.

use crate::action::{Action, Kind, same_definition};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Judge, Rule};
use crate::schema::shown;
use pgrefit_report::Status;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "duplicate-index",
    title: "An index is the same as one that exists.",
    level: Status::Warn,
    happens: "Every write maintains both, and no query gains anything.",
    safe: "Leave it out; or drop the other one in the same migration.",
    before: include_str!("duplicate_index/before.sql"),
    bad: include_str!("duplicate_index/bad.sql"),
    good: include_str!("duplicate_index/good.sql"),
    also: &[],
    claims: &[],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::CreateIndex(index) = &action.kind else { return };
    let Some(table) = &index.table else { return };
    let key = case.schema.key(table);
    let same = case.schema.indexes_of(&key).find(|(name, other)| {
        same_definition(&other.new.definition, &index.definition)
            && index.name.as_deref() != Some(name.1.as_str())
    });
    if let Some((name, _)) = same {
        found
            .add(&action.span, format!("is the same as {} of {table}", shown(name)))
            .about(table)
            .help(format!("leave it out, or drop {} in the same migration", shown(name)));
    }
}
