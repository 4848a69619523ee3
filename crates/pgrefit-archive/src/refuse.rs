//! What keeps a table from being archived, found before anything is changed.

use std::fmt;

use pgrefit_catalog::Name;

/// What keeps a table from being archived.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Obstacle {
    /// It is a view, a foreign table, a partitioned table, …
    NotATable {
        /// What it is.
        kind: String,
    },
    /// It is a temporary table.
    Temporary,
    /// Tables inherit from it.
    HasChildren {
        /// One of them.
        child: Name,
    },
    /// It inherits from a table by `INHERITS`.
    Inherits {
        /// That table.
        parent: Name,
    },
    /// The role does not own it.
    NotOwner {
        /// The table, or its parent.
        table: Name,
        /// The role.
        role: String,
        /// Who does.
        owner: String,
    },
    /// Row security would hide rows from the role.
    RowSecurity {
        /// The role.
        role: String,
    },
    /// The parent has a default partition, with which nothing can be detached concurrently.
    DefaultPartition {
        /// The default partition.
        partition: Name,
    },
    /// A foreign key refers to its rows.
    Referenced {
        /// The table with the foreign key.
        by: Name,
        /// The foreign key.
        constraint: String,
    },
    /// A view, a function or another object needs the table.
    Needed {
        /// What needs it, as the server describes it.
        by: String,
    },
    /// A column's values would not mean the same elsewhere.
    Column {
        /// The column.
        column: String,
        /// Why.
        why: String,
    },
    /// It has no column that could be read.
    NoColumns,
    /// Its owner may not make it again.
    NoCreate {
        /// The schema in which the role may not create.
        schema: String,
    },
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotATable { kind } => write!(f, "it is a {kind}"),
            Self::Temporary => f.write_str("it is a temporary table"),
            Self::HasChildren { child } => write!(f, "{child} inherits from it"),
            Self::Inherits { parent } => write!(f, "it inherits from {parent}"),
            Self::NotOwner { table, role, owner } => write!(f, "{table} belongs to {owner}, not to {role}"),
            Self::RowSecurity { role } => write!(f, "row security may hide rows from {role}"),
            Self::DefaultPartition { partition } => {
                write!(
                    f,
                    "beside the default partition {partition} no partition can be detached concurrently"
                )
            }
            Self::Referenced { by, constraint } => {
                write!(f, "the foreign key \"{constraint}\" of {by} refers to it")
            }
            Self::Needed { by } => write!(f, "{by} needs it"),
            Self::Column { column, why } => write!(f, "column \"{column}\" cannot be exported: {why}"),
            Self::NoColumns => f.write_str("it has no column to read"),
            Self::NoCreate { schema } => write!(f, "the role may not create in schema \"{schema}\""),
        }
    }
}
