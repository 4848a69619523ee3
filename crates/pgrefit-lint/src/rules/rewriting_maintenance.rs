//! Maintenance that writes the table anew.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use crate::weigh::Cost;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "rewriting-maintenance",
    title: "VACUUM FULL or CLUSTER writes the table anew while nobody can use it.",
    level: Status::Fail,
    happens: "Both copy the table and build all its indexes under ACCESS EXCLUSIVE; neither reads nor writes get \
         through until they are done.",
    safe: "VACUUM without FULL makes the space usable again beside the traffic. To give it back to the disk: \
         pg_repack, or REPACK (CONCURRENTLY) where the server has it.",
    before: include_str!("rewriting_maintenance/before.sql"),
    bad: include_str!("rewriting_maintenance/bad.sql"),
    good: include_str!("rewriting_maintenance/good.sql"),
    also: &[],
    claims: &[Claim::Locks("orders", LockMode::AccessExclusive), Claim::Rewrites("orders")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::RewriteTable { table, command } = &action.kind else { return };
    if table.as_ref().is_some_and(|table| case.is_new(table)) {
        return;
    }
    let name = table.as_ref().map_or_else(|| "every table".to_owned(), ToString::to_string);
    let draft = found.add(&action.span, format!("{command} copies all of {name} while nobody can use it"));
    draft.caret(format!("ACCESS EXCLUSIVE on {name} until it is copied"));
    draft.help("VACUUM without FULL, or pg_repack");
    if let Some(table) = table {
        draft.about(table).cost(case.cost(table, Cost::Rewrite));
    }
}
