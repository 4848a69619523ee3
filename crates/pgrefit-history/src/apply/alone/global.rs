//! What is told by a name in a catalog: databases, tablespaces, subscriptions, values of enum types.

use pgrefit_sql::{Global, Standalone};

use super::{Crew, Found, Task};
use crate::Error;

pub(super) use crate::table::literal;

impl Crew<'_, '_> {
    /// Whether a statement that was begun has taken effect.
    pub(super) async fn find_global(&mut self, task: &Task<'_>, alone: &Standalone) -> Result<Found, Error> {
        let (condition, wanted) = match alone {
            Standalone::AddValue { type_name, label } => (has_label(type_name, label), true),
            Standalone::Create(global) => (exists(global), true),
            Standalone::Drop(global) => (exists(global), false),
            _ => return Ok(Found::Ready),
        };
        let is_there = self.is_true(task, &condition).await?;
        Ok(if is_there == wanted { Found::Done } else { Found::Ready })
    }
}

fn exists(Global { catalog, column, name }: &Global) -> String {
    format!(
        "EXISTS (SELECT FROM pg_catalog.{catalog} c WHERE c.{column} = (parse_ident({}))[1])",
        literal(name)
    )
}

fn has_label(type_name: &str, label: &str) -> String {
    format!(
        "EXISTS (SELECT FROM pg_catalog.pg_enum e WHERE e.enumtypid = to_regtype({}) AND e.enumlabel = {label})",
        literal(type_name)
    )
}
