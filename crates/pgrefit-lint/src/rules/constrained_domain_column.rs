//! A column of a domain with constraints.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use crate::weigh::Cost;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "constrained-domain-column",
    title: "A column of a domain with constraints is added, for which every row is written anew.",
    level: Status::Fail,
    happens: "The server cannot keep the default of such a column in the catalog: it writes the table and its \
         indexes anew under ACCESS EXCLUSIVE to check the value in each row.",
    safe: "Add a column of the base type with a CHECK … NOT VALID, and validate it later.",
    before: include_str!("constrained_domain_column/before.sql"),
    bad: include_str!("constrained_domain_column/bad.sql"),
    good: include_str!("constrained_domain_column/good.sql"),
    also: &[],
    claims: &[Claim::Locks("orders", LockMode::AccessExclusive), Claim::Rewrites("orders")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::AddColumn { table, column, .. } = &action.kind else { return };
    let constrained = case.schema.domain(&column.data_type).is_some_and(|domain| domain.constrained);
    if !constrained || case.is_new(table) {
        return;
    }
    found
        .add(
            &action.span,
            format!(
                "{} has constraints: all of {table} is written anew while nobody can use it",
                column.data_type
            ),
        )
        .about(table)
        .caret(format!("ACCESS EXCLUSIVE on {table} until it is written"))
        .cost(case.cost(table, Cost::Rewrite))
        .help("a column of the base type with a CHECK … NOT VALID");
}
