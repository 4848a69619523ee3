//! Relations, schemas, and how tables descend from each other.

use serde::{Deserialize, Serialize};

use super::Node;

/// A schema of users.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Namespace {
    /// Its oid.
    pub oid: u32,
    /// Its name.
    pub name: String,
    /// The owner.
    pub owner: u32,
    /// `nspacl`, as `grantee=privileges/grantor`; none for the default.
    pub acl: Option<Vec<String>>,
    /// Whether it belongs to an extension.
    pub of_extension: bool,
    /// Whether it has a comment.
    pub has_comment: bool,
}

/// The kinds of relations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RelationKind {
    /// An ordinary table.
    #[serde(rename = "r")]
    Table,
    /// A partitioned table.
    #[serde(rename = "p")]
    Partitioned,
    /// A foreign table.
    #[serde(rename = "f")]
    Foreign,
    /// A view.
    #[serde(rename = "v")]
    View,
    /// A materialized view.
    #[serde(rename = "m")]
    MaterializedView,
    /// A sequence.
    #[serde(rename = "S")]
    Sequence,
    /// An index.
    #[serde(rename = "i")]
    Index,
    /// The index of a partitioned table.
    #[serde(rename = "I")]
    PartitionedIndex,
    /// A TOAST table.
    #[serde(rename = "t")]
    Toast,
    /// A composite type.
    #[serde(rename = "c")]
    Composite,
}

impl RelationKind {
    /// Whether it is a table, partitioned or not.
    #[must_use]
    pub const fn is_table(self) -> bool {
        matches!(self, Self::Table | Self::Partitioned)
    }

    /// Whether it has rows of its own or of its partitions, and statistics of its columns.
    #[must_use]
    pub const fn has_rows(self) -> bool {
        matches!(self, Self::Table | Self::Partitioned | Self::Foreign | Self::MaterializedView)
    }
}

/// A row of `pg_class`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "they are columns of a catalog")]
pub struct Relation {
    /// Its oid.
    pub oid: u32,
    /// Its schema; of TOAST tables and their indexes, `pg_toast`, which is not among the namespaces.
    pub namespace: u32,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: RelationKind,
    /// `p` permanent, `u` unlogged, `t` temporary (of other sessions).
    pub persistence: char,
    /// The owner.
    pub owner: u32,
    /// The access method: `heap`, `btree`, `hnsw`; none of views and the like.
    pub access_method: Option<String>,
    /// Pages at the last `VACUUM` or `ANALYZE`.
    pub pages: i64,
    /// Rows at that time; none if it was never analysed.
    pub rows: Option<f64>,
    /// Pages that are all-visible.
    pub pages_all_visible: i64,
    /// The TOAST table.
    pub toast: Option<u32>,
    /// Whether it is a partition.
    pub is_partition: bool,
    /// Whether it was made `OF` a type, which alone says what its columns are.
    #[serde(default)]
    pub of_type: bool,
    /// Row security is enabled.
    pub row_security: bool,
    /// Row security counts for the owner, too.
    pub row_security_forced: bool,
    /// `relreplident`: `d` default, `n` nothing, `f` full, `i` index.
    pub replica_identity: char,
    /// `reloptions`, as `name=value`.
    pub options: Vec<String>,
    /// `relacl`; none for the default.
    pub acl: Option<Vec<String>>,
    /// `age(relfrozenxid)`; none where there is none.
    pub xid_age: Option<i64>,
    /// `mxid_age(relminmxid)`.
    pub mxid_age: Option<i64>,
    /// The tablespace; none for the database's.
    pub tablespace: Option<String>,
    /// The bound of a partition: a `PARTITIONBOUNDSPEC`.
    pub bound: Option<Node>,
    /// Whether it belongs to an extension.
    pub of_extension: bool,
    /// Whether it has a comment.
    pub has_comment: bool,
    /// Whether the role sees what `ANALYZE` knows of its columns, by the right to read its rows or by the helper view; false of
    /// what has none, such as an index.
    pub shows_statistics: bool,
}

/// A child and its parent; of partitioned indexes, too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inheritance {
    /// The child.
    pub child: u32,
    /// The parent.
    pub parent: u32,
    /// `DETACH … CONCURRENTLY` has begun and not ended; from 14 on.
    pub detach_pending: bool,
}

/// How a table is partitioned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartitionKey {
    /// The partitioned table.
    pub relation: u32,
    /// `r` range, `l` list, `h` hash.
    pub strategy: char,
    /// The columns in order; zero for an expression.
    pub columns: Vec<i16>,
    /// The default partition.
    pub default_partition: Option<u32>,
}
