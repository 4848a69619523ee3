//! A constraint on a domain that tables use.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use crate::schema::shown;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "domain-constraint-scan",
    title: "A constraint of a domain reads every table that uses the domain.",
    level: Status::Fail,
    happens: "ALTER DOMAIN … ADD CONSTRAINT and SET NOT NULL read every row of every table with a column of the \
         domain, under SHARE: nobody can write to any of them.",
    safe: "ALTER DOMAIN … ADD CONSTRAINT … NOT VALID, then VALIDATE CONSTRAINT in a later migration.",
    before: include_str!("domain_constraint_scan/before.sql"),
    bad: include_str!("domain_constraint_scan/bad.sql"),
    good: include_str!("domain_constraint_scan/good.sql"),
    also: &[],
    claims: &[Claim::Locks("shares", LockMode::Share), Claim::Scans("shares")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::AddDomainConstraint { domain, not_valid: false } = &action.kind else { return };
    let key = case.schema.key(domain);
    let made = case.schema.domains.get(&key).and_then(|domain| domain.made);
    let tables = case.schema.tables_of_domain(domain);
    let is_unused = case.schema.domains.contains_key(&key)
        && tables.iter().all(|table| case.schema.is_new(table, case.moment.file));
    if made.is_some_and(|made| made.file == case.moment.file) || is_unused {
        return;
    }
    let list = if tables.is_empty() {
        "every table that uses it".to_owned()
    } else {
        tables.iter().map(|table| shown(table)).collect::<Vec<_>>().join(", ")
    };
    found
        .add(&action.span, format!("reads every row of {list} while nobody can write to it"))
        .about(domain)
        .caret("SHARE on each of these tables")
        .help("add it NOT VALID, and validate it in a later migration");
}
