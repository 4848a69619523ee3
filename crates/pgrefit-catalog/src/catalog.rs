//! The whole schema of one database.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{Constraint, DataType, Index, Name, Routine, Sequence, Table, TableKind, View};

/// The schema of one database at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalog {
    /// The major version of the server it was read from, such as 18. Informational.
    pub server_major: u32,
    /// Schemas, unquoted.
    pub schemas: BTreeSet<String>,
    /// Extensions by name, unquoted.
    pub extensions: BTreeMap<String, Extension>,
    /// Enums, domains, composites and ranges.
    pub types: BTreeMap<Name, DataType>,
    /// Sequences, those of identity and serial columns included.
    pub sequences: BTreeMap<Name, Sequence>,
    /// Tables, partitions included.
    pub tables: BTreeMap<Name, Table>,
    /// Views and materialized views.
    pub views: BTreeMap<Name, View>,
    /// Functions, procedures and aggregates by signature, such as `public.add(integer, integer)`.
    pub routines: BTreeMap<String, Routine>,
}

/// An installed extension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// The schema that holds its objects.
    pub schema: String,
    /// The installed version. Informational: the platform decides it, so it is no part of a difference.
    pub version: String,
}

impl Catalog {
    /// A database with nothing in it, of the given server major.
    #[must_use]
    pub fn empty(server_major: u32) -> Self {
        Self {
            server_major,
            schemas: BTreeSet::new(),
            extensions: BTreeMap::new(),
            types: BTreeMap::new(),
            sequences: BTreeMap::new(),
            tables: BTreeMap::new(),
            views: BTreeMap::new(),
            routines: BTreeMap::new(),
        }
    }

    /// Whether a user has made nothing here yet: no schema besides `public`, no type, sequence, table, view or routine.
    ///
    /// An extension alone does not count, because many platforms install some into every new database.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.schemas.iter().all(|schema| schema == "public")
            && self.types.is_empty()
            && self.sequences.is_empty()
            && self.tables.is_empty()
            && self.views.is_empty()
            && self.routines.is_empty()
    }

    /// The columns that both catalogs have, sorted, of the tables whose rows both can read and compare.
    ///
    /// Left out are foreign tables, whose rows are elsewhere, and partitions, whose rows are those of their partitioned
    /// table. With itself: all the columns of a catalog.
    #[must_use]
    pub fn shared_columns(&self, other: &Self) -> BTreeMap<Name, Vec<String>> {
        let mut shared = BTreeMap::new();
        for (name, table) in self.tables.iter().filter(|(_, table)| has_own_rows(table)) {
            if let Some(other) = other.tables.get(name).filter(|table| has_own_rows(table)) {
                let columns: BTreeSet<_> = other.columns.iter().map(|column| &column.name).collect();
                let names = table.columns.iter().map(|column| &column.name);
                let mut both: Vec<_> = names.filter(|name| columns.contains(name)).cloned().collect();
                both.sort();
                shared.insert(name.clone(), both);
            }
        }
        shared
    }

    /// Indexes that no query can use, with the table or materialized view each is on.
    ///
    /// They are what a failed or interrupted `CREATE INDEX CONCURRENTLY` leaves behind; of a partitioned table, also an
    /// index that some partition lacks.
    pub fn invalid_indexes(&self) -> impl Iterator<Item = (Name, &Name)> {
        let of_tables = self.tables.iter().map(|(name, table)| (name, &table.indexes));
        let of_views = self.views.iter().map(|(name, view)| (name, &view.indexes));
        of_tables.chain(of_views).flat_map(|(relation, indexes)| {
            let invalid = indexes.iter().filter(|(_, index)| is_unusable(index));
            invalid.map(move |(name, _)| (Name::new(&relation.schema, name), relation))
        })
    }

    /// The same schema without its [`invalid_indexes`](Self::invalid_indexes), as a dump has it: `pg_dump` leaves them out.
    #[must_use]
    pub fn without_invalid_indexes(&self) -> Self {
        self.without_indexes(&self.invalid_indexes().map(|(index, _)| index).collect())
    }

    /// The same schema without these indexes, on whatever relation they are.
    #[must_use]
    pub fn without_indexes(&self, indexes: &BTreeSet<Name>) -> Self {
        let mut rest = self.clone();
        if indexes.is_empty() {
            return rest;
        }
        let of_tables = rest.tables.iter_mut().map(|(name, table)| (name, &mut table.indexes));
        let of_views = rest.views.iter_mut().map(|(name, view)| (name, &mut view.indexes));
        for (relation, own) in of_tables.chain(of_views) {
            own.retain(|index, _| !indexes.contains(&Name::new(&relation.schema, index)));
        }
        rest
    }

    /// The same schema without the partitions, on every level, of the tables that `is_maintained` names: which of them there
    /// are is decided by the clock, not by migrations.
    #[must_use]
    pub fn without_partitions(&self, is_maintained: impl Fn(&Name) -> bool) -> Self {
        let mut rest = self.clone();
        rest.tables.retain(|name, _| !self.ancestors(name).any(&is_maintained));
        rest
    }

    /// The partitioned table that a table is a partition of, the one that this is a partition of, and so on.
    fn ancestors(&self, table: &Name) -> impl Iterator<Item = &Name> {
        let parent = |name: &Name| {
            let partition = self.tables.get(name)?.partition_of.as_ref()?;
            Some(&partition.parent)
        };
        std::iter::successors(parent(table), move |name| parent(name))
    }

    /// Whether some table or materialized view has an index of this name.
    #[must_use]
    pub fn has_index(&self, index: &Name) -> bool {
        let of_tables = self.tables.iter().map(|(name, table)| (name, &table.indexes));
        let of_views = self.views.iter().map(|(name, view)| (name, &view.indexes));
        of_tables
            .chain(of_views)
            .any(|(relation, own)| relation.schema == index.schema && own.contains_key(&index.name))
    }

    /// `NOT VALID` constraints by name, with the table or domain each is on.
    pub fn unvalidated_constraints(&self) -> impl Iterator<Item = (&str, &Name)> {
        let of_tables = self.tables.iter().map(|(name, table)| (name, &table.constraints));
        let of_domains = self.types.iter().filter_map(|(name, data_type)| match data_type {
            DataType::Domain { constraints, .. } => Some((name, constraints)),
            _ => None,
        });
        of_tables.chain(of_domains).flat_map(|(owner, constraints)| unvalidated(owner, constraints))
    }
}

fn has_own_rows(table: &Table) -> bool {
    table.partition_of.is_none() && !matches!(table.kind, TableKind::Foreign { .. })
}

fn is_unusable(index: &Index) -> bool {
    !index.valid || !index.ready
}

fn unvalidated<'a>(
    owner: &'a Name,
    constraints: &'a BTreeMap<String, Constraint>,
) -> impl Iterator<Item = (&'a str, &'a Name)> {
    let open = constraints.iter().filter(|(_, constraint)| !constraint.validated);
    open.map(move |(name, _)| (name.as_str(), owner))
}
