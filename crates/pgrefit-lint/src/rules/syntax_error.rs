//! SQL that the parser does not understand.

use pgrefit_report::Status;

use crate::rule::{Claim, Judge, Rule};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "syntax-error",
    title: "The file is no SQL that PostgreSQL would accept.",
    level: Status::Fail,
    happens: "The server would refuse it (SQLSTATE 42601), and nothing else in the file can be judged.",
    safe: "Mend it at the place shown.",
    before: "",
    bad: include_str!("syntax_error/bad.sql"),
    good: include_str!("syntax_error/good.sql"),
    also: &[],
    claims: &[Claim::Fails("42601")],
    judge: Judge::Reader,
};
