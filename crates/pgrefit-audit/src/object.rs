//! Names of objects, quoted as SQL must write them.

use pgrefit_catalog::{Name, quote_ident};

/// `schema.name`.
pub(crate) fn qualified(schema: &str, name: &str) -> String {
    Name::new(schema, name).to_string()
}

/// `schema.table.part`, of a column, a constraint, a trigger.
pub(crate) fn part(owner: &str, part: &str) -> String {
    format!("{owner}.{}", quote_ident(part))
}

/// `a, b`, each quoted.
pub(crate) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(quote_ident).collect::<Vec<_>>().join(", ")
}
