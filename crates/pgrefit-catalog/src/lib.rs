//! A database schema as data, and the difference between two.
//!
//! Plain values and pure functions: nothing here opens a connection, reads a file or looks at the clock. A [`Catalog`]
//! is filled in by the crate that talks to PostgreSQL, can be stored as JSON and read back, is compared with
//! [`Catalog::difference`], and is written as a script with [`Catalog::to_sql`]. A [`Snapshot`] is a catalog with the size
//! and the use of each table.
//!
//! # What is described
//! Schemas, extensions, enum/domain/composite/range types, sequences, tables with their columns, constraints, indexes,
//! triggers, policies and rules, views and materialized views, functions, procedures and aggregates.
//!
//! # What is left out on purpose
//! - Owners, grants, tablespaces and comments: installations of one schema differ in them, and no migration depends on them.
//! - Statistics targets and extended statistics: they change plans, not meaning.
//! - Objects that belong to an extension: the extension is the one object, and its version is informational.
//! - Event triggers, publications, foreign servers, and base types, operators, casts and text search objects of one's own.
//! - `NOT NULL` constraints by name: they are catalogued from PostgreSQL 18 on only, and the column already says it.
//!
//! # PostgreSQL versions
//! Two servers of different majors print one and the same view or expression differently. Texts are kept here as the
//! server printed them and are compared in a canonical form, so that a difference, and its fingerprint, does not depend
//! on which of the supported majors the two catalogs were read from.

mod canonical;
mod catalog;
pub mod census;
mod change;
mod datatype;
mod difference;
mod fingerprint;
mod keywords;
mod name;
mod outline;
mod relation;
mod routine;
mod script;
mod sequence;
mod snapshot;
mod table;
mod usage;
mod view;

pub use catalog::{Catalog, Extension};
pub use change::{Change, Kind, Object, What};
pub use datatype::{Attribute, DataType};
pub use difference::{Comparison, Difference};
pub use name::{InvalidName, Name, must_be_quoted, quote_ident};
pub use relation::{Constraint, ConstraintKind, Enabled, Index, Rule, Trigger};
pub use routine::{Routine, RoutineKind, Volatility};
pub use sequence::Sequence;
pub use snapshot::{Snapshot, SnapshotError};
pub use table::{Column, Generated, Identity, Partition, Persistence, Policy, Table, TableKind};
pub use usage::{Dependent, DependentKind, Usage};
pub use view::View;
