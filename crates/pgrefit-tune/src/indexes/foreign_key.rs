//! Statements that nobody sends: the checks of foreign keys, which a `DELETE` of a referenced row waits for.

use std::time::Duration;

use pgrefit_catalog::{Name, quote_ident};

use super::facts::{Facts, ForeignKey, Table};
use super::merge::is_answered;
use super::{Options, Origin, Statement};

/// How long such a check may take.
const BUDGET: Duration = Duration::from_millis(100);
/// The part of all runs that it is taken to have: too little to be faster for its own sake, so that its budget decides.
const SHARE: f64 = 0.002;

/// The statements, and one for each foreign key of a table that is no small one and whose columns no index begins with.
pub(super) fn with_foreign_keys(
    mut statements: Vec<Statement>,
    facts: &Facts,
    options: &Options,
) -> Vec<Statement> {
    let weights: f64 = statements.iter().map(|statement| statement.weight).sum();
    for key in &facts.foreign_keys {
        let table = facts.table(&Name::new(key.schema.clone(), key.table.clone()));
        let is_large = |table: &&Table| table.pages.unwrap_or_default() >= options.pages_min;
        if let Some(table) = table.filter(is_large).filter(|table| !is_answered(table, &key.columns)) {
            statements.push(check(key, table, weights * SHARE));
        }
    }
    statements
}

/// As `ri_triggers.c` asks, without the lock.
fn check(key: &ForeignKey, table: &Table, weight: f64) -> Statement {
    let condition = |(at, column): (usize, &String)| format!("{} = ${}", quote_ident(column), at + 1);
    let conditions: Vec<String> = key.columns.iter().enumerate().map(condition).collect();
    let name = format!("foreign key {} of {}", key.name, table.full_name());
    let sql = format!("SELECT 1 FROM {} WHERE {}", table.full_name(), conditions.join(" AND "));
    Statement {
        weight,
        budget: BUDGET,
        origin: Origin::ForeignKey { constraint: key.name.clone() },
        ..Statement::given(name, sql)
    }
}
