//! What a rule gets to see.

use std::ops::Range;

use pgrefit_report::Status;
use pgrefit_sql::{Effect, LockMode, Phase, Relation, Run};

use crate::action::{Action, Kind};
use crate::schema::{Key, Moment, Schema};
use crate::weigh::Cost;

/// One thing that a statement does, where it stands and what is known at that point.
pub(crate) struct Case<'a> {
    /// As it is before the statement.
    pub(crate) schema: &'a Schema,
    pub(crate) moment: Moment,
    pub(crate) server_major: u32,
    /// Whether pgrefit's own runner runs the file.
    pub(crate) is_migration: bool,
    /// The statement as written.
    pub(crate) text: &'a str,
    /// The bytes of the statement.
    pub(crate) statement: Range<usize>,
    pub(crate) effect: &'a Effect,
    /// Everything that the statement itself does.
    pub(crate) whole: &'a [(Action, Option<Inside>)],
    /// How the statement runs; of a statement in a body, `Together`.
    pub(crate) run: &'a Run,
    /// What the statement locks so that writers or readers wait, on tables that others know of.
    pub(crate) locks: &'a [Held],
    /// What the transaction has locked so before it.
    pub(crate) held: &'a [Held],
    /// Whether it stands between `BEGIN` and `COMMIT` of the file itself.
    pub(crate) in_explicit_transaction: bool,
    /// Where in a body it stands, if it does.
    pub(crate) inside: Option<Inside>,
    /// Everything that the file does up to here.
    pub(crate) earlier: &'a [(Moment, Action)],
    pub(crate) release: &'a Release,
    pub(crate) phase: Option<Phase>,
    /// Whether the statement is one of a file that runs in several steps.
    pub(crate) in_steps: bool,
}

/// The same for a whole file.
pub(crate) struct FileCase<'a> {
    /// As it is behind the file.
    pub(crate) schema: &'a Schema,
    pub(crate) file: usize,
    /// Whether pgrefit's own runner runs the file.
    pub(crate) is_migration: bool,
    pub(crate) actions: &'a [(Moment, Action)],
}

/// A lock that the transaction holds.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) table: Key,
    pub(crate) mode: LockMode,
    /// The statement that took it.
    pub(crate) statement: Range<usize>,
}

/// Where in a `DO` block or a function body a statement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent facts")]
pub(crate) struct Inside {
    pub(crate) in_loop: bool,
    pub(crate) dynamic: bool,
    /// Whether it stands under a condition.
    pub(crate) conditional: bool,
    /// Whether the body commits, as a procedure may.
    pub(crate) commits: bool,
}

/// What the files of one release have done before this one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Release {
    /// Whether all files judged are one release.
    pub(crate) is_one: bool,
    /// Columns that it added to tables that existed: table, column, file.
    pub(crate) added: Vec<(Key, String, String)>,
    /// Files that say `phase expand`.
    pub(crate) expands: Vec<String>,
}

impl Case<'_> {
    /// Whether the file made the table, so that nobody can be kept out of it.
    pub(crate) fn is_new(&self, relation: &Relation) -> bool {
        self.schema.is_new_relation(relation, self.moment.file)
    }

    /// What whole-table work on the relation costs, if its size is known.
    pub(crate) fn cost(&self, relation: &Relation, kind: Cost) -> Option<(Cost, crate::schema::Usage)> {
        let key = self.schema.owner(relation);
        let mut usage = self.schema.tables.get(&key)?.usage?;
        if usage.bytes == 0 {
            // A partitioned table has no rows of its own.
            for (_, partition) in self.schema.partitions(&key) {
                let part = partition.usage.unwrap_or_default();
                usage.bytes += part.bytes;
                usage.rows = Some(usage.rows.unwrap_or(0) + part.rows.unwrap_or(0));
            }
        }
        Some((kind, usage))
    }

    /// The names of what the statement drops.
    pub(crate) fn drops(&self) -> Vec<&str> {
        let names = self.whole.iter().filter_map(|(action, _)| match &action.kind {
            Kind::Drop { name, .. } => Some(name.name.as_str()),
            _ => None,
        });
        names.collect()
    }

    /// The names of the constraints that the statement drops.
    pub(crate) fn constraints_dropped(&self) -> Vec<&str> {
        let names = self.whole.iter().filter_map(|(action, inside)| match &action.kind {
            Kind::DropConstraint { name, .. } if inside.is_none() => Some(name.as_str()),
            _ => None,
        });
        names.collect()
    }

    /// Whether the file can be made one that runs in steps: pgrefit runs it, and nothing in it counts on one transaction.
    pub(crate) fn may_run_in_steps(&self) -> bool {
        let local =
            self.earlier.iter().any(|(_, action)| matches!(action.kind, Kind::Set { local: true, .. }));
        self.is_migration && self.inside.is_none() && !self.in_explicit_transaction && !local
    }

    /// Whether the file has added the column and given it no value: every row has null in it.
    pub(crate) fn is_null_yet(&self, table: &Relation, column: &str) -> bool {
        let known = self.schema.table(table).and_then(|table| table.column(column));
        let added_here = known.is_some_and(|known| {
            !known.constant_default
                && !known.not_null
                && known.generated.is_none()
                && known.added.is_some_and(|added| added.file == self.moment.file)
        });
        added_here && !self.is_filled(table, column)
    }

    /// Whether the file has given the column values by `UPDATE`.
    pub(crate) fn is_filled(&self, table: &Relation, column: &str) -> bool {
        let key = self.schema.key(table);
        self.earlier.iter().any(|(_, action)| match &action.kind {
            Kind::Update(change) => {
                self.schema.key(&change.table) == key && change.columns.iter().any(|name| name == column)
            }
            _ => false,
        })
    }

    /// The level of what loses data: in a file that pgrefit runs it must be allowed, with a reason. Files for other
    /// runners have no such habit.
    pub(crate) fn loss(&self) -> Status {
        if self.is_migration { Status::Fail } else { Status::Warn }
    }
}
