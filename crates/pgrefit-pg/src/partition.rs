//! Partition sets: what a partitioned table is made of, and the few statements that change that.
//!
//! What is read here is what a [`Catalog`](pgrefit_catalog::Catalog) leaves out: bounds as values, which partition is the default one,
//! which detach was begun and not ended, and, of a table that is to be partitioned, everything that hangs on it
//! ([`table_facts`]).

mod bound;
mod change;
mod facts;
mod parts;
mod read;

use pgrefit_catalog::Name;

pub use bound::{Bound, Datum};
pub use change::{attach, detach_concurrently, detach_finalize};
pub use facts::{
    Extremes, FunctionFacts, IndexFacts, ObjectComment, OtherDependent, Publication, PublicationReach,
    ReplicaIdentity, RowTrigger, StatisticsFacts, TableFacts, ViewFacts, extremes, table_facts,
};
pub use read::{partitioned_table, partitioned_tables, resolve};

/// A table whose rows are in partitions.
#[derive(Debug, Clone, PartialEq)]
pub struct PartitionedTable {
    /// `pg_class.oid`.
    pub oid: u32,
    /// Its name.
    pub name: Name,
    /// Who owns it.
    pub owner: String,
    /// How rows are assigned.
    pub strategy: Strategy,
    /// What by, in order.
    pub key: Vec<KeyPart>,
    /// `pg_get_partkeydef`: `RANGE (created_at)`.
    pub key_definition: String,
    /// Ordered by their lower bound or values as far as those can be compared as text; the default partition is the last.
    pub partitions: Vec<Partition>,
    /// Foreign keys of other tables, or of its own, that refer to it.
    pub inbound: Vec<ForeignKey>,
}

impl PartitionedTable {
    /// The partition for rows that no other takes, if there is one.
    #[must_use]
    pub fn default_partition(&self) -> Option<&Partition> {
        self.partitions.iter().find(|partition| partition.bound == Bound::Default)
    }

    /// The partition whose detach was begun and not ended, if there is one: the server allows one at a time.
    #[must_use]
    pub fn pending_detach(&self) -> Option<&Partition> {
        self.partitions.iter().find(|partition| partition.detach_pending)
    }
}

/// `pg_partitioned_table.partstrat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// By ranges of values.
    Range,
    /// By lists of values.
    List,
    /// By a hash of the values.
    Hash,
}

/// A part of a partition key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPart {
    /// The column, unquoted; `None` for an expression.
    pub column: Option<String>,
    /// `format_type` of the column: `timestamp with time zone`; `None` for an expression.
    pub data_type: Option<String>,
}

/// A partition.
#[derive(Debug, Clone, PartialEq)]
pub struct Partition {
    /// `pg_class.oid`.
    pub oid: u32,
    /// Its name.
    pub name: Name,
    /// Who owns it.
    pub owner: String,
    /// Whether it is an ordinary table, partitioned itself, or on another server.
    pub kind: PartitionKind,
    /// As the server prints it in UTC and ISO: `FOR VALUES FROM ('2024-01-01 00:00:00+00') TO (…)`, or `DEFAULT`. `ATTACH PARTITION`
    /// takes it as it is, in a session whose `DateStyle` is ISO.
    pub bound_text: String,
    /// The same as values.
    pub bound: Bound,
    /// Whether `DETACH … CONCURRENTLY` was begun and not ended: it takes no rows any more, and queries of the parent do not see it.
    pub detach_pending: bool,
    /// The comment on it.
    pub comment: Option<String>,
    /// As the last `VACUUM` or `ANALYZE` found, its own partitions included; `None` if there was none.
    pub rows: Option<u64>,
    /// Heap, TOAST and indexes, its own partitions included, as the last `VACUUM` or `ANALYZE` found.
    pub bytes: u64,
}

/// `pg_class.relkind` of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartitionKind {
    /// It holds its rows itself.
    Ordinary,
    /// It has partitions of its own.
    Partitioned,
    /// Another server holds the rows.
    Foreign,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// The referencing table.
    pub table: Name,
    /// The name of the constraint.
    pub name: String,
    /// `pg_get_constraintdef`, with qualified names.
    pub definition: String,
    /// The referencing columns, in order.
    pub columns: Vec<String>,
    /// The referenced table.
    pub references: Name,
    /// The referenced columns, in order.
    pub referenced: Vec<String>,
    /// False while it is `NOT VALID`.
    pub validated: bool,
    /// Whether this role owns the referencing table, or may act as its owner.
    pub owned: bool,
}
