//! Tables with indexes and counters.

use pgrefit_catalog::census::{
    Column, ColumnStatistics, ColumnType, Index, IndexStatistics, RelationKind, RelationStatistics,
};

use super::Sample;
use super::constraints::unique_index;

impl Sample {
    /// An analysed table in `public` of so many MiB and rows, with counters at zero.
    pub(crate) fn heap(self, oid: u32, name: &str, size_mib: i64, rows: f64) -> Self {
        let sample = self.relation(oid, RelationKind::Table, name, |it| {
            (it.pages, it.rows) = (size_mib * 128, Some(rows));
        });
        let counters = RelationStatistics { relation: oid, ..RelationStatistics::default() };
        sample.with(|census| census.relation_statistics.push(counters))
    }

    /// Counters of the table that was made last.
    pub(crate) fn last_counters(mut self, change: impl FnOnce(&mut RelationStatistics)) -> Self {
        change(self.census.relation_statistics.last_mut().expect("a table"));
        self
    }

    /// A column of a type by name; the oid of the type is told from it.
    pub(crate) fn attribute(self, table: u32, number: i16, name: &str, type_name: &str) -> Self {
        let (oid, length) = match type_name {
            "bool" => (16, 1),
            "int4" => (23, 4),
            "int8" => (20, 8),
            "date" => (1082, 4),
            "timestamp" => (1114, 8),
            "timestamptz" => (1184, 8),
            "jsonb" => (3802, -1),
            "_text" => (1009, -1),
            _ => (25, -1),
        };
        let column = Column {
            relation: table,
            number,
            name: name.to_owned(),
            type_oid: oid,
            typmod: -1,
            not_null: false,
            has_default: false,
            identity: None,
            generated: None,
            storage: if length < 0 { 'x' } else { 'p' },
            compression: None,
            statistics_target: None,
            collation: 0,
            length,
            alignment: 'i',
            inherited: false,
            has_comment: false,
        };
        let type_row = ColumnType {
            oid,
            schema: "pg_catalog".to_owned(),
            name: type_name.to_owned(),
            kind: 'b',
            category: if type_name.starts_with('_') { 'A' } else { 'U' },
            not_null: false,
            base: 0,
            typmod: -1,
            element: 0,
            length,
            collation: 0,
            storage: column.storage,
            extension: None,
        };
        self.with(|census| {
            census.columns.push(column);
            census.types.push(type_row);
        })
    }

    /// What `ANALYZE` knows of a column.
    pub(crate) fn known(self, table: u32, number: i16, change: impl FnOnce(&mut ColumnStatistics)) -> Self {
        let mut known = ColumnStatistics {
            relation: table,
            number,
            inherited: false,
            null_fraction: 0.0,
            average_width: 8,
            distinct: -1.0,
            correlation: None,
            largest: None,
        };
        change(&mut known);
        self.with(|census| census.column_statistics.push(known))
    }

    /// A usable btree of so many MiB on columns, never scanned.
    pub(crate) fn btree(self, oid: u32, table: u32, name: &str, columns: &[i16], size_mib: i64) -> Self {
        let rows = self.census.relations.iter().find(|it| it.oid == table).and_then(|it| it.rows);
        let sample = self.relation(oid, RelationKind::Index, name, |it| {
            (it.pages, it.rows) = (size_mib * 128, rows);
            it.access_method = Some("btree".to_owned());
        });
        let width = columns.len();
        let index = Index {
            unique: false,
            columns: columns.to_vec(),
            key_columns: i16::try_from(width).expect("few columns"),
            collations: vec![0; width],
            operator_classes: vec![1; width],
            operator_class_names: vec!["any_ops".to_owned(); width],
            operator_class_schemas: vec!["pg_catalog".to_owned(); width],
            options: vec![0; width],
            ..unique_index(oid, table, 1)
        };
        let counters = IndexStatistics { index: oid, ..IndexStatistics::default() };
        sample.with(|census| {
            census.indexes.push(index);
            census.index_statistics.push(counters);
        })
    }

    /// Changes the index that was made last.
    pub(crate) fn change_index(mut self, change: impl FnOnce(&mut Index)) -> Self {
        change(self.census.indexes.last_mut().expect("an index"));
        self
    }

    /// Scans of the index that was made last.
    pub(crate) fn scanned(mut self, scans: i64) -> Self {
        self.census.index_statistics.last_mut().expect("an index").scans = scans;
        self
    }

    /// The access method of the relation that was made last.
    pub(crate) fn method(mut self, name: &str) -> Self {
        self.census.relations.last_mut().expect("a relation").access_method = Some(name.to_owned());
        self
    }

    /// Options of the relation that was made last.
    pub(crate) fn reloptions(mut self, options: &[&str]) -> Self {
        let options = options.iter().map(|it| (*it).to_owned()).collect();
        self.census.relations.last_mut().expect("a relation").options = options;
        self
    }
}
