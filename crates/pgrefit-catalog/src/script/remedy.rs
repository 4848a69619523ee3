//! The SQL that would take back one difference: make what is missing, drop what is not expected, change what differs.

use super::order::{Rank, Statement};
use super::{Catalog, in_order, tables, types};
use crate::{Change, DataType, Kind, Name, Object, Table, TableKind, What, quote_ident};

mod unmake;

impl Catalog {
    /// The statements that would make the live schema as this one, the expected, says, as far as one change goes; none where
    /// there is no statement for it, such as for the order of columns, or where that of another change does it too, such as for
    /// the index of a partition.
    ///
    /// They come in the form that disturbs least: indexes `CONCURRENTLY`, constraints `NOT VALID` and validated then. What drops
    /// a table, a column, a sequence or a type is commented out, because somebody made it, and its rows go with it; and so is
    /// what makes one anew that may be there under another name.
    #[must_use]
    pub fn remedy(&self, live: &Self, change: &Change) -> Option<String> {
        let object = &change.object;
        match &change.what {
            What::Missing => self.make_beside(live, object),
            What::Unexpected { .. } => live.unmake(self, object),
            What::Changed { field, expected, .. } => self.alter(live, object, field, expected.as_deref()),
        }
    }

    /// What makes a missing object; commented out where it may be a rename.
    fn make_beside(&self, live: &Self, object: &Object) -> Option<String> {
        let text = self.make(live, object)?;
        let Some(rename) = self.rename(live, object) else { return Some(text) };
        let commented: Vec<String> = text.lines().map(|line| format!("-- {line}")).collect();
        Some(format!(
            "-- It may be there under another name:\n-- {rename}\n-- If it is not:\n{}",
            commented.join("\n")
        ))
    }

    /// The renaming that would explain a table or a column that is missing: by one that is not expected and looks the same.
    fn rename(&self, live: &Self, object: &Object) -> Option<String> {
        match object.kind {
            Kind::Table => {
                let (name, table) = self.tables.iter().find(|(name, _)| name.to_string() == object.name)?;
                let columns = |table: &Table| -> Vec<String> {
                    table
                        .columns
                        .iter()
                        .map(|column| format!("{} {}", column.name, column.data_type))
                        .collect()
                };
                let unexpected = live.tables.iter().filter(|(it, _)| !self.tables.contains_key(it));
                let mut same = unexpected
                    .filter(|(it, other)| it.schema == name.schema && columns(other) == columns(table));
                let (other, _) = same.next()?;
                Some(format!("ALTER TABLE {other} RENAME TO {};", quote_ident(&name.name)))
            }
            Kind::Column => {
                let (name, at) = self.column_of(&object.name)?;
                let (table, there) = (&self.tables[name], live.tables.get(name)?);
                let column = &table.columns[at];
                let is_new = |name: &str| table.columns.iter().all(|it| it.name != name);
                let mut same =
                    there.columns.iter().filter(|it| is_new(&it.name) && it.data_type == column.data_type);
                let (from, to) = (quote_ident(&same.next()?.name), quote_ident(&column.name));
                Some(format!("ALTER TABLE {name} RENAME COLUMN {from} TO {to};"))
            }
            _ => None,
        }
    }

    /// What makes an object.
    fn make(&self, live: &Self, object: &Object) -> Option<String> {
        let name = &object.name;
        match object.kind {
            Kind::Schema => Some(format!("CREATE SCHEMA {name};")),
            Kind::Extension => Some(format!("CREATE EXTENSION {name};")),
            Kind::Column => {
                let (table, column) = self.column_of(name)?;
                let of = &self.tables[table];
                // That of the partitioned table makes it in each partition.
                let own = of.partition_of.is_none();
                own.then(|| {
                    let column = tables::column(self, table, of, &of.columns[column]);
                    format!("ALTER TABLE {table} ADD COLUMN {column};")
                })
            }
            // An identity brings its own.
            Kind::Sequence if self.is_of_identity(name) => None,
            Kind::Constraint if self.domain(object).is_some() => self.make_on_domain(object),
            Kind::Index | Kind::Constraint if self.follows(live, object) => None,
            _ => text(self.part(object)?.statements(), object.kind, self.is_on_partitioned(object)),
        }
    }

    fn is_of_identity(&self, name: &str) -> bool {
        let found = self.sequences.iter().find(|(it, _)| it.to_string() == name);
        let owner = found.and_then(|(_, sequence)| sequence.owned_by.as_ref());
        let column = owner.and_then(|(table, column)| types::column_of(self, table, column));
        column.is_some_and(|column| column.identity.is_some())
    }

    /// Whether what is missing on a partition is missing on its partitioned table as well, which makes both.
    fn follows(&self, live: &Self, object: &Object) -> bool {
        let place = self.table_of(object).and_then(|table| table.partition_of.as_ref());
        let parents = place.and_then(|it| Some((self.tables.get(&it.parent)?, live.tables.get(&it.parent)?)));
        parents.is_some_and(|(here, there)| match object.kind {
            Kind::Index => here.indexes.keys().any(|index| !there.indexes.contains_key(index)),
            _ => here.constraints.keys().any(|it| !there.constraints.contains_key(it)),
        })
    }

    fn is_on_partitioned(&self, object: &Object) -> bool {
        self.table_of(object).is_some_and(|table| matches!(table.kind, TableKind::Partitioned { .. }))
    }

    /// The table that an index or a constraint is on.
    fn table_of(&self, object: &Object) -> Option<&Table> {
        let has_index = |name: &Name, table: &Table| {
            table.indexes.keys().any(|index| Name::new(&name.schema, index).to_string() == object.name)
        };
        let mut tables = self.tables.iter();
        let found = match object.kind {
            Kind::Index => tables.find(|(name, table)| has_index(name, table)),
            _ => tables.find(|(name, _)| object.on.as_deref() == Some(&name.to_string())),
        };
        found.map(|(_, table)| table)
    }

    /// The domain that an object is on.
    fn domain(&self, object: &Object) -> Option<(&Name, &DataType)> {
        let on = object.on.as_deref()?;
        let found = self.types.iter().find(|(name, _)| name.to_string() == on);
        found.filter(|(_, it)| matches!(it, DataType::Domain { .. }))
    }

    fn make_on_domain(&self, object: &Object) -> Option<String> {
        let (domain, DataType::Domain { constraints, .. }) = self.domain(object)? else { return None };
        let (name, what) = constraints.iter().find(|(name, _)| quote_ident(name) == object.name)?;
        Some(format!("ALTER DOMAIN {domain} ADD CONSTRAINT {} {};", quote_ident(name), what.definition))
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
    fn alter(&self, live: &Self, object: &Object, field: &str, expected: Option<&str>) -> Option<String> {
        let name = &object.name;
        let on = object.on.as_deref().unwrap_or_default();
        let (is_yes, remake) = (expected == Some("yes"), || {
            let (drop, make) = (live.unmake(self, object)?, self.make(live, object)?);
            Some(format!("{drop}\n{make}"))
        });
        Some(match (object.kind, field) {
            (Kind::Column, _) => return self.alter_column(name, field, expected),
            (Kind::Constraint, "validated") if is_yes && self.domain(object).is_some() => {
                format!("ALTER DOMAIN {on} VALIDATE CONSTRAINT {name};")
            }
            (Kind::Constraint, "validated") if is_yes => {
                format!("ALTER TABLE {on} VALIDATE CONSTRAINT {name};")
            }
            (Kind::Index, "valid" | "ready") if is_yes && self.is_on_partitioned(object) => return None,
            (Kind::Index, "valid" | "ready") if is_yes => format!("REINDEX INDEX CONCURRENTLY {name};"),
            (Kind::Table, "row security") => {
                let how = if is_yes { "ENABLE" } else { "DISABLE" };
                format!("ALTER TABLE {name} {how} ROW LEVEL SECURITY;")
            }
            (Kind::Table, "row security forced") => {
                let how = if is_yes { "FORCE" } else { "NO FORCE" };
                format!("ALTER TABLE {name} {how} ROW LEVEL SECURITY;")
            }
            (Kind::Table, "persistence") => {
                let how = if expected == Some("unlogged") { "UNLOGGED" } else { "LOGGED" };
                format!("ALTER TABLE {name} SET {how};")
            }
            (Kind::Sequence, _) => format!("ALTER SEQUENCE {name} {};", sequence_option(field, expected)?),
            (Kind::Type, "not null" | "default") => {
                let how = match (field, expected) {
                    ("default", Some(default)) => format!("SET DEFAULT {default}"),
                    ("default", None) => "DROP DEFAULT".to_owned(),
                    _ if is_yes => "SET NOT NULL".to_owned(),
                    _ => "DROP NOT NULL".to_owned(),
                };
                format!("ALTER DOMAIN {name} {how};")
            }
            // `OR REPLACE` can change neither.
            (Kind::Routine, "kind" | "arguments" | "result") | (Kind::View, "kind") => return remake(),
            (Kind::Routine, _) => self.make(live, object)?.replacen("CREATE ", "CREATE OR REPLACE ", 1),
            (Kind::View, _) => match self.make(live, object)? {
                made if made.starts_with("CREATE MATERIALIZED") => return remake(),
                made => format!(
                    "-- If its columns differ, this is refused: drop it first, with what depends on it.\n{}",
                    made.replacen("CREATE ", "CREATE OR REPLACE ", 1)
                ),
            },
            (Kind::Index | Kind::Constraint | Kind::Trigger | Kind::Policy | Kind::Rule, _) => {
                return remake();
            }
            _ => return None,
        })
    }

    fn alter_column(&self, name: &str, field: &str, expected: Option<&str>) -> Option<String> {
        let (table, column) = self.column_of(name)?;
        let of = &self.tables[table];
        let how = match (field, expected) {
            // That of a partition is changed with the partitioned table.
            ("type", _) if of.partition_of.is_some() => return None,
            ("type", Some(data_type)) => format!("TYPE {data_type}"),
            ("default", Some(default)) => format!("SET DEFAULT {default}"),
            ("default", None) => "DROP DEFAULT".to_owned(),
            ("not null", Some("yes")) => "SET NOT NULL".to_owned(),
            ("not null", _) => "DROP NOT NULL".to_owned(),
            ("storage", Some(storage)) => format!("SET STORAGE {}", storage.to_uppercase()),
            _ => return None,
        };
        let column = quote_ident(&of.columns[column].name);
        Some(format!("ALTER TABLE {table} ALTER COLUMN {column} {how};"))
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

/// What sets a property of a sequence.
fn sequence_option(field: &str, expected: Option<&str>) -> Option<String> {
    let value = expected?;
    Some(match field {
        "type" => format!("AS {value}"),
        "start" => format!("START WITH {value}"),
        "increment" => format!("INCREMENT BY {value}"),
        "min" => format!("MINVALUE {value}"),
        "max" => format!("MAXVALUE {value}"),
        "cache" => format!("CACHE {value}"),
        "cycle" if value == "yes" => "CYCLE".to_owned(),
        "cycle" => "NO CYCLE".to_owned(),
        _ => return None,
    })
}

/// The statements that make an object of the kind, in the form that disturbs least. Partitioned tables take neither an index
/// `CONCURRENTLY` nor, before 18, a foreign key `NOT VALID`.
fn text(statements: Vec<Statement>, kind: Kind, partitioned: bool) -> Option<String> {
    let whole = matches!(kind, Kind::Table | Kind::View | Kind::Type | Kind::Sequence | Kind::Routine);
    let wanted = |statement: &Statement| {
        whole || !matches!(statement.rank, Rank::Table | Rank::ColumnStorage | Rank::Attach)
    };
    let each = in_order(statements).into_iter().filter(wanted).map(|statement| match kind {
        Kind::Index if partitioned => statement.text.replacen(" ON ONLY ", " ON ", 1) + ";",
        Kind::Index => statement.text.replacen("INDEX ", "INDEX CONCURRENTLY ", 1) + ";",
        Kind::Constraint if !partitioned && matches!(statement.rank, Rank::Check | Rank::ForeignKey) => {
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
