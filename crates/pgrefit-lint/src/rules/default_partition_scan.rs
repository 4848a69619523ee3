//! A new partition beside a default one.

use pgrefit_report::Status;
use pgrefit_sql::{LockMode, Relation, RelationKind};

use crate::action::{Action, Bound, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::proof;
use crate::rule::{Claim, Judge, Rule};
use crate::weigh::Cost;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "default-partition-scan",
    title: "The default partition is read, because some of its rows may belong to the new one.",
    level: Status::Fail,
    happens: "A new partition takes rows that may sit in the default partition: it is read whole under ACCESS \
         EXCLUSIVE, unless a validated CHECK on it says that it has none of them.",
    safe: "ADD CONSTRAINT … CHECK (NOT (the bound)) NOT VALID on the default partition, VALIDATE it, then make \
         the new one; or live without a default partition, and make partitions ahead of time.",
    before: include_str!("default_partition_scan/before.sql"),
    bad: include_str!("default_partition_scan/bad.sql"),
    good: include_str!("default_partition_scan/good.sql"),
    also: &["partition-of-locks-parent"],
    claims: &[Claim::Locks("events_default", LockMode::AccessExclusive), Claim::Scans("events_default")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let (parent, bound) = match &action.kind {
        Kind::Attach { parent, bound, .. } => (parent, bound),
        Kind::CreateTable(new) => match &new.partition_of {
            Some((parent, bound)) => (parent, bound),
            None => return,
        },
        _ => return,
    };
    if *bound == Bound::Default {
        return;
    }
    let parent = case.schema.key(parent);
    let Some(default) = case.schema.default_partition(&parent) else { return };
    let Some(table) =
        case.schema.tables.get(default).filter(|_| !case.schema.is_new(default, case.moment.file))
    else {
        return;
    };
    let key = case.schema.tables.get(&parent).and_then(|parent| parent.partition_key.as_deref());
    if proof::is_left_out(table, key, bound) {
        return;
    }
    let default =
        Relation { schema: Some(default.0.clone()), name: default.1.clone(), kind: RelationKind::Table };
    let name = &default.name;
    found
        .add(&action.span, format!("reads every row of the default partition {name} while nobody can use it"))
        .about(&default)
        .caret(format!("ACCESS EXCLUSIVE on {name} until all rows are read"))
        .cost(case.cost(&default, Cost::Scan))
        .help(format!("a validated CHECK on {name} that leaves out the new bound"));
}
