//! Statements that make types and sequences.

use std::fmt::Write as _;

use super::order::{Rank, Statement, Thing};
use super::{Catalog, literal, quote_ident, reread};
use crate::{Attribute, Column, Constraint, DataType, Name, Sequence};

pub(super) fn types(catalog: &Catalog, statements: &mut Vec<Statement>) {
    for (name, data_type) in &catalog.types {
        let text = match data_type {
            DataType::Enum { labels } => {
                let labels: Vec<_> = labels.iter().map(|label| literal(label)).collect();
                format!("CREATE TYPE {name} AS ENUM ({})", labels.join(", "))
            }
            DataType::Domain { base, collation, not_null, default, constraints } => {
                statements.extend(unvalidated(name, constraints));
                let mut text = format!("CREATE DOMAIN {name} AS {base}{}", collate(collation.as_ref()));
                if let Some(default) = default {
                    let _ = write!(text, " DEFAULT {}", reread(default));
                }
                text.push_str(if *not_null { " NOT NULL" } else { "" });
                for (name, constraint) in constraints.iter().filter(|(_, constraint)| constraint.validated) {
                    let _ =
                        write!(text, " CONSTRAINT {} {}", quote_ident(name), reread(&constraint.definition));
                }
                text
            }
            DataType::Composite { attributes } => {
                let attributes: Vec<_> = attributes.iter().map(attribute).collect();
                format!("CREATE TYPE {name} AS ({})", attributes.join(", "))
            }
            DataType::Range { subtype, collation, operator_class, functions } => {
                let mut parts =
                    vec![format!("subtype = {subtype}"), format!("subtype_opclass = {operator_class}")];
                parts.extend(collation.as_ref().map(|collation| format!("collation = {collation}")));
                // One alone is taken for the difference: a canonical function can be written in C only.
                let options: &[&str] =
                    if functions.len() < 2 { &["subtype_diff"] } else { &["canonical", "subtype_diff"] };
                parts.extend(
                    options.iter().zip(functions).map(|(option, function)| format!("{option} = {function}")),
                );
                format!("CREATE TYPE {name} AS RANGE ({})", parts.join(", "))
            }
        };
        statements.push(Statement::new(Rank::Type, text).makes(Thing::Object(name.clone())).mentions_all());
    }
}

/// What `CREATE DOMAIN` would take for checked.
fn unvalidated<'a>(
    domain: &'a Name,
    constraints: impl IntoIterator<Item = (&'a String, &'a Constraint)>,
) -> impl Iterator<Item = Statement> {
    let open = constraints.into_iter().filter(|(_, constraint)| !constraint.validated);
    open.map(move |(name, constraint)| {
        let text = format!(
            "ALTER DOMAIN {domain} ADD CONSTRAINT {} {}",
            quote_ident(name),
            reread(&constraint.definition)
        );
        Statement::new(Rank::Check, text).mentions_all()
    })
}

fn attribute(attribute: &Attribute) -> String {
    let Attribute { name, data_type, collation } = attribute;
    format!("{} {data_type}{}", quote_ident(name), collate(collation.as_ref()))
}

/// ` COLLATE …`, or nothing for the collation of the type.
pub(super) fn collate(collation: Option<&Name>) -> String {
    collation.map(|collation| format!(" COLLATE {collation}")).unwrap_or_default()
}

/// Sequences other than those of identity columns, which are made with their columns.
pub(super) fn sequences(catalog: &Catalog, statements: &mut Vec<Statement>) {
    for (name, sequence) in &catalog.sequences {
        let column = sequence.owned_by.as_ref().and_then(|(table, column)| column_of(catalog, table, column));
        if let (Some((table, _)), Some(column)) = (&sequence.owned_by, column)
            && column.identity.is_some()
            && of_identity(catalog, table, column).is_some_and(|(own, _)| own == name)
        {
            continue;
        }
        let text = format!("CREATE SEQUENCE {name} AS {}{}", sequence.data_type, options(sequence));
        statements.push(Statement::new(Rank::Sequence, text).makes(Thing::Object(name.clone())));
        if let Some((table, column)) = &sequence.owned_by {
            let text = format!("ALTER SEQUENCE {name} OWNED BY {table}.{}", quote_ident(column));
            statements.push(Statement::new(Rank::Owner, text).mentions_all());
        }
    }
}

pub(super) fn column_of<'a>(catalog: &'a Catalog, table: &Name, column: &str) -> Option<&'a Column> {
    catalog.tables.get(table)?.columns.iter().find(|found| found.name == column)
}

/// The sequence of an identity column; if it owns several, the one with the usual name.
pub(super) fn of_identity<'a>(
    catalog: &'a Catalog,
    table: &Name,
    column: &Column,
) -> Option<(&'a Name, &'a Sequence)> {
    let owned = |(_, sequence): &(&Name, &Sequence)| {
        sequence.owned_by.as_ref().is_some_and(|(owner, name)| owner == table && *name == column.name)
    };
    let usual = usual_name(table, column);
    let mut own: Vec<_> = catalog.sequences.iter().filter(owned).collect();
    own.sort_by_key(|(name, _)| **name != usual);
    own.into_iter().next()
}

/// The name of an identity column's sequence, unless it was given one or is too long.
fn usual_name(table: &Name, column: &Column) -> Name {
    Name::new(&table.schema, format!("{}_{}_seq", table.name, column.name))
}

/// ` (SEQUENCE NAME … START WITH …)`, or nothing where the server would do the same by itself.
pub(super) fn identity_options(table: &Name, column: &Column, name: &Name, sequence: &Sequence) -> String {
    let usual = usual_name(table, column);
    let named = if *name == usual && usual.name.len() < 64 {
        String::new()
    } else {
        format!(" SEQUENCE NAME {name}")
    };
    let options = format!("{named}{}", options(sequence));
    if options.is_empty() { options } else { format!(" ({})", options.trim_start()) }
}

/// What differs from the defaults of the sequence's type and direction.
fn options(sequence: &Sequence) -> String {
    let (lowest, highest) = match sequence.data_type.as_str() {
        "smallint" => (i64::from(i16::MIN), i64::from(i16::MAX)),
        "integer" => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    };
    let (min, max) = if sequence.increment < 0 { (lowest, -1) } else { (1, highest) };
    let start = if sequence.increment < 0 { sequence.max } else { sequence.min };
    let numbers = [
        ("INCREMENT BY", sequence.increment, 1),
        ("MINVALUE", sequence.min, min),
        ("MAXVALUE", sequence.max, max),
        ("START WITH", sequence.start, start),
        ("CACHE", sequence.cache, 1),
    ];
    let mut options = String::new();
    for (word, value, default) in numbers {
        if value != default {
            let _ = write!(options, " {word} {value}");
        }
    }
    options.push_str(if sequence.cycle { " CYCLE" } else { "" });
    options
}
