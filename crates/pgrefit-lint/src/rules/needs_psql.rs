//! What only psql can do.

use pgrefit_report::Status;

use crate::rule::{Judge, Rule};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "needs-psql",
    title: "The file needs psql.",
    level: Status::Fail,
    happens: "Commands with a backslash, and rows behind COPY … FROM STDIN, are for psql; a migration runner sends \
         SQL.",
    safe: "Write it in SQL: INSERT … VALUES for a few rows, COPY from a file on the server for many.",
    before: "",
    bad: include_str!("needs_psql/bad.sql"),
    good: include_str!("needs_psql/good.sql"),
    also: &[],
    claims: &[],
    judge: Judge::Reader,
};
