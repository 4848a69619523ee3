//! Triggers that do not fire.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "disable-triggers",
    title: "Triggers of a table are switched off.",
    level: Status::Warn,
    happens: "DISABLE TRIGGER ALL also switches off the checks of foreign keys, and what slips in meanwhile is never \
         looked at again. Other sessions write without triggers, too.",
    safe: "DISABLE TRIGGER name for the one trigger that is in the way, and ENABLE it in the same transaction. \
         SET LOCAL session_replication_role = replica holds for one transaction only, but switches off foreign \
         keys as well, and needs a superuser.",
    before: include_str!("disable_triggers/before.sql"),
    bad: include_str!("disable_triggers/bad.sql"),
    good: include_str!("disable_triggers/good.sql"),
    also: &[],
    claims: &[Claim::Locks("orders", LockMode::ShareRowExclusive)],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::DisableTriggers { table, all } = &action.kind else { return };
    if case.is_new(table) {
        return;
    }
    let (level, message) = if *all {
        (Status::Fail, format!("foreign keys of {table} are not checked meanwhile, whoever writes"))
    } else {
        (Status::Warn, format!("triggers of {table} do not fire meanwhile, whoever writes"))
    };
    found
        .add(&action.span, message)
        .status(level)
        .about(table)
        .help("switch off the one trigger by name, and on again in the same transaction");
}
