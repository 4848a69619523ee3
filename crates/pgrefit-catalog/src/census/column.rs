//! Columns, their types, defaults and statistics.

use serde::{Deserialize, Serialize};

use super::Node;

/// A row of `pg_attribute`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "they are columns of a catalog")]
pub struct Column {
    /// The table or view.
    pub relation: u32,
    /// `attnum`.
    pub number: i16,
    /// Its name.
    pub name: String,
    /// Its type.
    pub type_oid: u32,
    /// `atttypmod`; -1 for none. Of pgvector's types, the number of dimensions.
    pub typmod: i32,
    /// `NOT NULL`.
    pub not_null: bool,
    /// Has a default or a generation expression.
    pub has_default: bool,
    /// `a` always, `d` by default; none if it is no identity.
    pub identity: Option<char>,
    /// `s` stored, `v` virtual; none if it is not generated.
    pub generated: Option<char>,
    /// `attstorage`: `p` plain, `m` main, `e` external, `x` extended.
    pub storage: char,
    /// `attcompression`: `p` pglz, `l` lz4; none for the default, or before 14.
    pub compression: Option<char>,
    /// The statistics target; none for the default.
    pub statistics_target: Option<i32>,
    /// The collation; zero for none.
    pub collation: u32,
    /// `attlen`: bytes; -1 for varying.
    pub length: i16,
    /// `attalign`: `c`, `s`, `i`, `d`.
    pub alignment: char,
    /// Inherited, and not defined here.
    pub inherited: bool,
    /// Whether it has a comment.
    pub has_comment: bool,
}

/// A row of `pg_type`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnType {
    /// Its oid.
    pub oid: u32,
    /// Its schema.
    pub schema: String,
    /// Its name: `int4`, `vector`.
    pub name: String,
    /// `typtype`: `b` base, `d` domain, `e` enum, `c` composite, `r` range, `m` multirange.
    pub kind: char,
    /// `typcategory`: `A` array, `N` number, `S` string, …
    pub category: char,
    /// A domain that is `NOT NULL` by itself.
    #[serde(default)]
    pub not_null: bool,
    /// What a domain rests on; zero if it is none.
    pub base: u32,
    /// The `atttypmod` that a domain gives to what it rests on; -1 for none.
    #[serde(default = "no_typmod")]
    pub typmod: i32,
    /// The element of an array; zero if it is none.
    pub element: u32,
    /// `typlen`.
    pub length: i16,
    /// The collation that columns get; zero for none.
    pub collation: u32,
    /// `typstorage`.
    pub storage: char,
    /// The extension it belongs to.
    pub extension: Option<String>,
}

const fn no_typmod() -> i32 {
    -1
}

/// A default, or what a generated column is computed from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnDefault {
    /// The table.
    pub relation: u32,
    /// The column.
    pub number: i16,
    /// The functions that the expression calls, operators' not among them, as `schema.name`.
    pub functions: Vec<String>,
    /// The expression, of generated columns only.
    pub expression: Option<Node>,
}

/// What the last `ANALYZE` found in a column. No value of a row is in it but the largest integer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnStatistics {
    /// The table.
    pub relation: u32,
    /// The column.
    pub number: i16,
    /// Of children too, which is what partitioned tables have.
    pub inherited: bool,
    /// Share of rows that are null.
    pub null_fraction: f64,
    /// Average width, in bytes; of what is out of line, that of the pointer.
    pub average_width: i32,
    /// Distinct values; below zero, as share of the rows.
    pub distinct: f64,
    /// How far the order of rows follows the order of values, -1 to 1.
    pub correlation: Option<f64>,
    /// Of `int2`, `int4` and `int8`, and of domains over them: the largest value that `ANALYZE` saw.
    pub largest: Option<i64>,
}
