//! `ADD COLUMN` and `ALTER COLUMN`.

use squawk_syntax::ast::{self, AlterColumnOption, AstNode, Constraint, GeneratedAs};

use super::alter_table::{Target, options_mode};
use super::{Effect, LockMode, Reach, constraint, functions};

/// The lock of an `ALTER COLUMN` on its table.
pub(super) fn strength(column: &ast::AlterColumn) -> (LockMode, Reach) {
    match column.option() {
        Some(AlterColumnOption::SetStatistics(_)) => (LockMode::ShareUpdateExclusive, Reach::Partitions),
        Some(AlterColumnOption::SetOptions(options)) => {
            (options_mode(options.attribute_list()), Reach::Partitions)
        }
        Some(AlterColumnOption::ResetOptions(options)) => {
            (options_mode(options.attribute_list()), Reach::Partitions)
        }
        // Foreign keys on the column are made anew, on both tables.
        Some(AlterColumnOption::SetType(_)) => (LockMode::AccessExclusive, Reach::Both),
        _ => (LockMode::AccessExclusive, Reach::Partitions),
    }
}

/// The work of an `ALTER COLUMN`.
pub(super) fn alter(column: &ast::AlterColumn, target: &Target, effect: &mut Effect) {
    match column.option() {
        // A valid CHECK (c IS NOT NULL) would spare the scan; only the catalog knows.
        Some(AlterColumnOption::SetNotNull(_)) => target.scan(effect),
        // varchar(20) to varchar(40) or to text is no rewrite; only the catalog knows the old type.
        Some(AlterColumnOption::SetType(_) | AlterColumnOption::SetExpression(_)) => target.rewrite(effect),
        _ => {}
    }
}

/// The work of an `ADD COLUMN`, and the locks of the constraints written at the column.
pub(super) fn add(column: &ast::AddColumn, target: &Target, effect: &mut Effect) {
    let constraints: Vec<Constraint> = column.constraints().collect();
    if is_serial(column)
        || constraints.iter().any(|constraint| fills_each_row(constraint, target.server_major))
    {
        target.rewrite(effect);
    }
    let has_default = has_value(column);
    for added in &constraints {
        match added {
            // The server looks for rows that violate it only where the column can have a value, or must.
            Constraint::ReferencesConstraint(_) if !has_default => constraint::lock_partner(added, effect),
            Constraint::NotNullConstraint(_) if has_default => {}
            Constraint::NotNullConstraint(_) => target.scan(effect),
            _ => constraint::add(added, target, effect),
        }
    }
}

/// Whether each row is written anew, because its value of the column is its own.
fn fills_each_row(constraint: &Constraint, server_major: u32) -> bool {
    match constraint {
        Constraint::DefaultConstraint(default) => {
            default.expr().is_some_and(|expr| functions::is_volatile(expr.syntax()))
        }
        Constraint::GeneratedConstraint(generated) => match generated.generated_as() {
            Some(GeneratedAs::GeneratedStored(expr)) => match expr.generated_kind() {
                Some(kind) => !kind.syntax().text().to_string().eq_ignore_ascii_case("virtual"),
                None => server_major < 18,
            },
            _ => true,
        },
        _ => false,
    }
}

/// Whether existing rows get a value.
pub(super) fn has_value(column: &ast::AddColumn) -> bool {
    is_serial(column)
        || column.constraints().any(|constraint| match constraint {
            Constraint::DefaultConstraint(default) => default.expr().is_some_and(|expr| !is_null(&expr)),
            Constraint::GeneratedConstraint(_) => true,
            _ => false,
        })
}

fn is_null(expr: &ast::Expr) -> bool {
    expr.syntax().text().to_string().trim().eq_ignore_ascii_case("null")
}

/// `serial` and its relatives, which are an integer with a default of `nextval(…)`.
fn is_serial(column: &ast::AddColumn) -> bool {
    let name = column.ty().map(|ty| ty.syntax().text().to_string().to_ascii_lowercase());
    matches!(
        name.as_deref(),
        Some("serial" | "serial2" | "serial4" | "serial8" | "smallserial" | "bigserial")
    )
}
