//! A table emptied.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use crate::weigh::Cost;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "truncate",
    title: "A table is emptied.",
    level: Status::Fail,
    happens: "TRUNCATE takes ACCESS EXCLUSIVE, and the rows are gone; with CASCADE also those of every table that \
         refers to it.",
    safe: "Delete what should go, in batches: -- pgrefit:backfill. Rename the table away and make a new one if \
         all of it should go.",
    before: include_str!("truncate/before.sql"),
    bad: include_str!("truncate/bad.sql"),
    good: include_str!("truncate/good.sql"),
    also: &[],
    claims: &[Claim::Locks("orders", LockMode::AccessExclusive), Claim::Loses("orders")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::Truncate { tables, cascade } = &action.kind else { return };
    for table in tables.iter().filter(|table| !case.is_new(table)) {
        let more = if *cascade { ", and every table that refers to it" } else { "" };
        found
            .add(&action.span, format!("empties {table}{more}"))
            .status(case.loss())
            .about(table)
            .caret("the rows are gone")
            .cost(case.cost(table, Cost::Loss))
            .help("if it is meant: -- pgrefit:allow truncate <reason>");
    }
}
