//! What is known of the database at a point of a script: what earlier files and statements have made, and what a snapshot
//! of the database says.

mod apply;
mod indexes;
mod lookup;
mod map;
mod rename;

use std::collections::{BTreeSet, HashMap};

use crate::action::{Bound, ConstraintKind, Generated, NewIndex, NewRoutine, NewView};
use crate::types::SqlType;

pub(crate) use lookup::Constancy;
use map::Map;

/// Where a relation is kept: schema and name.
pub(crate) type Key = (String, String);

/// The place of a statement: file and transaction, both counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) file: usize,
    pub(crate) transaction: usize,
}

/// The schema as far as it is known. What it does not name may exist all the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Schema {
    pub(crate) tables: Map<Table>,
    /// Changed in `indexes.rs` only, which keeps `by_table`.
    indexes: Map<Index>,
    /// The indexes of each table.
    by_table: Map<Vec<Key>>,
    /// Schemas in which there is something.
    schemas: BTreeSet<String>,
    pub(crate) views: Map<NewView>,
    pub(crate) routines: HashMap<String, Vec<NewRoutine>>,
    pub(crate) enums: Map<Vec<(String, Moment)>>,
    pub(crate) domains: Map<Domain>,
    pub(crate) settings: Settings,
    /// What `RESET` goes back to.
    pub(crate) base: Settings,
    /// Whether it is the whole of a database: what it does not name does not exist.
    pub(crate) is_whole: bool,
    /// From which file on all run in one go, so that nobody knows yet what one of them makes when the next one runs.
    pub(crate) run_from: Option<usize>,
}

/// What a session is set to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// The time zone, if it is known.
    pub(crate) time_zone: Option<String>,
    /// The first schema of the search path.
    pub(crate) path_start: Option<String>,
}

/// A table, a view that stands in for one, or a partition.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent facts")]
pub(crate) struct Table {
    pub(crate) columns: Vec<Column>,
    /// Whether all columns are known.
    pub(crate) complete: bool,
    pub(crate) constraints: Vec<Constraint>,
    pub(crate) partition_key: Option<Vec<String>>,
    pub(crate) partition_of: Option<(Key, Bound)>,
    /// Where it was made, if the script or an earlier file made it.
    pub(crate) made: Option<Moment>,
    /// Whether rows were put into it since.
    pub(crate) filled: bool,
    pub(crate) temporary: bool,
    pub(crate) unlogged: bool,
    pub(crate) policies: bool,
    pub(crate) usage: Option<Usage>,
}

/// How big and how busy a table is.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Usage {
    /// The rows, if anybody counted them.
    pub rows: Option<u64>,
    /// Bytes of the rows, those kept apart because they are long included.
    pub bytes: u64,
    /// Bytes of the indexes.
    pub index_bytes: u64,
    /// Scans of the table and its indexes a second, if they are counted.
    pub reads_per_s: Option<f64>,
    /// Rows inserted, updated and deleted a second, if they are counted.
    pub writes_per_s: Option<f64>,
}

/// A column.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) data_type: SqlType,
    pub(crate) not_null: bool,
    /// Whether it has a default that is the same for each row.
    pub(crate) constant_default: bool,
    pub(crate) generated: Option<Generated>,
    /// Where it was added to a table that existed, if the script did it.
    pub(crate) added: Option<Moment>,
}

/// A constraint.
#[derive(Debug, Clone)]
pub(crate) struct Constraint {
    pub(crate) name: Option<String>,
    pub(crate) kind: ConstraintKind,
    pub(crate) columns: Vec<String>,
    pub(crate) validated: bool,
    /// Where it was added, and at which byte of that file, if the script did it.
    pub(crate) added: Option<(Moment, std::ops::Range<usize>)>,
}

/// An index.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    pub(crate) table: Key,
    pub(crate) new: NewIndex,
    pub(crate) made: Option<Moment>,
}

/// A domain.
#[derive(Debug, Clone)]
pub(crate) struct Domain {
    pub(crate) base: SqlType,
    pub(crate) constrained: bool,
    pub(crate) has_default: bool,
    pub(crate) made: Option<Moment>,
}

impl Table {
    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    pub(crate) fn is_partitioned(&self) -> bool {
        self.partition_key.is_some()
    }

    /// Whether a validated `CHECK` or `NOT NULL` says that the column has no nulls, so that `SET NOT NULL` need not look.
    pub(crate) fn proves_not_null(&self, column: &str) -> bool {
        self.proves_not_null_without(column, &[])
    }

    /// The same without the constraints of these names.
    pub(crate) fn proves_not_null_without(&self, column: &str, gone: &[&str]) -> bool {
        self.column(column).is_some_and(|column| column.not_null)
            || self
                .constraints
                .iter()
                .filter(|constraint| constraint.validated && !constraint.is_one_of(gone))
                .any(|constraint| {
                    let own = constraint.columns.iter().any(|name| name == column);
                    own && match &constraint.kind {
                        ConstraintKind::NotNull | ConstraintKind::PrimaryKey { .. } => true,
                        ConstraintKind::Check(text) => says_not_null(text, column),
                        _ => false,
                    }
                })
    }

    /// Whether a key, which has an index, is on the column.
    pub(crate) fn has_key_on(&self, column: &str) -> bool {
        self.constraints.iter().any(|it| {
            matches!(it.kind, ConstraintKind::PrimaryKey { .. } | ConstraintKind::Unique { .. })
                && it.columns.iter().any(|name| name == column)
        })
    }

    /// Whether the column is part of the primary key.
    pub(crate) fn is_key(&self, column: &str) -> bool {
        let mut keys =
            self.constraints.iter().filter(|it| matches!(it.kind, ConstraintKind::PrimaryKey { .. }));
        keys.any(|key| key.columns.iter().any(|name| name == column))
    }

    pub(crate) fn constraint(&self, name: &str) -> Option<&Constraint> {
        self.constraints.iter().find(|constraint| constraint.name.as_deref() == Some(name))
    }
}

impl Constraint {
    fn is_one_of(&self, names: &[&str]) -> bool {
        self.name.as_deref().is_some_and(|name| names.contains(&name))
    }
}

/// Whether one of the conditions that `AND` joins is `column IS NOT NULL`.
fn says_not_null(check: &str, column: &str) -> bool {
    // A disjunction proves nothing.
    if check.contains(" or ") || check.contains("case ") {
        return false;
    }
    check.split(" and ").any(|part| {
        let part = part.trim().trim_matches(['(', ')']).trim();
        let Some(tested) = part.strip_suffix("is not null") else { return false };
        let tested = tested.trim().trim_matches(['(', ')']);
        let unquoted = tested.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(tested);
        unquoted == column
    })
}

/// `schema.name` as people write it, `public` left out.
pub(crate) fn shown(key: &Key) -> String {
    if key.0 == "public" { key.1.clone() } else { format!("{}.{}", key.0, key.1) }
}

#[cfg(test)]
mod tests {
    use super::says_not_null;

    #[test]
    fn checks_that_prove_not_null() {
        let check = |text: &str, expected: bool| assert_eq!(says_not_null(text, "a"), expected, "{text}");
        check("a is not null", true);
        check("(a is not null)", true);
        check("\"a\" is not null", true);
        check("(a is not null) and (b is not null)", true);
        check("b is not null and a is not null", true);
        check("a is not null or b is not null", false);
        check("aa is not null", false);
        check("a > 0", false);
    }
}
