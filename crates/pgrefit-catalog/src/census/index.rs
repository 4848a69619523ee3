//! Indexes.

use serde::{Deserialize, Serialize};

use super::Node;

/// A row of `pg_index`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "they are columns of a catalog")]
pub struct Index {
    /// The index, as a relation.
    pub oid: u32,
    /// The table.
    pub table: u32,
    /// `UNIQUE`.
    pub unique: bool,
    /// `NULLS NOT DISTINCT`; from 15 on.
    pub nulls_not_distinct: bool,
    /// Of a primary key.
    pub primary: bool,
    /// Of an exclusion constraint.
    pub exclusion: bool,
    /// Uniqueness is enforced at once: not deferrable.
    pub immediate: bool,
    /// The table was clustered by it.
    pub clustered: bool,
    /// Queries may use it.
    pub valid: bool,
    /// Writes maintain it.
    pub ready: bool,
    /// It is not being dropped.
    pub live: bool,
    /// It is the replica identity.
    pub replica_identity: bool,
    /// Columns in order, key columns first; zero for an expression.
    pub columns: Vec<i16>,
    /// How many of them are the key; those behind are `INCLUDE`.
    pub key_columns: i16,
    /// Collations of the key.
    pub collations: Vec<u32>,
    /// Operator classes of the key.
    pub operator_classes: Vec<u32>,
    /// The names of those: `vector_l2_ops`.
    pub operator_class_names: Vec<String>,
    /// The schemas of those; empty in a census of before they were read.
    #[serde(default)]
    pub operator_class_schemas: Vec<String>,
    /// Bits of the key: 1 `DESC`, 2 `NULLS FIRST`.
    pub options: Vec<i16>,
    /// The expressions, as a list.
    pub expressions: Option<Node>,
    /// The functions that the expressions call by name, as `schema.name`; those of operators and casts are not among them.
    #[serde(default)]
    pub functions: Vec<String>,
    /// The predicate of a partial index.
    pub predicate: Option<Node>,
    /// Somebody builds it at this moment.
    pub being_built: bool,
}

/// A column on which an index depends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexDependency {
    /// The index.
    pub index: u32,
    /// The table.
    pub table: u32,
    /// The column.
    pub column: i16,
}
