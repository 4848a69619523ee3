//! Names as SQL must write them, for the statements that rules suggest.

use std::fmt;

use pgrefit_catalog::quote_ident;
use pgrefit_sql::Relation;

/// A relation, quoted where it must be.
pub(crate) fn sql(relation: &Relation) -> impl fmt::Display {
    let name = quote_ident(&relation.name);
    match &relation.schema {
        Some(schema) => format!("{}.{name}", quote_ident(schema)),
        None => name,
    }
}

/// A column, constraint or index, quoted where it must be.
pub(crate) fn name(name: &str) -> String {
    quote_ident(name)
}

/// Several of them, as a list.
pub(crate) fn names(names: &[String]) -> String {
    names.iter().map(|one| name(one)).collect::<Vec<_>>().join(", ")
}
