//! What hangs on a table, a view or a domain: constraints, indexes, triggers and rules.

use serde::{Deserialize, Serialize};

/// A constraint of a table or a domain; its name is the key it is filed under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraint {
    /// What the constraint demands.
    pub kind: ConstraintKind,
    /// `pg_get_constraintdef`: everything after `CONSTRAINT name`.
    pub definition: String,
    /// False for a `NOT VALID` constraint: rows from before it was added have not been checked.
    pub validated: bool,
    /// Whether `SET CONSTRAINTS` may put the check off to the end of the transaction.
    pub deferrable: bool,
}

/// `pg_constraint.contype`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConstraintKind {
    /// `CHECK`.
    Check,
    /// `FOREIGN KEY`.
    ForeignKey,
    /// `NOT NULL`; filed only while it is `NOT VALID` (PostgreSQL 18 and later), else the column says it.
    NotNull,
    /// `PRIMARY KEY`.
    PrimaryKey,
    /// `UNIQUE`.
    Unique,
    /// `EXCLUDE`.
    Exclusion,
}

/// An index of a table or a materialized view; its name is the key it is filed under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "they are the independent flags of pg_index")]
pub struct Index {
    /// `pg_get_indexdef`: the whole `CREATE INDEX`.
    pub definition: String,
    /// Whether the index enforces uniqueness.
    pub unique: bool,
    /// Whether it backs the primary key.
    pub primary: bool,
    /// False for the leftover of a failed `CREATE INDEX CONCURRENTLY`: no query uses it, every write still maintains it.
    pub valid: bool,
    /// Whether writes maintain it yet.
    pub ready: bool,
    /// The constraint of the same table that the index backs.
    pub constraint: Option<String>,
}

/// A trigger made by a user; its name is the key it is filed under. Clones on partitions are left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    /// `pg_get_triggerdef`: the whole `CREATE TRIGGER`.
    pub definition: String,
    /// When it fires.
    pub enabled: Enabled,
}

/// A rewrite rule other than the one that makes a view; its name is the key it is filed under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// `pg_get_ruledef`: the whole `CREATE RULE`.
    pub definition: String,
    /// When it applies.
    pub enabled: Enabled,
}

/// `pg_trigger.tgenabled` and `pg_rewrite.ev_enabled`: in which `session_replication_role` a trigger or a rule fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Enabled {
    /// In every session that is not a replica; the default.
    Origin,
    /// Never.
    Disabled,
    /// In replica sessions only.
    Replica,
    /// Always.
    Always,
}
