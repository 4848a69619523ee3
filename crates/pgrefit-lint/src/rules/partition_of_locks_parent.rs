//! A partition that is made under a lock on its parent.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, Bound, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::quote;
use crate::rule::{Claim, Judge, Rule};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "partition-of-locks-parent",
    title: "A partition is made in place, which locks everybody out of its parent for a moment.",
    level: Status::Info,
    happens: "CREATE TABLE … PARTITION OF takes ACCESS EXCLUSIVE on the parent: it waits for every query of the \
         parent, and everybody else waits behind it. ATTACH PARTITION needs SHARE UPDATE EXCLUSIVE only.",
    safe: "CREATE TABLE partition (LIKE parent INCLUDING ALL EXCLUDING IDENTITY); then ALTER TABLE parent ATTACH PARTITION.",
    before: include_str!("partition_of_locks_parent/before.sql"),
    bad: include_str!("partition_of_locks_parent/bad.sql"),
    good: include_str!("partition_of_locks_parent/good.sql"),
    also: &[],
    claims: &[Claim::Locks("events", LockMode::AccessExclusive)],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::CreateTable(new) = &action.kind else { return };
    let Some((parent, bound)) = &new.partition_of else { return };
    if case.is_new(parent) {
        return;
    }
    let name = new.name.as_ref().map_or("partition", |name| name.name.as_str());
    let bound = match bound {
        Bound::Default => "DEFAULT".to_owned(),
        Bound::Values { text } => text.clone(),
    };
    let parent_sql = quote::sql(parent);
    found
        .add(&action.span, format!("takes ACCESS EXCLUSIVE on {parent} for a moment"))
        .about(parent)
        .help("make the table like its parent, then attach it")
        .sql(
            format!("CREATE TABLE {name} (LIKE {parent_sql} INCLUDING ALL EXCLUDING IDENTITY);\nALTER TABLE {parent_sql} ATTACH PARTITION {name} {bound};"),
            LockMode::ShareUpdateExclusive,
        );
}
