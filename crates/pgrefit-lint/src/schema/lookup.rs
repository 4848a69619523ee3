//! Finding things by the name that a statement writes.

use pgrefit_sql::{Relation, RelationKind};

use super::{Index, Key, Moment, Schema, Table};
use crate::action::{Bound, ConstraintKind, DefaultValue, NewView, Volatility};
use crate::types::SqlType;

/// Where temporary tables are kept.
pub(super) const TEMPORARY: &str = "pg_temp";

/// Whether a default is the same for each row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Constancy {
    Constant,
    /// It calls something that is volatile.
    Volatile,
    /// It calls a function that nothing is known of.
    Unknown(String),
}

impl Schema {
    /// Where a relation of this name is, or would be made.
    pub(crate) fn key(&self, relation: &Relation) -> Key {
        if let Some(schema) = &relation.schema {
            return (schema.clone(), relation.name.clone());
        }
        let at = |schema: &str| (schema.to_owned(), relation.name.clone());
        let first = self.settings.path_start.as_deref().unwrap_or("public");
        // Temporary tables come before all others.
        for schema in [TEMPORARY, first, "public"] {
            let key = at(schema);
            if self.has(&key, relation.kind) {
                return key;
            }
        }
        // Else the only one of this name, wherever the search path leads.
        let mut others =
            self.schemas.iter().map(|schema| at(schema)).filter(|key| self.has(key, relation.kind));
        match (others.next(), others.next()) {
            (Some(only), None) => only,
            _ => at(first),
        }
    }

    fn has(&self, key: &Key, kind: RelationKind) -> bool {
        match kind {
            RelationKind::Table => self.tables.contains_key(key) || self.views.contains_key(key),
            RelationKind::Index => self.indexes.contains_key(key),
        }
    }

    pub(crate) fn table(&self, relation: &Relation) -> Option<&Table> {
        self.tables.get(&self.key(relation))
    }

    pub(crate) fn index(&self, relation: &Relation) -> Option<&Index> {
        self.indexes.get(&self.key(relation))
    }

    /// The table that a lock on the relation is a lock on: itself, or the table of the index.
    pub(crate) fn owner(&self, relation: &Relation) -> Key {
        let key = self.key(relation);
        match relation.kind {
            RelationKind::Table => key,
            RelationKind::Index => self.indexes.get(&key).map_or(key, |index| index.table.clone()),
        }
    }

    /// Whether the file itself made it, or one that runs with it in one go, so that nobody else can know of it.
    pub(crate) fn is_new(&self, key: &Key, file: usize) -> bool {
        let first = self.run_from.unwrap_or(file).min(file);
        self.tables
            .get(key)
            .is_some_and(|table| table.temporary || table.made.is_some_and(|made| made.file >= first))
    }

    /// The same for a relation as a statement names it.
    pub(crate) fn is_new_relation(&self, relation: &Relation, file: usize) -> bool {
        self.is_new(&self.owner(relation), file)
    }

    /// Whether the file made it and has put no row into it.
    pub(crate) fn is_empty(&self, relation: &Relation, file: usize) -> bool {
        let key = self.owner(relation);
        self.is_new(&key, file) && self.tables.get(&key).is_some_and(|table| !table.filled)
    }

    pub(crate) fn column_type(&self, relation: &Relation, column: &str) -> Option<&SqlType> {
        self.table(relation)?
            .column(column)
            .map(|column| &column.data_type)
            .filter(|known| !known.name.is_empty())
    }

    /// The domain of this name, if it is one.
    pub(crate) fn domain(&self, of: &SqlType) -> Option<&super::Domain> {
        if of.array || self.domains.is_empty() {
            return None;
        }
        let at = |schema: &str| self.domains.get(&(schema.to_owned(), of.name.clone()));
        match &of.schema {
            Some(schema) => at(schema),
            None => at(self.settings.path_start.as_deref().unwrap_or("public"))
                .or_else(|| at("public"))
                .or_else(|| self.schemas.iter().find_map(|schema| at(schema))),
        }
    }

    /// The table with a key of this name, whose index it is.
    pub(crate) fn owner_by_constraint(&self, index: &Relation) -> Option<Key> {
        let owns = |table: &Table| {
            table.constraint(&index.name).is_some_and(|it| {
                matches!(
                    it.kind,
                    ConstraintKind::PrimaryKey { .. }
                        | ConstraintKind::Unique { .. }
                        | ConstraintKind::Exclude
                )
            })
        };
        self.tables
            .iter()
            .find(|(key, table)| index.schema.as_ref().is_none_or(|schema| *schema == key.0) && owns(table))
            .map(|(key, _)| key.clone())
    }

    /// Whether the type is an enum that is known.
    pub(crate) fn is_enum(&self, of: &SqlType) -> bool {
        !of.array
            && self
                .enums
                .keys()
                .any(|key| key.1 == of.name && of.schema.as_ref().is_none_or(|schema| *schema == key.0))
    }

    /// Whether an index or a key of the table begins with these columns, in any order.
    pub(crate) fn is_indexed(&self, table: &Key, columns: &[String]) -> bool {
        let leads = |keys: &[String]| {
            keys.len() >= columns.len() && columns.iter().all(|column| keys[..columns.len()].contains(column))
        };
        let of_index = self.indexes_of(table).any(|(_, index)| {
            let keys: Vec<String> = index.new.keys.iter().map_while(|key| key.column.clone()).collect();
            !index.new.partial && leads(&keys)
        });
        of_index
            || self.tables.get(table).is_some_and(|table| {
                table.constraints.iter().any(|constraint| {
                    let is_key = matches!(
                        constraint.kind,
                        ConstraintKind::Unique { .. } | ConstraintKind::PrimaryKey { .. }
                    );
                    is_key && leads(&constraint.columns)
                })
            })
    }

    /// Views that read a relation, and name the column if one is given.
    pub(crate) fn views_of(&self, table: &Key, column: Option<&str>) -> Vec<&NewView> {
        let mut views: Vec<&NewView> = self
            .views
            .values()
            .filter(|view| view.reads.iter().any(|read| read.name == table.1 && self.key(read) == *table))
            .filter(|view| column.is_none_or(|column| view.star || view.words.contains(column)))
            .collect();
        views.sort_by(|one, other| one.name.name.cmp(&other.name.name));
        views
    }

    /// Tables with a foreign key to this one, and the columns it refers to.
    pub(crate) fn referrers(&self, table: &Key) -> Vec<(&Key, &super::Constraint)> {
        let mut found = Vec::new();
        for (key, other) in &self.tables {
            for constraint in &other.constraints {
                if let ConstraintKind::ForeignKey { partner: Some(partner), .. } = &constraint.kind
                    && partner.name == table.1
                    && self.key(partner) == *table
                {
                    found.push((key, constraint));
                }
            }
        }
        found.sort_by(|one, other| one.0.cmp(other.0));
        found
    }

    /// The default partition of a partitioned table.
    pub(crate) fn default_partition(&self, parent: &Key) -> Option<&Key> {
        let is_default =
            |table: &Table| matches!(&table.partition_of, Some((of, Bound::Default)) if of == parent);
        self.tables.iter().find(|(_, table)| is_default(table)).map(|(key, _)| key)
    }

    /// Partitions of a table.
    pub(crate) fn partitions<'a>(&'a self, parent: &'a Key) -> impl Iterator<Item = (&'a Key, &'a Table)> {
        self.tables
            .iter()
            .filter(move |(_, table)| matches!(&table.partition_of, Some((of, _)) if of == parent))
    }

    /// Whether a default is the same for each row, as far as the functions it calls are known.
    pub(crate) fn constancy(&self, default: &DefaultValue) -> Constancy {
        if default.volatile {
            return Constancy::Volatile;
        }
        for (_, name) in &default.calls {
            match self.routines.get(name).map(Vec::as_slice) {
                Some([only]) if only.volatility != Volatility::Volatile || only.inlines_to_stable => {}
                Some(_) => return Constancy::Volatile,
                None => return Constancy::Unknown(name.clone()),
            }
        }
        Constancy::Constant
    }

    /// The enum labels that the file has added to types that existed, and when, by name.
    pub(crate) fn fresh_labels(&self, file: usize) -> Vec<(&str, Moment)> {
        let labels = self.enums.values().flatten().filter(|(_, added)| added.file == file);
        let mut labels: Vec<(&str, Moment)> = labels.map(|(label, added)| (label.as_str(), *added)).collect();
        labels.sort_unstable_by_key(|(label, _)| *label);
        labels
    }

    /// Tables with a column of this domain.
    pub(crate) fn tables_of_domain<'a>(&'a self, domain: &'a Relation) -> Vec<&'a Key> {
        let uses = |table: &Table| table.columns.iter().any(|column| column.data_type.name == domain.name);
        let mut found: Vec<_> =
            self.tables.iter().filter(|(_, table)| uses(table)).map(|(key, _)| key).collect();
        found.sort();
        found
    }
}
