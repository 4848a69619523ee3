//! Constraints and triggers.

use serde::{Deserialize, Serialize};

use super::Node;

/// The kinds of constraints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ConstraintKind {
    /// `CHECK`.
    #[serde(rename = "c")]
    Check,
    /// `FOREIGN KEY`.
    #[serde(rename = "f")]
    ForeignKey,
    /// `NOT NULL`, a constraint from 18 on.
    #[serde(rename = "n")]
    NotNull,
    /// `PRIMARY KEY`.
    #[serde(rename = "p")]
    PrimaryKey,
    /// `UNIQUE`.
    #[serde(rename = "u")]
    Unique,
    /// A constraint trigger.
    #[serde(rename = "t")]
    Trigger,
    /// `EXCLUDE`.
    #[serde(rename = "x")]
    Exclusion,
}

/// A row of `pg_constraint`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Constraint {
    /// Its oid.
    pub oid: u32,
    /// The table; zero of a domain's.
    pub relation: u32,
    /// The domain, as SQL writes it; none of a table's.
    pub domain: Option<String>,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: ConstraintKind,
    /// Every row was checked.
    pub validated: bool,
    /// It is enforced; always before 18.
    pub enforced: bool,
    /// `DEFERRABLE`.
    pub deferrable: bool,
    /// The index it rests on: its own, or of a foreign key the one that is referenced.
    pub index: Option<u32>,
    /// The constraint of the partitioned table that it follows.
    pub parent: Option<u32>,
    /// The columns in order.
    pub columns: Vec<i16>,
    /// The table that is referenced.
    pub referenced: Option<u32>,
    /// The columns there, in order.
    pub referenced_columns: Vec<i16>,
    /// `ON UPDATE`: `a` no action, `r` restrict, `c` cascade, `n` set null, `d` set default.
    pub on_update: Option<char>,
    /// `ON DELETE`.
    pub on_delete: Option<char>,
    /// `MATCH`: `s` simple, `f` full.
    pub match_type: Option<char>,
    /// The expression of a `CHECK` that tests for null and does nothing else.
    #[serde(default)]
    pub null_test: Option<Node>,
}

/// What a `CHECK` of a table says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckExpression {
    /// The constraint.
    pub constraint: u32,
    /// The expression.
    pub expression: Node,
}

/// A row of `pg_trigger`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trigger {
    /// Its oid.
    pub oid: u32,
    /// The table.
    pub relation: u32,
    /// Its name.
    pub name: String,
    /// `tgenabled`: `O` in origin mode, `D` disabled, `R` in replica mode, `A` always.
    pub enabled: char,
    /// Made by the server, for a foreign key.
    pub internal: bool,
    /// The constraint it enforces.
    pub constraint: Option<u32>,
    /// The trigger of the partitioned table that it follows; from 13 on.
    pub parent: Option<u32>,
    /// The function.
    pub function: u32,
    /// `tgtype`: 1 row, 2 before, 4 insert, 8 delete, 16 update, 32 truncate, 64 instead of.
    pub events: i16,
    /// The columns of `UPDATE OF`; none for every column.
    #[serde(default)]
    pub columns: Vec<i16>,
    /// Of the extension's `lo_manage`, the column it looks after; of others no argument is taken, for it may be a secret.
    #[serde(default)]
    pub large_object: Option<String>,
}
