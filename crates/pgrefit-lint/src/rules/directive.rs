//! A directive that cannot be followed.

use pgrefit_report::Status;

use crate::rule::{Judge, Rule};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "directive",
    title: "A comment for pgrefit is misspelt, or says what cannot be done.",
    level: Status::Fail,
    happens: "A directive that is not understood would be passed over: the migration would run otherwise than its \
         author thinks.",
    safe: "Write it as the message says; `pgrefit migrate --help` lists the directives.",
    before: "",
    bad: include_str!("directive/bad.sql"),
    good: include_str!("directive/good.sql"),
    also: &[],
    claims: &[],
    judge: Judge::Reader,
};
