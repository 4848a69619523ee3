//! SET LOCAL in a file that runs in steps.

use crate::action::{Action, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Judge, Rule};
use pgrefit_report::Status;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "set-local-in-steps",
    title: "SET LOCAL stands in a file that runs in steps, and ends with its own step.",
    level: Status::Fail,
    happens: "A statement with CONCURRENTLY, VACUUM or a backfill makes the file run in steps, each a transaction of \
         its own. SET LOCAL holds for one transaction: the steps behind it run without, in another schema or \
         another time zone.",
    safe: "SET without LOCAL: in a file that runs in steps it holds for the steps behind it, and pgrefit takes it \
         back at the end of the file. Or names with their schema.",
    before: include_str!("set_local_in_steps/before.sql"),
    bad: include_str!("set_local_in_steps/bad.sql"),
    good: include_str!("set_local_in_steps/good.sql"),
    also: &[],
    claims: &[],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::Set { name, local: true, .. } = &action.kind else { return };
    if !case.in_steps
        || !case.is_migration
        || case.inside.is_some()
        || name == "lock_timeout"
        || name == "statement_timeout"
    {
        return;
    }
    found
        .add(&action.span, format!("{name} is as it was again when the next step of this file runs"))
        .help("SET without LOCAL, which pgrefit takes back at the end of the file");
}
