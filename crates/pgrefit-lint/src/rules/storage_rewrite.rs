//! A change of storage that writes the table anew.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use crate::weigh::Cost;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "storage-rewrite",
    title: "The table is written anew into another place or form.",
    level: Status::Fail,
    happens: "SET LOGGED, SET UNLOGGED, SET TABLESPACE and SET ACCESS METHOD copy the table and its indexes under \
         ACCESS EXCLUSIVE.",
    safe: "Do it in a maintenance window; or with pg_repack; or as a new table that is filled beside the traffic \
         and swapped by name.",
    before: include_str!("storage_rewrite/before.sql"),
    bad: include_str!("storage_rewrite/bad.sql"),
    good: include_str!("storage_rewrite/good.sql"),
    also: &[],
    claims: &[Claim::Locks("orders", LockMode::AccessExclusive), Claim::Rewrites("orders")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::Store { table, how } = &action.kind else { return };
    let known = case.schema.table(table).filter(|known| known.complete);
    if known.is_some_and(|known| {
        (*how == "SET LOGGED" && !known.unlogged) || (*how == "SET UNLOGGED" && known.unlogged)
    }) {
        return;
    }
    if case.is_new(table) {
        return;
    }
    found
        .add(&action.span, format!("{how} copies all of {table} while nobody can use it"))
        .about(table)
        .caret(format!("ACCESS EXCLUSIVE on {table} until it is copied"))
        .cost(case.cost(table, Cost::Rewrite))
        .help("a maintenance window, or a copy beside the traffic and a swap by name");
}
