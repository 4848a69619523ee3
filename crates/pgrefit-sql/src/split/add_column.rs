//! `ADD COLUMN` with a default of its own for each row, or with constraints that must be looked at in every row.

use squawk_syntax::ast::{self, AstNode, Constraint, GeneratedAs};

use super::alter_table::Table;
use super::name::{text, words};
use super::statement::BACKFILL;
use super::step::Steps;
use super::{add_constraint, backfill, not_null, unique};
use crate::Phase;
use crate::effect::functions;

const WHY_COLUMN: &str =
    "The column alone, without anything that would read or write the rows that are there.";
const WHY_DEFAULT: &str = "The column without its default first: a default that is another for each row would write \
    the whole table anew while nobody can use it. Then the default, for rows that are inserted from now on.";

/// Whether the column is added in steps.
pub(super) fn is_rewritten(column: &ast::AddColumn) -> bool {
    has_volatile_default(column) || column.constraints().any(|constraint| is_moved(&constraint))
}

/// Why there is no safe form, if there is none.
pub(super) fn refusal(column: &ast::AddColumn) -> Option<&'static str> {
    let ty = column.ty().map(|ty| text(&ty).to_lowercase()).unwrap_or_default();
    if ty.ends_with("serial") || matches!(ty.as_str(), "serial2" | "serial4" | "serial8") {
        return Some(
            "each row gets its own number: add an integer column, CREATE SEQUENCE … OWNED BY it, and its \
            nextval() as the default",
        );
    }
    column.constraints().find_map(|constraint| match constraint {
        Constraint::GeneratedConstraint(generated) => match generated.generated_as()? {
            GeneratedAs::GeneratedIdentity(_) => Some(
                "each row gets its own number: add an integer column, backfill it, make it NOT NULL, then ADD \
                 GENERATED AS IDENTITY",
            ),
            GeneratedAs::GeneratedStored(stored) => {
                let is_stored = stored.generated_kind().is_some_and(|kind| text(&kind).eq_ignore_ascii_case("stored"));
                is_stored.then_some("the table is rewritten: fill an ordinary column by a trigger and a backfill")
            }
        },
        _ => None,
    })
}

/// Column, default, backfill, NOT NULL, constraints.
pub(super) fn steps(column: &ast::AddColumn, table: &Table, steps: &mut Steps) {
    let Some(name) = column.column_name().map(|name| text(&name)) else { return };
    let is_volatile = has_volatile_default(column);
    let (moved, kept): (Vec<Constraint>, Vec<Constraint>) = column.constraints().partition(|constraint| {
        let is_default =
            matches!(constraint, Constraint::DefaultConstraint(_) | Constraint::NotNullConstraint(_));
        is_moved(constraint) || is_volatile && is_default
    });
    let definition: Vec<String> = std::iter::once(head(column)).chain(kept.iter().map(text)).collect();
    let mut sql = format!("{} {};", table.alter, definition.join(" "));
    let default = moved.iter().find_map(|constraint| match constraint {
        Constraint::DefaultConstraint(default) => default.expr().map(|expr| text(&expr)),
        _ => None,
    });
    if let Some(default) = &default {
        sql = format!("{sql}\n{} ALTER COLUMN {name} SET DEFAULT {default};", table.alter);
    }
    let why = if default.is_some() { WHY_DEFAULT } else { WHY_COLUMN };
    steps.own(words(&format!("add {} {name}", table.name)), why, sql).phase(Phase::Expand);
    if let Some(default) = &default {
        let sql =
            format!("{BACKFILL}\nUPDATE {} SET {name} = {default} WHERE {name} IS NULL;", table.written);
        steps.alone(words(&format!("backfill {} {name}", table.name)), backfill::WHY, sql);
    }
    if moved.iter().any(|constraint| matches!(constraint, Constraint::NotNullConstraint(_))) {
        not_null::steps(std::slice::from_ref(&name), table, steps);
    }
    for constraint in &moved {
        match constraint {
            Constraint::ReferencesConstraint(_) | Constraint::CheckConstraint(_) => {
                add_constraint::of_column(constraint, &name, table, steps);
            }
            _ => unique::of_column(constraint, &name, table, steps),
        }
    }
}

/// Whether the constraint becomes one of the table, added in steps of its own.
fn is_moved(constraint: &Constraint) -> bool {
    matches!(
        constraint,
        Constraint::ReferencesConstraint(_)
            | Constraint::CheckConstraint(_)
            | Constraint::UniqueConstraint(_)
            | Constraint::PrimaryKeyConstraint(_)
    )
}

fn has_volatile_default(column: &ast::AddColumn) -> bool {
    column.constraints().any(|constraint| match constraint {
        Constraint::DefaultConstraint(default) => {
            default.expr().is_some_and(|expr| functions::is_volatile(expr.syntax()))
        }
        _ => false,
    })
}

/// `ADD COLUMN name type`, up to the first constraint.
fn head(column: &ast::AddColumn) -> String {
    let node = column.syntax();
    let written = node.text().to_string();
    let end = column.constraints().next().map_or(written.len(), |constraint| {
        usize::from(constraint.syntax().text_range().start()) - usize::from(node.text_range().start())
    });
    written[..end].trim().to_owned()
}
