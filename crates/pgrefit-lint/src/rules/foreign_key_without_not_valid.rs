//! A foreign key that reads every row while nobody can write.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, ConstraintKind, Kind, NewConstraint};
use crate::case::Case;
use crate::found::Found;
use crate::quote;
use crate::rule::{Claim, Judge, Rule};
use crate::schema::Table;
use crate::weigh::Cost;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "foreign-key-without-not-valid",
    title: "A foreign key reads the whole table while nobody can write to it or to its partner.",
    level: Status::Fail,
    happens: "ADD FOREIGN KEY takes SHARE ROW EXCLUSIVE on both tables and looks up every row before it lets go: \
         writes to either wait.",
    safe: "ADD CONSTRAINT … FOREIGN KEY … NOT VALID holds for new rows at once. VALIDATE CONSTRAINT in a later \
         transaction looks up the rows under SHARE UPDATE EXCLUSIVE, beside the traffic.",
    before: include_str!("foreign_key_without_not_valid/before.sql"),
    bad: include_str!("foreign_key_without_not_valid/bad.sql"),
    good: include_str!("foreign_key_without_not_valid/good.sql"),
    also: &[],
    claims: &[
        Claim::Locks("orders", LockMode::ShareRowExclusive),
        Claim::Locks("customers", LockMode::ShareRowExclusive),
        Claim::Scans("orders"),
    ],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let is_key = |constraint: &&NewConstraint| matches!(constraint.kind, ConstraintKind::ForeignKey { .. });
    let (table, constraint) = match &action.kind {
        Kind::AddConstraint { table, constraint } => (table, Some(&**constraint).filter(is_key)),
        // Without a value in the rows that exist there is nothing to look up.
        Kind::AddColumn { table, column, .. } if column.has_value() => {
            (table, column.constraints.iter().find(is_key))
        }
        _ => return,
    };
    let Some(constraint) = constraint.filter(|constraint| !constraint.waits && !case.is_new(table)) else {
        return;
    };
    let partner = match &constraint.kind {
        ConstraintKind::ForeignKey { partner: Some(partner), .. } => partner.to_string(),
        _ => "its partner".to_owned(),
    };
    let name = constraint.name.as_deref().unwrap_or("name");
    // Nulls are read, but not looked up.
    let null_yet = constraint.columns.iter().any(|column| case.is_null_yet(table, column));
    let (verb, level) = if null_yet { ("reads", Status::Warn) } else { ("looks up", Status::Fail) };
    let (table_sql, name_sql) = (quote::sql(table), quote::name(name));
    let draft = found.add(
        &constraint.span,
        format!("{verb} every row of {table} while nobody can write to it or to {partner}"),
    );
    draft
        .status(level)
        .about(table)
        .caret(format!("SHARE ROW EXCLUSIVE on {table} and {partner} until all rows are read"));
    draft.cost(case.cost(table, if null_yet { Cost::Scan } else { Cost::LookUp }));
    if case.schema.table(table).is_some_and(Table::is_partitioned) && case.server_major < 18 {
        draft.help("a partitioned table takes no NOT VALID before PostgreSQL 18: add the key to each partition NOT VALID, validate it there, then add it to the parent, which finds it proven");
        return;
    }
    draft.help(if null_yet {
        "write REFERENCES at the new column, which reads nothing; or add the key NOT VALID"
    } else {
        "add it NOT VALID, and validate it in a later migration"
    });
    draft.sql(
        format!("ALTER TABLE {table_sql} ADD CONSTRAINT {name_sql} FOREIGN KEY … NOT VALID;\n-- in a later migration:\nALTER TABLE {table_sql} VALIDATE CONSTRAINT {name_sql};"),
        LockMode::ShareRowExclusive,
    );
    if matches!(action.kind, Kind::AddConstraint { .. }) && case.inside.is_none() {
        draft.fix(constraint.span.end..constraint.span.end, " NOT VALID");
    }
}
