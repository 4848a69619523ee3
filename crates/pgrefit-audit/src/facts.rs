//! A census by object: what checks look things up in.

use pgrefit_catalog::census::{
    Census, Column, ColumnDefault, ColumnStatistics, ColumnType, Constraint, ConstraintKind, Index,
    IndexStatistics, Namespace, PartitionKey, Relation, RelationKind, RelationStatistics, Role, Sequence,
    Setting, Trigger,
};
use pgrefit_catalog::quote_ident;
use rustc_hash::FxHashMap as HashMap;

use crate::{Options, object};

pub(crate) mod activity;
mod constraints;
pub(crate) mod design;
mod duplicates;
mod grants;
pub(crate) mod indexes;
mod overrides;
pub(crate) mod partitioned_indexes;
pub(crate) mod partitions;
mod replication;
pub(crate) mod security;
pub(crate) mod sequences;
mod settings;
pub(crate) mod vacuum;
pub(crate) mod vectors;

/// A census by object.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The census itself.
    pub census: &'a Census,
    /// What the audit was told besides.
    pub options: &'a Options,
    namespaces: HashMap<u32, &'a Namespace>,
    relations: HashMap<u32, &'a Relation>,
    /// The table of a TOAST table.
    toast_owners: HashMap<u32, u32>,
    columns: HashMap<u32, Vec<&'a Column>>,
    types: HashMap<u32, &'a ColumnType>,
    defaults: HashMap<(u32, i16), &'a ColumnDefault>,
    indexes: HashMap<u32, &'a Index>,
    indexes_of: HashMap<u32, Vec<&'a Index>>,
    constraints: HashMap<u32, &'a Constraint>,
    constraints_of: HashMap<u32, Vec<&'a Constraint>>,
    referencing: HashMap<u32, Vec<&'a Constraint>>,
    triggers_of: HashMap<u32, Vec<&'a Trigger>>,
    parents: HashMap<u32, Vec<u32>>,
    children: HashMap<u32, Vec<u32>>,
    partition_keys: HashMap<u32, &'a PartitionKey>,
    sequences: HashMap<u32, &'a Sequence>,
    statistics: HashMap<u32, &'a RelationStatistics>,
    index_statistics: HashMap<u32, &'a IndexStatistics>,
    column_statistics: HashMap<(u32, i16), &'a ColumnStatistics>,
    settings: HashMap<&'a str, &'a Setting>,
    roles: HashMap<u32, &'a Role>,
}

fn by<K: std::hash::Hash + Eq, T>(rows: &[T], key: impl Fn(&T) -> K) -> HashMap<K, &T> {
    rows.iter().map(|row| (key(row), row)).collect()
}

fn grouped<T>(rows: &[T], key: impl Fn(&T) -> Option<u32>) -> HashMap<u32, Vec<&T>> {
    let mut groups: HashMap<u32, Vec<&T>> = HashMap::default();
    for row in rows {
        if let Some(key) = key(row) {
            groups.entry(key).or_default().push(row);
        }
    }
    groups
}

impl<'a> Facts<'a> {
    /// Reads nothing; sorts what is there.
    #[must_use]
    pub fn new(census: &'a Census, options: &'a Options) -> Self {
        let mut columns = grouped(&census.columns, |column| Some(column.relation));
        for columns in columns.values_mut() {
            columns.sort_by_key(|column| column.number);
        }
        let (mut parents, mut children) =
            (HashMap::<u32, Vec<u32>>::default(), HashMap::<u32, Vec<u32>>::default());
        for edge in &census.inheritance {
            parents.entry(edge.child).or_default().push(edge.parent);
            children.entry(edge.parent).or_default().push(edge.child);
        }
        let owner = |relation: &Relation| Some((relation.toast?, relation.oid));
        // Statistics of a table with its children replace those of the table alone.
        let mut statistics: Vec<_> = census.column_statistics.iter().collect();
        statistics.sort_by_key(|row| row.inherited);
        Self {
            census,
            options,
            namespaces: by(&census.namespaces, |row| row.oid),
            relations: by(&census.relations, |row| row.oid),
            toast_owners: census.relations.iter().filter_map(owner).collect(),
            columns,
            types: by(&census.types, |row| row.oid),
            defaults: by(&census.defaults, |row| (row.relation, row.number)),
            indexes: by(&census.indexes, |row| row.oid),
            indexes_of: grouped(&census.indexes, |row| Some(row.table)),
            constraints: by(&census.constraints, |row| row.oid),
            constraints_of: grouped(&census.constraints, |row| Some(row.relation).filter(|oid| *oid != 0)),
            referencing: grouped(&census.constraints, |row| row.referenced),
            triggers_of: grouped(&census.triggers, |row| Some(row.relation)),
            parents,
            children,
            partition_keys: by(&census.partition_keys, |row| row.relation),
            sequences: by(&census.sequences, |row| row.relation),
            statistics: by(&census.relation_statistics, |row| row.relation),
            index_statistics: by(&census.index_statistics, |row| row.index),
            column_statistics: statistics.into_iter().map(|row| ((row.relation, row.number), row)).collect(),
            settings: census.settings.iter().map(|row| (row.name.as_str(), row)).collect(),
            roles: by(&census.roles, |row| row.oid),
        }
    }

    /// The major version of the server: 18.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.census.server.major()
    }

    /// A relation of users, of whatever kind.
    #[must_use]
    pub fn relation(&self, oid: u32) -> Option<&'a Relation> {
        self.relations.get(&oid).copied()
    }

    /// A schema of users.
    #[must_use]
    pub fn namespace(&self, oid: u32) -> Option<&'a Namespace> {
        self.namespaces.get(&oid).copied()
    }

    /// A role.
    #[must_use]
    pub fn role(&self, oid: u32) -> Option<&'a Role> {
        self.roles.get(&oid).copied()
    }

    /// The name of a role, quoted; zero is `PUBLIC`.
    #[must_use]
    pub fn role_name(&self, oid: u32) -> String {
        match self.role(oid) {
            _ if oid == 0 => "PUBLIC".to_owned(),
            Some(role) => quote_ident(&role.name),
            None => format!("role {oid}"),
        }
    }

    /// Relations that users made, ordinary and partitioned tables, without those of extensions. Partitions are among them.
    pub fn tables(&self) -> impl Iterator<Item = &'a Relation> + use<'a> {
        let is_table = |it: &&Relation| matches!(it.kind, RelationKind::Table | RelationKind::Partitioned);
        self.census.relations.iter().filter(|it| !it.of_extension).filter(is_table)
    }

    /// The same without partitions: what is true of a partitioned table is said once, of its root.
    pub fn root_tables(&self) -> impl Iterator<Item = &'a Relation> + use<'a> {
        self.tables().filter(|table| !table.is_partition)
    }

    /// What holds rows: ordinary tables, partitions, materialized views; without those of extensions.
    pub fn heaps(&self) -> impl Iterator<Item = &'a Relation> + use<'a> {
        let is_heap =
            |it: &&Relation| matches!(it.kind, RelationKind::Table | RelationKind::MaterializedView);
        self.census.relations.iter().filter(|it| !it.of_extension).filter(is_heap)
    }

    /// `schema.name`, quoted where needed. Of a TOAST table, `TOAST table of schema.name`.
    #[must_use]
    pub fn name(&self, oid: u32) -> String {
        if let Some(owner) = self.toast_owners.get(&oid) {
            return format!("TOAST table of {}", self.name(*owner));
        }
        let Some(relation) = self.relation(oid) else { return format!("relation {oid}") };
        match self.namespace(relation.namespace) {
            Some(namespace) => object::qualified(&namespace.name, &relation.name),
            None => object::qualified("pg_toast", &relation.name),
        }
    }

    /// The name of its schema, as it is.
    #[must_use]
    pub fn schema_of(&self, relation: &Relation) -> &'a str {
        self.namespace(relation.namespace).map_or("pg_toast", |namespace| namespace.name.as_str())
    }

    /// The table that a TOAST table belongs to.
    #[must_use]
    pub fn toast_owner(&self, toast: u32) -> Option<u32> {
        self.toast_owners.get(&toast).copied()
    }

    /// The columns of a relation, in order.
    #[must_use]
    pub fn columns(&self, relation: u32) -> &[&'a Column] {
        self.columns.get(&relation).map_or(&[], Vec::as_slice)
    }

    /// A column.
    #[must_use]
    pub fn column(&self, relation: u32, number: i16) -> Option<&'a Column> {
        let columns = self.columns(relation);
        columns.binary_search_by_key(&number, |column| column.number).ok().map(|at| columns[at])
    }

    /// A column by its name, as it is.
    #[must_use]
    pub fn column_named(&self, relation: u32, name: &str) -> Option<&'a Column> {
        self.columns(relation).iter().find(|column| column.name == name).copied()
    }

    /// `schema.table.column`.
    #[must_use]
    pub fn column_name(&self, relation: u32, number: i16) -> String {
        let table = self.name(relation);
        self.column(relation, number).map_or(table.clone(), |column| object::part(&table, &column.name))
    }

    /// `a, b`, each quoted, for the columns of a statement.
    #[must_use]
    pub fn column_list(&self, relation: u32, numbers: &[i16]) -> String {
        object::list(
            numbers.iter().filter_map(|it| self.column(relation, *it)).map(|column| column.name.as_str()),
        )
    }

    /// `schema.table.name` of a constraint, a trigger, a policy.
    #[must_use]
    pub fn part_name(&self, relation: u32, name: &str) -> String {
        object::part(&self.name(relation), name)
    }

    /// The type of a column, or one that it rests on.
    #[must_use]
    pub fn type_of(&self, oid: u32) -> Option<&'a ColumnType> {
        self.types.get(&oid).copied()
    }

    /// The type beneath domains.
    #[must_use]
    pub fn base_type(&self, oid: u32) -> Option<&'a ColumnType> {
        let mut found = self.type_of(oid)?;
        for _ in 0..32 {
            if found.kind != 'd' {
                break;
            }
            found = self.type_of(found.base)?;
        }
        Some(found)
    }

    /// The default of a column, or what it is generated from.
    #[must_use]
    pub fn default(&self, relation: u32, number: i16) -> Option<&'a ColumnDefault> {
        self.defaults.get(&(relation, number)).copied()
    }

    /// An index.
    #[must_use]
    pub fn index(&self, oid: u32) -> Option<&'a Index> {
        self.indexes.get(&oid).copied()
    }

    /// The indexes of a table.
    #[must_use]
    pub fn indexes(&self, table: u32) -> &[&'a Index] {
        self.indexes_of.get(&table).map_or(&[], Vec::as_slice)
    }

    /// Indexes of users' tables, without those of TOAST tables and of extensions.
    pub fn user_indexes(&self) -> impl Iterator<Item = (&'a Index, &'a Relation)> + '_ {
        let with = |index: &'a Index| {
            let table = self.relation(index.table)?;
            (table.kind != RelationKind::Toast && !table.of_extension).then_some((index, table))
        };
        self.census.indexes.iter().filter_map(with)
    }

    /// The access method of an index: `btree`.
    #[must_use]
    pub fn access_method(&self, index: &Index) -> &'a str {
        self.relation(index.oid).and_then(|it| it.access_method.as_deref()).unwrap_or_default()
    }

    /// A constraint.
    #[must_use]
    pub fn constraint(&self, oid: u32) -> Option<&'a Constraint> {
        self.constraints.get(&oid).copied()
    }

    /// The constraints of a table.
    #[must_use]
    pub fn constraints(&self, table: u32) -> &[&'a Constraint] {
        self.constraints_of.get(&table).map_or(&[], Vec::as_slice)
    }

    /// The foreign keys that reference a table.
    #[must_use]
    pub fn referencing(&self, table: u32) -> &[&'a Constraint] {
        self.referencing.get(&table).map_or(&[], Vec::as_slice)
    }

    /// Foreign keys as they were declared: not those that partitions take over from their parent.
    pub fn foreign_keys(&self) -> impl Iterator<Item = &'a Constraint> + use<'a> {
        let declared = |it: &&Constraint| it.kind == ConstraintKind::ForeignKey && it.parent.is_none();
        self.census.constraints.iter().filter(declared)
    }

    /// The constraint that an index belongs to.
    #[must_use]
    pub fn constraint_of_index(&self, index: &Index) -> Option<&'a Constraint> {
        let owns = |it: &&&Constraint| {
            it.index == Some(index.oid)
                && matches!(
                    it.kind,
                    ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::Exclusion
                )
        };
        self.constraints(index.table).iter().find(owns).copied()
    }

    /// The triggers of a table.
    #[must_use]
    pub fn triggers(&self, table: u32) -> &[&'a Trigger] {
        self.triggers_of.get(&table).map_or(&[], Vec::as_slice)
    }

    /// The tables or indexes that it descends from.
    #[must_use]
    pub fn parents(&self, relation: u32) -> &[u32] {
        self.parents.get(&relation).map_or(&[], Vec::as_slice)
    }

    /// The tables or indexes that descend from it.
    #[must_use]
    pub fn children(&self, relation: u32) -> &[u32] {
        self.children.get(&relation).map_or(&[], Vec::as_slice)
    }

    /// How a table is partitioned; none if it is not.
    #[must_use]
    pub fn partition_key(&self, relation: u32) -> Option<&'a PartitionKey> {
        self.partition_keys.get(&relation).copied()
    }

    /// A sequence.
    #[must_use]
    pub fn sequence(&self, relation: u32) -> Option<&'a Sequence> {
        self.sequences.get(&relation).copied()
    }

    /// The counters of a table.
    #[must_use]
    pub fn statistics(&self, relation: u32) -> Option<&'a RelationStatistics> {
        self.statistics.get(&relation).copied()
    }

    /// The counters of an index.
    #[must_use]
    pub fn index_statistics(&self, index: u32) -> Option<&'a IndexStatistics> {
        self.index_statistics.get(&index).copied()
    }

    /// What `ANALYZE` knows of a column; none if the role may not see it, or it was never analysed.
    #[must_use]
    pub fn column_statistics(&self, relation: u32, number: i16) -> Option<&'a ColumnStatistics> {
        self.column_statistics.get(&(relation, number)).copied()
    }

    /// Bytes of a relation's main fork at the last `VACUUM` or `ANALYZE`.
    #[must_use]
    pub fn bytes(&self, relation: u32) -> u64 {
        let pages = self.relation(relation).map_or(0, |it| it.pages);
        u64::try_from(pages.saturating_mul(self.census.server.block_size)).unwrap_or(0)
    }

    /// The same with its TOAST table, without indexes.
    #[must_use]
    pub fn table_bytes(&self, relation: u32) -> u64 {
        let toast = self.relation(relation).and_then(|it| it.toast);
        self.bytes(relation) + toast.map_or(0, |toast| self.bytes(toast))
    }

    /// Rows of a table, with its partitions; none if one of them was never analysed.
    #[must_use]
    pub fn rows(&self, relation: u32) -> Option<f64> {
        let found = self.relation(relation)?;
        if found.kind == RelationKind::Partitioned {
            return self.children(relation).iter().map(|child| self.rows(*child)).sum();
        }
        found.rows
    }

    /// Whether statistics of a table can be trusted for an estimate: it was analysed, and less than a tenth of its rows, and of
    /// 1,000 at least, changed since.
    #[must_use]
    pub fn is_analysed(&self, relation: u32) -> bool {
        let Some(rows) = self.relation(relation).and_then(|it| it.rows) else { return false };
        let changed = self.statistics(relation).map_or(0, |it| it.changes_since_analyze);
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let changed = changed as f64;
        changed <= (rows / 10.0).max(1_000.0)
    }
}
