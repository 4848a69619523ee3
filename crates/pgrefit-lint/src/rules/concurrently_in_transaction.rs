//! CONCURRENTLY where it cannot run.

use crate::action::{Action, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use pgrefit_report::Status;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "concurrently-in-transaction",
    title: "A statement with CONCURRENTLY stands inside of a transaction.",
    level: Status::Fail,
    happens: "CONCURRENTLY waits for other transactions and commits in between, so the server refuses it inside of a \
         transaction block, a DO block or a function (SQLSTATE 25001).",
    safe: "Take BEGIN and COMMIT out, and the statement out of DO. pgrefit runs it on its own and goes on where \
         it stopped.",
    before: include_str!("concurrently_in_transaction/before.sql"),
    bad: include_str!("concurrently_in_transaction/bad.sql"),
    good: include_str!("concurrently_in_transaction/good.sql"),
    also: &["transaction-control"],
    claims: &[Claim::Fails("25001")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let what = match &action.kind {
        Kind::CreateIndex(index) if index.concurrently => "CREATE INDEX CONCURRENTLY",
        Kind::DropIndex { concurrently: true, .. } => "DROP INDEX CONCURRENTLY",
        Kind::Reindex { concurrently: true, .. } => "REINDEX CONCURRENTLY",
        Kind::Detach { concurrently: true, .. } => "DETACH PARTITION CONCURRENTLY",
        _ => return,
    };
    if case.in_explicit_transaction || case.inside.is_some() {
        let place = if case.inside.is_some() { "a body" } else { "a transaction" };
        found
            .add(&action.span, format!("{what} cannot run inside of {place}"))
            .caret("SQLSTATE 25001")
            .help("take it out: as a statement of its own pgrefit runs it outside of a transaction");
    }
}
