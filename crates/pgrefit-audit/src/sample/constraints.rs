//! Columns, constraints, triggers and indexes for samples.

use pgrefit_catalog::census::{Column, ColumnType, Constraint, ConstraintKind, Index, Trigger};

/// A type of `pg_catalog`.
pub(crate) fn type_named(oid: u32, name: &str) -> ColumnType {
    ColumnType {
        oid,
        schema: "pg_catalog".to_owned(),
        name: name.to_owned(),
        kind: 'b',
        category: 'N',
        not_null: false,
        base: 0,
        typmod: -1,
        element: 0,
        length: 4,
        collation: 0,
        storage: 'p',
        extension: None,
    }
}

/// `int4`, which is 23.
pub(crate) fn int4() -> ColumnType {
    type_named(23, "int4")
}

/// `int8`, which is 20.
pub(crate) fn int8() -> ColumnType {
    type_named(20, "int8")
}

/// A column that is `NOT NULL`.
pub(crate) fn column(relation: u32, number: i16, name: &str, type_oid: u32) -> Column {
    Column {
        relation,
        number,
        name: name.to_owned(),
        type_oid,
        typmod: -1,
        not_null: true,
        has_default: false,
        identity: None,
        generated: None,
        storage: 'p',
        compression: None,
        statistics_target: None,
        collation: 0,
        length: 4,
        alignment: 'i',
        inherited: false,
        has_comment: false,
    }
}

/// A valid, enforced constraint on no column, to be changed by `change`.
pub(crate) fn constraint(
    oid: u32,
    relation: u32,
    name: &str,
    kind: ConstraintKind,
    change: impl FnOnce(&mut Constraint),
) -> Constraint {
    let mut constraint = Constraint {
        oid,
        relation,
        domain: None,
        name: name.to_owned(),
        kind,
        validated: true,
        enforced: true,
        deferrable: false,
        index: None,
        parent: None,
        columns: Vec::new(),
        referenced: None,
        referenced_columns: Vec::new(),
        on_update: None,
        on_delete: None,
        match_type: None,
        null_test: None,
    };
    change(&mut constraint);
    constraint
}

/// A foreign key from the first column of a table to the first of another.
pub(crate) fn foreign_key(oid: u32, relation: u32, referenced: u32, on_delete: char) -> Constraint {
    constraint(oid, relation, &format!("fk{oid}"), ConstraintKind::ForeignKey, |it| {
        it.columns = vec![1];
        it.referenced = Some(referenced);
        it.referenced_columns = vec![1];
        it.on_delete = Some(on_delete);
        it.match_type = Some('s');
    })
}

/// A trigger of a user.
pub(crate) fn trigger(oid: u32, relation: u32, name: &str, enabled: char) -> Trigger {
    Trigger {
        oid,
        relation,
        name: name.to_owned(),
        enabled,
        internal: false,
        constraint: None,
        parent: None,
        function: 1,
        events: 7,
        columns: Vec::new(),
        large_object: None,
    }
}

/// A unique index on one column.
pub(crate) fn unique_index(oid: u32, table: u32, column: i16) -> Index {
    Index {
        oid,
        table,
        unique: true,
        nulls_not_distinct: false,
        primary: false,
        exclusion: false,
        immediate: true,
        clustered: false,
        valid: true,
        ready: true,
        live: true,
        replica_identity: false,
        columns: vec![column],
        key_columns: 1,
        collations: vec![0],
        operator_classes: vec![0],
        operator_class_names: Vec::new(),
        operator_class_schemas: Vec::new(),
        options: vec![0],
        expressions: None,
        functions: Vec::new(),
        predicate: None,
        being_built: false,
    }
}
