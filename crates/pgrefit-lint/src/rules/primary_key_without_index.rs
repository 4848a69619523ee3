//! A primary key that builds its index under the strongest lock.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{Action, ConstraintKind, Kind, NewConstraint};
use crate::case::Case;
use crate::found::Found;
use crate::quote;
use crate::rule::{Claim, Judge, Rule};
use crate::weigh::Cost;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "primary-key-without-index",
    title: "A primary key builds its index while nobody can use the table.",
    level: Status::Fail,
    happens: "ADD PRIMARY KEY builds the index and looks for nulls under ACCESS EXCLUSIVE: neither reads nor writes \
         get through until it is done.",
    safe: "Make the columns NOT NULL first (see set-not-null-scan), CREATE UNIQUE INDEX CONCURRENTLY, then ADD \
         PRIMARY KEY USING INDEX, which only changes the catalog.",
    before: include_str!("primary_key_without_index/before.sql"),
    bad: include_str!("primary_key_without_index/bad.sql"),
    good: include_str!("primary_key_without_index/good.sql"),
    also: &[],
    claims: &[Claim::Locks("logs", LockMode::AccessExclusive), Claim::Scans("logs")],
    judge: Judge::Action(judge),
};

fn judge(case: &Case<'_>, action: &Action, found: &mut Found) {
    let is_key = |it: &&NewConstraint| matches!(it.kind, ConstraintKind::PrimaryKey { using_index: None });
    let (table, constraint) = match &action.kind {
        Kind::AddConstraint { table, constraint } => (table, Some(&**constraint).filter(is_key)),
        Kind::AddColumn { table, column, .. } => (table, column.constraints.iter().find(is_key)),
        _ => return,
    };
    let Some(constraint) = constraint.filter(|_| !case.is_new(table)) else { return };
    let name = constraint.name.clone().unwrap_or_else(|| format!("{}_pkey", table.name));
    let table_sql = quote::sql(table);
    let draft =
        found.add(&constraint.span, format!("builds an index on {table} while nobody can use the table"));
    draft.about(table).caret(format!("ACCESS EXCLUSIVE on {table} until the index is built"));
    draft.cost(case.cost(table, Cost::Build));
    draft.help("build a unique index concurrently on columns that are NOT NULL, then make it the key");
    // A column that is not there yet has to be added first, without the constraint.
    if matches!(action.kind, Kind::AddColumn { .. }) {
        return;
    }
    let (name, columns) = (quote::name(&name), quote::names(&constraint.columns));
    draft.sql(
        format!(
            "-- once the columns are NOT NULL:\n\
             CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table_sql} ({columns});\n\
             ALTER TABLE {table_sql} ADD CONSTRAINT {name} PRIMARY KEY USING INDEX {name};"
        ),
        LockMode::AccessExclusive,
    );
}
