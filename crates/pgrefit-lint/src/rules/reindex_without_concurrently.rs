//! An index rebuilt while nobody can use the table.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use crate::weigh::Cost;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "reindex-without-concurrently",
    title: "An index is rebuilt while nobody can write, and hardly anybody can read.",
    level: Status::Fail,
    happens: "REINDEX takes SHARE on the table and ACCESS EXCLUSIVE on the index: writes wait, and so does every \
         query whose plan looks at the index, which is every query of the table.",
    safe: "REINDEX … CONCURRENTLY, outside of a transaction.",
    before: include_str!("reindex_without_concurrently/before.sql"),
    bad: include_str!("reindex_without_concurrently/bad.sql"),
    good: include_str!("reindex_without_concurrently/good.sql"),
    also: &[],
    claims: &[Claim::Locks("orders", LockMode::AccessExclusive)],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::Reindex { target, concurrently: false } = &action.kind else { return };
    if target.as_ref().is_some_and(|target| case.is_new(target)) {
        return;
    }
    let name = target.as_ref().map_or_else(|| "everything in it".to_owned(), ToString::to_string);
    let draft = found.add(&action.span, format!("rebuilds {name} while nobody can use it"));
    draft.caret("SHARE on the table, ACCESS EXCLUSIVE on its indexes");
    draft.help("REINDEX … CONCURRENTLY");
    if let Some(target) = target {
        draft.about(target).cost(case.cost(target, Cost::Build));
    }
}
