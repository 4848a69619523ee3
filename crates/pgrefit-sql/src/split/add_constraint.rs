//! Foreign keys, checks and `NOT NULL` as a constraint: added without a look at the rows, which is done later under a lock that nobody notices.

use squawk_syntax::ast::{self, AstNode, Constraint};

use super::alter_table::Table;
use super::name::{made_of, quoted, text, words};
use super::step::Steps;
use crate::Phase;

const WHY_KEY: &str = "NOT VALID: new rows are checked from now on, the rows that are there are not read. Both tables \
    are locked against writes for a moment. (Before PostgreSQL 18 a partitioned table cannot have such a key: add it \
    to each partition.)";
const WHY_CHECK: &str = "NOT VALID: new rows are checked from now on, the rows that are there are not read.";
pub(super) const WHY_VALIDATE: &str = "Reads the rows that were there before, while others read and write. It fails if one violates the constraint: \
     mend the rows and run it again.";

/// A constraint of the table.
pub(super) fn of_table(constraint: &Constraint, table: &Table, steps: &mut Steps) {
    let columns = columns_of(constraint);
    add(constraint, &without_name(constraint), &columns, table, steps);
}

/// A constraint that was written at a column, as one of the table.
pub(super) fn of_column(constraint: &Constraint, column: &str, table: &Table, steps: &mut Steps) {
    let definition = match constraint {
        Constraint::ReferencesConstraint(_) => format!("FOREIGN KEY ({column}) {}", without_name(constraint)),
        _ => without_name(constraint),
    };
    add(constraint, &definition, &unquoted(column), table, steps);
}

fn add(constraint: &Constraint, definition: &str, columns: &str, table: &Table, steps: &mut Steps) {
    let (label, why) = match constraint {
        Constraint::ForeignKeyConstraint(_) | Constraint::ReferencesConstraint(_) => ("fkey", WHY_KEY),
        Constraint::NotNullConstraint(_) => ("not_null", WHY_CHECK),
        _ => ("check", WHY_CHECK),
    };
    let name = name_of(constraint).unwrap_or_else(|| quoted(&made_of(&table.name, columns, label)));
    let sql = format!("{} ADD CONSTRAINT {name} {definition} NOT VALID;", table.alter);
    steps.own(words(&format!("add {name} not valid")), why, sql).phase(Phase::Expand);
    validate(&name, table, steps);
}

/// The step that reads the rows.
fn validate(name: &str, table: &Table, steps: &mut Steps) {
    let sql = format!("{} VALIDATE CONSTRAINT {name};", table.alter);
    steps.own(words(&format!("validate {name}")), WHY_VALIDATE, sql);
}

/// The name that the user gave, as written.
pub(super) fn name_of(constraint: &Constraint) -> Option<String> {
    constraint.constraint_name().map(|name| text(&name))
}

/// The constraint without `CONSTRAINT name`.
pub(super) fn without_name(constraint: &Constraint) -> String {
    let clause = constraint.syntax().children().find_map(ast::ConstraintNameClause::cast);
    let node = constraint.syntax();
    let skipped = clause.map_or(0, |clause| {
        usize::from(clause.syntax().text_range().end()) - usize::from(node.text_range().start())
    });
    node.text().to_string()[skipped..].trim().to_owned()
}

/// The columns in the name that the server would make: of a key all, of a check the only one.
fn columns_of(constraint: &Constraint) -> String {
    match constraint {
        Constraint::ForeignKeyConstraint(key) => {
            let columns = key.from_columns().into_iter().flat_map(|list| list.column_name_refs());
            columns.map(|column| unquoted(&text(&column))).collect::<Vec<_>>().join("_")
        }
        Constraint::NotNullConstraint(it) => {
            it.column_name_ref().map(|column| unquoted(&text(&column))).unwrap_or_default()
        }
        Constraint::CheckConstraint(check) => {
            let names = check.expr().into_iter().flat_map(|expr| {
                let names = expr.syntax().descendants().filter_map(ast::NameRef::cast);
                names.filter(|name| !is_of_function(name)).map(|name| name.text()).collect::<Vec<_>>()
            });
            let names: std::collections::BTreeSet<String> = names.collect();
            if names.len() == 1 { names.into_iter().collect() } else { String::new() }
        }
        _ => String::new(),
    }
}

fn is_of_function(name: &ast::NameRef) -> bool {
    name.syntax().parent().is_some_and(|parent| ast::CallExpr::can_cast(parent.kind()))
}

/// A name without its quotes, folded.
pub(super) fn unquoted(written: &str) -> String {
    match written.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
        Some(name) => name.replace("\"\"", "\""),
        None => written.to_lowercase(),
    }
}
