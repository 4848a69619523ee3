//! A materialized view that nobody can read meanwhile.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use crate::weigh::Cost;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "refresh-without-concurrently",
    title: "A materialized view is refreshed while nobody can read it.",
    level: Status::Fail,
    happens: "REFRESH MATERIALIZED VIEW takes ACCESS EXCLUSIVE on the view until its query is done.",
    safe: "REFRESH MATERIALIZED VIEW CONCURRENTLY, which needs a unique index on the view, and lets readers \
         through.",
    before: include_str!("refresh_without_concurrently/before.sql"),
    bad: include_str!("refresh_without_concurrently/bad.sql"),
    good: include_str!("refresh_without_concurrently/good.sql"),
    also: &[],
    claims: &[Claim::Locks("totals", LockMode::AccessExclusive), Claim::Rewrites("totals")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::Refresh { view, concurrently } = &action.kind else { return };
    if *concurrently {
        let key = case.schema.key(view);
        let usable = case.schema.indexes_of(&key).any(|(_, index)| index.new.unique && !index.new.partial);
        if case.schema.views.contains_key(&key) && !usable {
            found
                .add(&action.span, format!("{view} has no unique index: it cannot be refreshed CONCURRENTLY"))
                .about(view)
                .caret("SQLSTATE 55000")
                .help("CREATE UNIQUE INDEX CONCURRENTLY on the view before");
        }
        return;
    }
    if case.is_new(view) {
        return;
    }
    found
        .add(&action.span, format!("nobody can read {view} until its query is done"))
        .about(view)
        .caret(format!("ACCESS EXCLUSIVE on {view}"))
        .cost(case.cost(view, Cost::Rewrite))
        .help("REFRESH MATERIALIZED VIEW CONCURRENTLY, with a unique index on the view");
}
