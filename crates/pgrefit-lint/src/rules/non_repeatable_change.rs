//! A change that happens twice if the file is run again.

use pgrefit_report::Status;
use pgrefit_sql::Repeat;

use crate::case::Case;
use crate::found::Found;
use crate::rule::{Judge, Rule};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "non-repeatable-change",
    title: "A change would happen a second time if the file is run again.",
    level: Status::Warn,
    happens: "The file is no single transaction: if it stops half-way and is run again, a plain INSERT inserts \
         twice, and a counter counts twice. (pgrefit keeps a journal of what is done, so this is only said of \
         files for other runners.)",
    safe: "INSERT … ON CONFLICT DO NOTHING; an UPDATE that sets a value instead of adding to one; or a file of \
         its own, which is one transaction.",
    before: include_str!("non_repeatable_change/before.sql"),
    bad: include_str!("non_repeatable_change/bad.sql"),
    good: include_str!("non_repeatable_change/good.sql"),
    also: &[],
    claims: &[],
    judge: Judge::Statement(judge),
};

fn judge(case: &Case<'_>, found: &mut Found) {
    let is_change = matches!(case.effect.command, "INSERT" | "UPDATE" | "MERGE" | "COPY");
    if case.is_migration || !case.in_steps || case.in_explicit_transaction || !is_change {
        return;
    }
    if case.effect.repeat == Repeat::Again
        && !case.effect.locks.iter().all(|lock| case.is_new(&lock.relation))
    {
        found
            .add(&case.statement, "happens a second time if the file is run again")
            .help("ON CONFLICT DO NOTHING, or a file of its own");
    }
}
