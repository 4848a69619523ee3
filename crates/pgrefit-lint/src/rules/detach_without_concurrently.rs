//! A partition detached under a lock on its parent.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "detach-without-concurrently",
    title: "A partition is detached while nobody can use the partitioned table.",
    level: Status::Fail,
    happens: "DETACH PARTITION takes ACCESS EXCLUSIVE on the parent and on the partition: it waits for every query \
         of any partition, and everybody else waits behind it.",
    safe: "DETACH PARTITION … CONCURRENTLY, outside of a transaction (not while there is a default partition).",
    before: include_str!("detach_without_concurrently/before.sql"),
    bad: include_str!("detach_without_concurrently/bad.sql"),
    good: include_str!("detach_without_concurrently/good.sql"),
    also: &[],
    claims: &[
        Claim::Locks("events", LockMode::AccessExclusive),
        Claim::Locks("events_2024", LockMode::AccessExclusive),
    ],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::Detach { parent, partition, concurrently } = &action.kind else { return };
    if case.is_new(parent) || case.is_new(partition) {
        return;
    }
    // With a default partition the server refuses the other form.
    let has_default = case.schema.default_partition(&case.schema.key(parent)).is_some();
    if *concurrently {
        if has_default {
            found
                .add(
                    &action.span,
                    format!("{parent} has a default partition: the server refuses CONCURRENTLY"),
                )
                .about(parent)
                .caret("SQLSTATE 55000")
                .help("leave CONCURRENTLY out, and keep the transaction short");
        }
        return;
    }
    let draft = found.add(&action.span, format!("takes ACCESS EXCLUSIVE on {parent} and {partition}"));
    draft.about(parent).caret(format!("nobody can use {parent} meanwhile"));
    if has_default {
        draft
            .status(Status::Warn)
            .help("the default partition rules CONCURRENTLY out: keep the transaction short");
    } else {
        draft.help("DETACH PARTITION … CONCURRENTLY, which runs outside of a transaction");
        if case.may_run_in_steps() && case.server_major >= 14 {
            draft.fix(action.span.end..action.span.end, " CONCURRENTLY");
        }
    }
}
