//! The SQL that would take back one difference: make what is missing, drop what is not expected, change what differs.

use super::order::{Rank, Statement};
use super::{Catalog, in_order, tables};
use crate::{Change, Kind, Name, Object, Table, What, quote_ident};

impl Catalog {
    /// The statements that would make the live schema as this one, the expected, says, as far as one change goes; none where
    /// there is no statement for it, such as for the order of columns.
    ///
    /// They come in the form that disturbs least: indexes `CONCURRENTLY`, constraints `NOT VALID` and validated then. What drops
    /// a table, a column, a sequence or a type is commented out, because somebody made it, and its rows go with it.
    #[must_use]
    pub fn remedy(&self, change: &Change) -> Option<String> {
        let object = &change.object;
        match &change.what {
            What::Missing => self.make(object),
            What::Unexpected { .. } => Some(drop_object(object)),
            What::Changed { field, expected, .. } => self.alter(object, field, expected.as_deref()),
        }
    }

    /// What makes an object.
    fn make(&self, object: &Object) -> Option<String> {
        let name = &object.name;
        match object.kind {
            Kind::Schema => Some(format!("CREATE SCHEMA {name};")),
            Kind::Extension => Some(format!("CREATE EXTENSION {name};")),
            Kind::Column => {
                let (table, column) = self.column_of(name)?;
                let (of, at) = (&self.tables[table], &self.tables[table].columns[column]);
                Some(format!("ALTER TABLE {table} ADD COLUMN {};", tables::column(self, table, of, at)))
            }
            _ => text(self.part(object)?.statements(), object.kind),
        }
    }

    /// A catalog that has nothing but the object, and the table that it is on.
    fn part(&self, object: &Object) -> Option<Self> {
        let mut part = Self::empty(self.server_major);
        let same = |name: &Name| name.to_string() == object.name;
        match object.kind {
            Kind::Type => part.types.extend(self.types.iter().find(|(it, _)| same(it)).map(owned)),
            Kind::Sequence => {
                part.sequences.extend(self.sequences.iter().find(|(it, _)| same(it)).map(owned));
            }
            Kind::Table => part.tables.extend(self.tables.iter().find(|(it, _)| same(it)).map(owned)),
            Kind::View => part.views.extend(self.views.iter().find(|(it, _)| same(it)).map(owned)),
            Kind::Routine => {
                part.routines.extend(self.routines.iter().find(|(it, _)| **it == object.name).map(owned));
            }
            _ => {
                let (name, table) = self
                    .tables
                    .iter()
                    .find_map(|(name, table)| Some((name.clone(), only(name, table, object)?)))?;
                part.tables.insert(name, table);
            }
        }
        Some(part)
    }

    /// What changes a property of an object.
    fn alter(&self, object: &Object, field: &str, expected: Option<&str>) -> Option<String> {
        let name = &object.name;
        let on = object.on.as_deref().unwrap_or_default();
        Some(match (object.kind, field) {
            (Kind::Column, "type" | "default" | "not null") => {
                let (table, column) = self.column_of(name)?;
                let column = quote_ident(&self.tables[table].columns[column].name);
                let how = match (field, expected) {
                    ("type", Some(data_type)) => format!("TYPE {data_type}"),
                    ("default", Some(default)) => format!("SET DEFAULT {default}"),
                    ("default", None) => "DROP DEFAULT".to_owned(),
                    (_, Some("yes")) => "SET NOT NULL".to_owned(),
                    _ => "DROP NOT NULL".to_owned(),
                };
                format!("ALTER TABLE {table} ALTER COLUMN {column} {how};")
            }
            (Kind::Constraint, "validated") if expected == Some("yes") => {
                format!("ALTER TABLE {on} VALIDATE CONSTRAINT {name};")
            }
            (Kind::Index, "valid" | "ready") if expected == Some("yes") => {
                format!("REINDEX INDEX CONCURRENTLY {name};")
            }
            (Kind::Table, "row security") => {
                let how = if expected == Some("yes") { "ENABLE" } else { "DISABLE" };
                format!("ALTER TABLE {name} {how} ROW LEVEL SECURITY;")
            }
            (Kind::Routine | Kind::View, _) => match self.make(object)? {
                made if made.starts_with("CREATE MATERIALIZED") => format!("{}\n{made}", drop_object(object)),
                made => made.replacen("CREATE ", "CREATE OR REPLACE ", 1),
            },
            (Kind::Index | Kind::Constraint | Kind::Trigger | Kind::Policy | Kind::Rule, _) => {
                format!("{}\n{}", drop_object(object), self.make(object)?)
            }
            _ => return None,
        })
    }

    /// The table of a column that is named as changes name it, and where in it the column is.
    fn column_of(&self, name: &str) -> Option<(&Name, usize)> {
        self.tables.iter().find_map(|(table, found)| {
            let rest = name.strip_prefix(&format!("{table}."))?;
            let at = found.columns.iter().position(|column| quote_ident(&column.name) == rest)?;
            Some((table, at))
        })
    }
}

fn owned<K: Clone, V: Clone>((name, what): (&K, &V)) -> (K, V) {
    (name.clone(), what.clone())
}

/// The table with nothing on it but the object; none if the object is not on it.
fn only(name: &Name, table: &Table, object: &Object) -> Option<Table> {
    let on = object.on.as_deref() == Some(name.to_string().as_str());
    let mut part = Table {
        constraints: table.constraints.clone(),
        indexes: table.indexes.clone(),
        triggers: table.triggers.clone(),
        policies: table.policies.clone(),
        rules: table.rules.clone(),
        row_security: false,
        ..table.clone()
    };
    let part_is = |key: &String| on && quote_ident(key) == object.name;
    let index_is = |key: &String| Name::new(&name.schema, key).to_string() == object.name;
    part.constraints.retain(|key, _| object.kind == Kind::Constraint && part_is(key));
    part.indexes
        .retain(|key, index| object.kind == Kind::Index && index.constraint.is_none() && index_is(key));
    part.triggers.retain(|key, _| object.kind == Kind::Trigger && part_is(key));
    part.policies.retain(|key, _| object.kind == Kind::Policy && part_is(key));
    part.rules.retain(|key, _| object.kind == Kind::Rule && part_is(key));
    let found = part.constraints.len()
        + part.indexes.len()
        + part.triggers.len()
        + part.policies.len()
        + part.rules.len();
    (found > 0).then_some(part)
}

/// The statements that make an object of the kind, in the form that disturbs least.
fn text(statements: Vec<Statement>, kind: Kind) -> Option<String> {
    let whole = matches!(kind, Kind::Table | Kind::View | Kind::Type | Kind::Sequence | Kind::Routine);
    let wanted = |statement: &Statement| {
        whole || !matches!(statement.rank, Rank::Table | Rank::ColumnStorage | Rank::Attach)
    };
    let each = in_order(statements).into_iter().filter(wanted).map(|statement| match kind {
        Kind::Index => statement.text.replacen("INDEX ", "INDEX CONCURRENTLY ", 1) + ";",
        Kind::Constraint if matches!(statement.rank, Rank::Check | Rank::ForeignKey) => {
            gently(&statement.text)
        }
        _ => statement.text + ";",
    });
    let text = each.collect::<Vec<_>>().join("\n");
    (!text.is_empty()).then_some(text)
}

/// `ALTER TABLE … ADD CONSTRAINT …` without reading the table under a strong lock.
fn gently(add: &str) -> String {
    let Some((table, rest)) = add.split_once(" ADD CONSTRAINT ") else { return format!("{add};") };
    if add.ends_with(" NOT VALID") {
        return format!("{add};");
    }
    format!("{add} NOT VALID;\n{table} VALIDATE CONSTRAINT {};", constraint_name(rest))
}

/// The name at the beginning of what follows `ADD CONSTRAINT`.
fn constraint_name(rest: &str) -> &str {
    if !rest.starts_with('"') {
        return rest.split(' ').next().unwrap_or(rest);
    }
    let end = rest[1..].replace("\"\"", "  ").find('"').map_or(rest.len(), |at| at + 2);
    &rest[..end]
}

/// What drops an object.
fn drop_object(object: &Object) -> String {
    let name = &object.name;
    let on = object.on.as_deref().unwrap_or_default();
    match object.kind {
        Kind::Index => format!("DROP INDEX CONCURRENTLY {name};"),
        Kind::Constraint => format!("ALTER TABLE {on} DROP CONSTRAINT {name};"),
        Kind::Trigger => format!("DROP TRIGGER {name} ON {on};"),
        Kind::Policy => format!("DROP POLICY {name} ON {on};"),
        Kind::Rule => format!("DROP RULE {name} ON {on};"),
        Kind::View => format!("DROP VIEW {name};"),
        Kind::Routine => format!("DROP ROUTINE {name};"),
        Kind::Extension => format!("-- DROP EXTENSION {name};"),
        Kind::Column => match name.rsplit_once('.') {
            Some((table, column)) => format!("-- ALTER TABLE {table} DROP COLUMN {column};"),
            None => format!("-- drop the column {name}"),
        },
        Kind::Schema | Kind::Type | Kind::Sequence | Kind::Table => {
            format!("-- DROP {} {name};", object.kind.to_string().to_uppercase())
        }
    }
}
