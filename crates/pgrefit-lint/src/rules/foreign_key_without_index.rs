//! A foreign key whose own side has no index.

use pgrefit_report::Status;
use pgrefit_sql::LockMode;

use crate::action::{ConstraintKind, Kind, NewConstraint};
use crate::case::FileCase;
use crate::found::Found;
use crate::quote;
use crate::rule::{Claim, Judge, Rule};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "foreign-key-without-index",
    title: "A foreign key has no index on the columns that refer.",
    level: Status::Info,
    happens: "Each DELETE of a row referred to, and each UPDATE of its key, reads the whole table that refers, to \
         see whether a row is left behind.",
    safe: "CREATE INDEX CONCURRENTLY on the referring columns, before the key is added.",
    before: include_str!("foreign_key_without_index/before.sql"),
    bad: include_str!("foreign_key_without_index/bad.sql"),
    good: include_str!("foreign_key_without_index/good.sql"),
    also: &[],
    claims: &[Claim::Locks("orders", LockMode::ShareRowExclusive)],
    judge: Judge::File(judge),
};

fn judge(case: &FileCase<'_>, found: &mut Found) {
    for (_, action) in case.actions {
        let (table, constraints): (_, Vec<&NewConstraint>) = match &action.kind {
            Kind::AddConstraint { table, constraint } => (table, vec![&**constraint]),
            Kind::AddColumn { table, column, .. } => (table, column.constraints.iter().collect()),
            Kind::CreateTable(new) => match &new.name {
                Some(name) => (
                    name,
                    new.constraints
                        .iter()
                        .chain(new.columns.iter().flat_map(|column| &column.constraints))
                        .collect(),
                ),
                None => continue,
            },
            _ => continue,
        };
        let key = case.schema.key(table);
        for constraint in constraints {
            let ConstraintKind::ForeignKey { partner: Some(partner), .. } = &constraint.kind else {
                continue;
            };
            let dropped = !case.schema.tables.contains_key(&key);
            if dropped || constraint.columns.is_empty() || case.schema.is_indexed(&key, &constraint.columns) {
                continue;
            }
            let columns = constraint.columns.join(", ");
            let table_sql = quote::sql(table);
            let index = quote::name(&format!("{}_{}", table.name, constraint.columns.join("_")));
            let list = quote::names(&constraint.columns);
            found
                .add(
                    &constraint.span,
                    format!(
                        "each DELETE from {partner} reads all of {table}: no index begins with {columns}"
                    ),
                )
                .about(table)
                .help("index the referring columns")
                .sql(
                    format!("CREATE INDEX CONCURRENTLY {index} ON {table_sql} ({list});"),
                    LockMode::ShareUpdateExclusive,
                );
        }
    }
}
