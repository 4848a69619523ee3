//! Long work while a strong lock is held.

use pgrefit_report::Status;
use pgrefit_sql::{LockMode, Run};

use crate::action::{Action, Extent, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use crate::schema::shown;
use crate::weigh::Cost;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "work-under-lock",
    title: "The transaction works on many rows while it keeps others out of a table.",
    level: Status::Fail,
    happens: "A lock is held until the transaction ends. What ALTER TABLE has locked for a moment stays locked while \
         a later statement of the same transaction reads or changes many rows.",
    safe: "Put the work into a migration of its own, behind the one that changes the schema. For changes of rows: \
         -- pgrefit:backfill.",
    before: include_str!("work_under_lock/before.sql"),
    bad: include_str!("work_under_lock/bad.sql"),
    good: include_str!("work_under_lock/good.sql"),
    also: &["unbatched-change"],
    claims: &[Claim::Locks("orders", LockMode::AccessExclusive)],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let (worked, cost, work) = match &action.kind {
        Kind::Update(change) if change.extent != Extent::Bounded => {
            (&change.table, Cost::Change, "changes rows")
        }
        Kind::Delete(change) if change.extent != Extent::Bounded => {
            (&change.table, Cost::Change, "deletes rows")
        }
        Kind::Insert { from, .. } => {
            let Some(source) = from.iter().find(|source| !case.is_new(source)) else { return };
            (source, Cost::Scan, "copies rows")
        }
        Kind::ValidateConstraint { table, .. } => (table, Cost::Scan, "reads every row"),
        _ => return,
    };
    if case.is_new(worked) || matches!(case.run, Run::Batches(_)) {
        return;
    }
    // A constraint that is validated where it was added has a rule of its own.
    let Some(held) = case.held.iter().find(|held| held.mode.blocks_reads()) else { return };
    if let Kind::ValidateConstraint { table, name } = &action.kind
        && case
            .schema
            .table(table)
            .and_then(|table| table.constraint(name)?.added.clone())
            .is_some_and(|(at, _)| at == case.moment)
    {
        return;
    }
    let table = shown(&held.table);
    let unsaid = matches!(&action.kind, Kind::Update(change) | Kind::Delete(change) if change.extent == Extent::Unsaid);
    found
        .add(&action.span, format!("{work} of {worked} while {table} is locked"))
        .status(if unsaid { Status::Warn } else { Status::Fail })
        .about(worked)
        .caret(format!("meanwhile nobody can use {table}"))
        .label(
            &held.statement,
            format!("takes {} on {table} until the end of the transaction", held.mode.sql()),
        )
        .cost(case.cost(worked, cost))
        .help("put it into a migration of its own");
}
