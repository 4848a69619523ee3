//! An allow that allows nothing.

use pgrefit_report::Status;

use crate::rule::{Judge, Rule};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "unused-allow",
    title: "A comment allows what no statement does.",
    level: Status::Warn,
    happens: "It says that somebody has thought about a danger that is not there, or not there any more; or its name \
         is misspelt, and the finding it means is not allowed.",
    safe: "Take it out, or correct the name.",
    before: "",
    bad: include_str!("unused_allow/bad.sql"),
    good: include_str!("unused_allow/good.sql"),
    also: &[],
    claims: &[],
    judge: Judge::Reader,
};
