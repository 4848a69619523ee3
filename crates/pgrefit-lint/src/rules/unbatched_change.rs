//! A change of many rows in one transaction.

use pgrefit_report::Status;
use pgrefit_sql::{LockMode, Relation, Run};

use crate::action::{Action, Change, Extent, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use crate::weigh::Cost;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "unbatched-change",
    title: "Many rows are changed in one transaction.",
    level: Status::Fail,
    happens: "The rows stay locked until the end, nothing dead can be cleaned away meanwhile, replicas fall behind, \
         and a failure near the end loses all of it.",
    safe: "-- pgrefit:backfill before the statement runs it in batches over ranges of the key, each a transaction \
         of its own, and goes on where it stopped.",
    before: include_str!("unbatched_change/before.sql"),
    bad: include_str!("unbatched_change/bad.sql"),
    good: include_str!("unbatched_change/good.sql"),
    also: &[],
    claims: &[Claim::Locks("orders", LockMode::RowExclusive)],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let (change, what) = match &action.kind {
        Kind::Update(change) => (change, "changes"),
        Kind::Delete(change) => (change, "deletes"),
        Kind::Insert { table, from, condenses: false } => return copied(case, action, table, from, found),
        _ => return,
    };
    let table = &change.table;
    if change.extent == Extent::Bounded || case.is_new(table) || matches!(case.run, Run::Batches(_)) {
        return;
    }
    // Loops have a rule of their own.
    if case.inside.is_some_and(|inside| inside.in_loop) {
        return;
    }
    let all = change.extent == Extent::All;
    let rows = if all { "every row" } else { "as many rows as its condition finds" };
    let draft = found.add(&action.span, format!("{what} {rows} of {table} in one transaction"));
    draft.about(table).cost(case.cost(table, Cost::Change));
    draft.help("-- pgrefit:backfill before it, or a condition on the key with a literal or a LIMIT");
    if !all && !fills_new_column(case, change) {
        draft.status(if change.extent == Extent::Unsaid { Status::Info } else { Status::Warn });
    }
}

/// Whether it gives a value to a column that the release has added: that is every row.
fn fills_new_column(case: &Case<'_>, change: &Change) -> bool {
    let known = case.schema.table(&change.table);
    change.columns.iter().any(|name| {
        known.and_then(|table| table.column(name)?.added).is_some_and(|added| added.file == case.moment.file)
    })
}

/// `INSERT … SELECT` of a whole table into one that is in use.
fn copied(case: &Case<'_>, action: &Action, table: &Relation, from: &[Relation], found: &mut Found) {
    let Some(source) = from.iter().find(|source| !case.is_new(source)) else { return };
    if case.is_new(table) || matches!(case.run, Run::Batches(_)) {
        return;
    }
    found
        .add(&action.span, format!("copies the rows of {source} into {table} in one transaction"))
        .status(Status::Warn)
        .about(table)
        .cost(case.cost(source, Cost::Change))
        .help("-- pgrefit:backfill before it, or a condition on the key");
}
