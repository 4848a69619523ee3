//! Batches that are none.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, Extent, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use crate::weigh::Cost;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "batches-in-one-transaction",
    title: "A loop changes rows in batches, but all of them in one transaction.",
    level: Status::Fail,
    happens: "A DO block or a function is one statement: what its loop changes stays locked until the last round, \
         and is lost together. The batches only make it slower.",
    safe: "-- pgrefit:backfill before a plain UPDATE or DELETE; or a procedure that commits in its loop, called \
         outside of a transaction.",
    before: include_str!("batches_in_one_transaction/before.sql"),
    bad: include_str!("batches_in_one_transaction/bad.sql"),
    good: include_str!("batches_in_one_transaction/good.sql"),
    also: &[],
    claims: &[Claim::Locks("orders", LockMode::RowExclusive)],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let (change, what) = match &action.kind {
        Kind::Update(change) => (change, "UPDATE"),
        Kind::Delete(change) => (change, "DELETE"),
        _ => return,
    };
    let Some(inside) = case.inside.filter(|inside| inside.in_loop && !inside.commits) else { return };
    if case.is_new(&change.table) || change.extent == Extent::Unsaid {
        return;
    }
    let how = if inside.dynamic { "a dynamic " } else { "the " };
    found
        .add(&action.span, format!("{how}{what} of {} runs in a loop, but in one transaction", change.table))
        .about(&change.table)
        .caret("all rounds are one transaction")
        .cost(case.cost(&change.table, Cost::Change))
        .help("-- pgrefit:backfill before a plain statement");
}
