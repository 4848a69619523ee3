//! Tables: ordinary, partitioned and foreign ones, and partitions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Constraint, Index, Name, Rule, Trigger};

/// A table; its name is the key it is filed under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Ordinary, partitioned or foreign.
    pub kind: TableKind,
    /// Whether its content survives a crash.
    pub persistence: Persistence,
    /// The table it is a partition of, and for which rows.
    pub partition_of: Option<Partition>,
    /// Parents by `INHERITS`, in order.
    pub inherits: Vec<Name>,
    /// Columns in their physical order.
    pub columns: Vec<Column>,
    /// Constraints by name.
    pub constraints: BTreeMap<String, Constraint>,
    /// Indexes by name.
    pub indexes: BTreeMap<String, Index>,
    /// Triggers by name.
    pub triggers: BTreeMap<String, Trigger>,
    /// Row security policies by name.
    pub policies: BTreeMap<String, Policy>,
    /// Rewrite rules by name.
    pub rules: BTreeMap<String, Rule>,
    /// `ENABLE ROW LEVEL SECURITY`.
    pub row_security: bool,
    /// `FORCE ROW LEVEL SECURITY`: the owner is bound by the policies too.
    pub row_security_forced: bool,
    /// Storage parameters such as `fillfactor=70`, sorted.
    pub options: Vec<String>,
}

/// What a table is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TableKind {
    /// It holds its rows itself.
    Ordinary,
    /// Its partitions hold the rows.
    Partitioned {
        /// `pg_get_partkeydef`, such as `RANGE (created_at)`.
        key: String,
    },
    /// Another server holds the rows.
    Foreign {
        /// The foreign server.
        server: String,
        /// Its options, such as `table_name=documents`, sorted.
        options: Vec<String>,
    },
}

/// `pg_class.relpersistence` of a table that outlives its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Persistence {
    /// Logged in the WAL.
    Permanent,
    /// Empty again after a crash, and on every standby.
    Unlogged,
}

/// A place in a partitioned table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partition {
    /// The partitioned table.
    pub parent: Name,
    /// Such as `FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')`, or `DEFAULT`.
    pub bound: String,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Unquoted.
    pub name: String,
    /// `format_type` with the modifier, such as `character varying(255)`; user types are schema-qualified.
    #[serde(rename = "type")]
    pub data_type: String,
    /// Whether null is refused.
    pub not_null: bool,
    /// The default expression; of a generated column, its expression is in [`generated`](Self::generated) instead.
    pub default: Option<String>,
    /// `GENERATED … AS IDENTITY`.
    pub identity: Option<Identity>,
    /// `GENERATED ALWAYS AS (…)`.
    pub generated: Option<Generated>,
    /// The collation, if it is not the default one of the type.
    pub collation: Option<Name>,
    /// The storage strategy, such as `external`, if it is not the default one of the type.
    pub storage: Option<String>,
    /// The compression method, such as `lz4`, if it was chosen for this column.
    pub compression: Option<String>,
}

/// Whose value wins in an identity column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    /// The sequence's, unless `OVERRIDING SYSTEM VALUE` is said.
    Always,
    /// The statement's, if it has one.
    ByDefault,
}

/// How a generated column is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generated {
    /// The expression.
    pub expression: String,
    /// Written with the row; otherwise computed when read (PostgreSQL 18 and later).
    pub stored: bool,
}

/// A row security policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// `ALL`, `SELECT`, `INSERT`, `UPDATE` or `DELETE`.
    pub command: String,
    /// True for `PERMISSIVE`, which any one of several may grant; false for `RESTRICTIVE`, which all must.
    pub permissive: bool,
    /// The roles it binds, sorted; `public` is everyone.
    pub roles: Vec<String>,
    /// Rows that may be seen or touched.
    pub using: Option<String>,
    /// Rows that may be written.
    pub with_check: Option<String>,
}
