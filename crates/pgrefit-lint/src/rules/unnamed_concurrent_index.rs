//! A concurrent index without a name.

use pgrefit_report::Status;

use crate::rule::{Judge, Rule};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "unnamed-concurrent-index",
    title: "A concurrent index has no name.",
    level: Status::Fail,
    happens: "If the build is interrupted, nobody can tell which index it left behind, and a second attempt builds \
         another one.",
    safe: "Give it a name.",
    before: include_str!("unnamed_concurrent_index/before.sql"),
    bad: include_str!("unnamed_concurrent_index/bad.sql"),
    good: include_str!("unnamed_concurrent_index/good.sql"),
    also: &[],
    claims: &[],
    judge: Judge::Reader,
};
