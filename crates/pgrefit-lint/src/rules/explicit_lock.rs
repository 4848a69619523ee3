//! A lock that the migration takes by hand.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "explicit-lock",
    title: "LOCK TABLE keeps others out until the transaction ends.",
    level: Status::Warn,
    happens: "The statements of a migration take the locks they need when they need them. LOCK TABLE takes them \
         earlier, and mostly stronger, and holds them until the end.",
    safe: "Leave it out. If rows must not change between two statements, say so: -- pgrefit:allow explicit-lock \
         <reason>.",
    before: include_str!("explicit_lock/before.sql"),
    bad: include_str!("explicit_lock/bad.sql"),
    good: include_str!("explicit_lock/good.sql"),
    also: &[],
    claims: &[Claim::Locks("orders", LockMode::AccessExclusive)],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::LockTable { tables, mode } = &action.kind else { return };
    if matches!(mode.as_str(), "access share" | "row share" | "row exclusive" | "share update exclusive") {
        return;
    }
    for table in tables.iter().filter(|table| !case.is_new(table)) {
        found
            .add(&action.span, format!("keeps others out of {table} until the transaction ends"))
            .about(table)
            .caret(mode.to_uppercase())
            .help("leave it out, or allow it with the reason");
    }
}
