//! Columns as they were declared, and what a partitioned table is made of.

use pgrefit_catalog::census::{Column, ColumnType, Index, Relation, RelationKind};
use pgrefit_catalog::quote_ident;

use super::Facts;

/// How deep partitions are followed.
const DEPTH: usize = 32;

impl<'a> Facts<'a> {
    /// Columns as they were declared, with their table and the type beneath domains: not those of partitions, nor those that a
    /// child has from its parent.
    pub fn declared_columns(&self) -> impl Iterator<Item = (&'a Relation, &'a Column, &'a ColumnType)> {
        self.root_tables().flat_map(move |table| {
            let own = self.columns(table.oid).iter().filter(|column| !column.inherited);
            own.filter_map(move |column| Some((table, *column, self.base_type(column.type_oid)?)))
        })
    }

    /// The same, of these types of PostgreSQL itself.
    pub fn columns_of_type(
        &self,
        names: &'static [&'static str],
    ) -> impl Iterator<Item = (&'a Relation, &'a Column, &'a ColumnType)> {
        self.declared_columns().filter(move |(_, _, base)| base.is_built_in(names))
    }

    /// `ALTER TABLE … ALTER COLUMN … TYPE …`, with `USING` a cast.
    #[must_use]
    pub fn retype(&self, table: u32, column: &Column, to: &str) -> String {
        let (name, column) = (self.name(table), quote_ident(&column.name));
        format!("ALTER TABLE {name} ALTER COLUMN {column} TYPE {to} USING {column}::{to};")
    }

    /// The ordinary tables that hold the rows of a table: itself, or its partitions.
    #[must_use]
    pub fn leaves(&self, table: u32) -> Vec<&'a Relation> {
        let (mut leaves, mut rest) = (Vec::new(), vec![(table, 0)]);
        while let Some((oid, depth)) = rest.pop() {
            match self.relation(oid) {
                Some(found) if found.kind == RelationKind::Partitioned && depth < DEPTH => {
                    rest.extend(self.children(oid).iter().map(|child| (*child, depth + 1)));
                }
                Some(found) if found.kind == RelationKind::Table => leaves.push(found),
                _ => {}
            }
        }
        leaves
    }

    /// Whether the statistics of all that holds its rows can be trusted.
    #[must_use]
    pub fn are_leaves_analysed(&self, table: u32) -> bool {
        self.leaves(table).iter().all(|leaf| self.is_analysed(leaf.oid))
    }

    /// Whether an index of one of these methods, that queries may use, has the column in its key: of the table, or of each of its
    /// partitions. One without the rows that are null will do.
    #[must_use]
    pub fn has_key_index(&self, table: u32, column: &Column, methods: &[&str]) -> bool {
        let serves = |index: &Index, number: i16| {
            let whole = index.predicate.as_ref().is_none_or(|it| it.only_not_null() == Some(number));
            let usable = index.valid && index.ready && index.live;
            usable && whole && index.columns.contains(&number) && methods.contains(&self.access_method(index))
        };
        let has = |table: u32, number: i16| self.indexes(table).iter().any(|index| serves(index, number));
        let leaves = self.leaves(table);
        let covered = |leaf: &&Relation| {
            self.column_named(leaf.oid, &column.name).is_some_and(|own| has(leaf.oid, own.number))
        };
        has(table, column.number) || (!leaves.is_empty() && leaves.iter().all(covered))
    }
}

/// What a type is called in the catalogs.
pub(crate) trait BuiltIn {
    /// Whether it is one of these types of PostgreSQL itself.
    fn is_built_in(&self, names: &[&str]) -> bool;
}

impl BuiltIn for ColumnType {
    fn is_built_in(&self, names: &[&str]) -> bool {
        self.schema == "pg_catalog" && names.contains(&self.name.as_str())
    }
}
