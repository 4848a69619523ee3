//! A partition that is attached without proof.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, Bound, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::proof;
use crate::rule::{Claim, Judge, Rule};
use crate::weigh::Cost;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "attach-without-check",
    title: "A partition is attached that has to be read first.",
    level: Status::Fail,
    happens: "ATTACH PARTITION reads every row of the table to see whether it belongs, under ACCESS EXCLUSIVE on \
         that table, unless a validated CHECK says so already.",
    safe: "ADD CONSTRAINT … CHECK (the bound, and key IS NOT NULL) NOT VALID on the table, VALIDATE it, ATTACH, \
         then drop the CHECK.",
    before: include_str!("attach_without_check/before.sql"),
    bad: include_str!("attach_without_check/bad.sql"),
    good: include_str!("attach_without_check/good.sql"),
    also: &[],
    claims: &[Claim::Locks("events_2025", LockMode::AccessExclusive), Claim::Scans("events_2025")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::Attach { parent, partition, bound } = &action.kind else { return };
    if case.schema.is_empty(partition, case.moment.file) || case.is_new(parent) {
        return;
    }
    let Bound::Values { text } = bound else {
        let draft =
            found.add(&action.span, format!("reads every row of {partition} while nobody can use it"));
        draft.about(partition).cost(case.cost(partition, Cost::Scan));
        return;
    };
    let key = case.schema.table(parent).and_then(|parent| parent.partition_key.as_deref());
    if case.schema.table(partition).is_some_and(|table| proof::belongs(table, key, bound)) {
        return;
    }
    found
        .add(&action.span, format!("reads every row of {partition} while nobody can use it"))
        .about(partition)
        .caret(format!("ACCESS EXCLUSIVE on {partition} until all rows are read"))
        .cost(case.cost(partition, Cost::Scan))
        .help(format!("a validated CHECK that says what {text} says, with IS NOT NULL of the key"));
}
