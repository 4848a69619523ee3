//! BEGIN and COMMIT in a migration.

use pgrefit_report::Status;

use crate::rule::{Judge, Rule};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "transaction-control",
    title: "The file opens or ends a transaction itself.",
    level: Status::Fail,
    happens: "pgrefit, like refinery, runs a file in a transaction of its own together with its history row. COMMIT \
         in the file would end that: half of it would be applied and not recorded.",
    safe: "Take BEGIN, COMMIT and ROLLBACK out. What cannot run in a transaction is run on its own.",
    before: "",
    bad: include_str!("transaction_control/bad.sql"),
    good: include_str!("transaction_control/good.sql"),
    also: &[],
    claims: &[],
    judge: Judge::Reader,
};
