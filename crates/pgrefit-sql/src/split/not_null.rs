//! `SET NOT NULL` by way of a check constraint, which can be validated while others read and write.

use super::add_constraint::{WHY_VALIDATE, unquoted};
use super::alter_table::Table;
use super::name::{made_of, quoted, words};
use super::step::Steps;
use crate::Phase;

const WHY_CHECK: &str = "SET NOT NULL reads the whole table while nobody can use it, unless a valid check constraint \
    says the same. This is that constraint; the rows that are there are not read yet.";
const WHY_SET: &str =
    "The check constraint is valid, so the rows are not read again; then it has done its work.";

/// The steps for columns of one table, as written.
pub(super) fn steps(columns: &[String], table: &Table, steps: &mut Steps) {
    let checks: Vec<(String, &String)> = columns
        .iter()
        .map(|column| (quoted(&made_of(&table.name, &unquoted(column), "not_null_check")), column))
        .collect();
    let named = columns.iter().map(|column| unquoted(column)).collect::<Vec<_>>().join("_");
    let what = words(&format!("{} {named}", table.name));
    let add = checks
        .iter()
        .map(|(name, column)| format!("ADD CONSTRAINT {name} CHECK ({column} IS NOT NULL) NOT VALID"));
    let sql = format!("{} {};", table.alter, add.collect::<Vec<_>>().join(", "));
    steps.own(format!("add_{what}_not_null_check_not_valid"), WHY_CHECK, sql).phase(Phase::Expand);
    let validate = checks.iter().map(|(name, _)| format!("VALIDATE CONSTRAINT {name}"));
    let sql = format!("{} {};", table.alter, validate.collect::<Vec<_>>().join(", "));
    steps.own(format!("validate_{what}_not_null_check"), WHY_VALIDATE, sql);
    let set = checks.iter().map(|(_, column)| format!("ALTER COLUMN {column} SET NOT NULL"));
    let drop = checks.iter().map(|(name, _)| format!("DROP CONSTRAINT {name}"));
    // Two statements: in one, the server would drop the constraint before it looks for it.
    let sql = format!(
        "{0} {1};\n{0} {2};",
        table.alter,
        set.collect::<Vec<_>>().join(", "),
        drop.collect::<Vec<_>>().join(", ")
    );
    steps.own(format!("set_{what}_not_null"), WHY_SET, sql);
}
