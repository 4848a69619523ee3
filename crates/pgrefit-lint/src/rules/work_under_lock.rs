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
        Kind::Insert { from, .. } | Kind::Query { from } => {
            let Some(source) = from.iter().find(|source| !case.is_new(source)) else { return };
            (
                source,
                Cost::Scan,
                if matches!(action.kind, Kind::Query { .. }) { "reads rows" } else { "copies rows" },
            )
        }
        Kind::CreateTable(new) => {
            let Some(source) = new.reads.iter().find(|source| !case.is_new(source)) else { return };
            (source, Cost::Scan, "copies rows")
        }
        Kind::CreateView(view) if view.materialized => {
            let Some(source) = view.reads.iter().find(|source| !case.is_new(source)) else { return };
            (source, Cost::Scan, "copies rows")
        }
        Kind::ValidateConstraint { table, .. } if !is_fresh(case, action) => {
            (table, Cost::Scan, "reads every row")
        }
        _ => return,
    };
    if case.is_new(worked) || matches!(case.run, Run::Batches(_)) {
        return;
    }
    // Of all locks the one that keeps most people out.
    let Some(held) = case.held.iter().max_by_key(|held| held.mode) else { return };
    let table = shown(&held.table);
    let few = match &action.kind {
        Kind::Update(change) | Kind::Delete(change) => change.extent == Extent::Unsaid,
        Kind::Query { .. } => true,
        _ => false,
    };
    let reads = held.mode.blocks_reads();
    let what = if reads { "use" } else { "write to" };
    found
        .add(&action.span, format!("{work} of {worked} while nobody can {what} {table}"))
        .status(if few || !reads { Status::Warn } else { Status::Fail })
        .about(worked)
        .caret(format!("meanwhile nobody can {what} {table}"))
        .label(
            &held.statement,
            format!("takes {} on {table} until the end of the transaction", held.mode.sql()),
        )
        .cost(case.cost(worked, cost))
        .help("put it into a migration of its own");
}

/// Whether the constraint is added by the same transaction: that has a rule of its own.
fn is_fresh(case: &Case<'_>, action: &Action) -> bool {
    let Kind::ValidateConstraint { table, name } = &action.kind else { return false };
    let added = case.schema.table(table).and_then(|table| table.constraint(name)?.added.clone());
    added.is_some_and(|(moment, _)| moment == case.moment)
}
