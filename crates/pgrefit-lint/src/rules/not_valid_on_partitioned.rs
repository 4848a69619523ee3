//! A NOT VALID foreign key where the server takes none.

use crate::action::{Action, ConstraintKind, Kind};
use crate::case::Case;
use crate::found::Found;
use crate::rule::{Claim, Judge, Rule};
use crate::schema::Table;
use pgrefit_report::Status;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "not-valid-on-partitioned",
    title: "A NOT VALID foreign key is added to a partitioned table.",
    level: Status::Fail,
    happens: "Before PostgreSQL 18 a partitioned table takes no NOT VALID foreign key (SQLSTATE 42809).",
    safe: "Add the key NOT VALID to each partition and validate it there; then add it to the parent, which finds \
         it proven on every partition.",
    before: include_str!("not_valid_on_partitioned/before.sql"),
    bad: include_str!("not_valid_on_partitioned/bad.sql"),
    good: include_str!("not_valid_on_partitioned/good.sql"),
    also: &[],
    claims: &[Claim::Until(17, &Claim::Fails("42809"))],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let Kind::AddConstraint { table, constraint } = &action.kind else { return };
    let is_key = matches!(constraint.kind, ConstraintKind::ForeignKey { .. });
    if is_key
        && constraint.waits
        && case.server_major < 18
        && case.schema.table(table).is_some_and(Table::is_partitioned)
    {
        found
            .add(
                &constraint.span,
                format!("{table} is partitioned: before PostgreSQL 18 it takes no NOT VALID foreign key"),
            )
            .about(table)
            .caret("SQLSTATE 42809")
            .help("add it NOT VALID to each partition, validate it there, then add it to the parent");
    }
}
