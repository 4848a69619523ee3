//! What a statement does to the schema, in a form that rules can match on: one [`Action`] for each thing it does.

mod data;
mod index;
mod other;
mod read;
mod routine;
mod table;

use std::collections::HashSet;
use std::ops::Range;

use pgrefit_sql::{Relation, RelationKind};
use squawk_syntax::ast::{AstNode, Stmt};

use crate::types::SqlType;

/// One thing that a statement does.
#[derive(Debug, Clone)]
pub(crate) struct Action {
    /// Where it is written, in bytes of the file.
    pub(crate) span: Range<usize>,
    pub(crate) kind: Kind,
}

/// What is done.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    CreateTable(Box<NewTable>),
    /// A view, materialized or not.
    CreateView(Box<NewView>),
    CreateIndex(Box<NewIndex>),
    CreateRoutine(Box<NewRoutine>),
    CreateEnum(Relation),
    CreateDomain {
        name: Relation,
        base: SqlType,
        constrained: bool,
        has_default: bool,
    },
    CreatePolicy {
        table: Relation,
    },
    AddColumn {
        table: Relation,
        column: Box<NewColumn>,
        if_not_exists: bool,
    },
    DropColumn {
        table: Relation,
        column: String,
        cascade: bool,
    },
    RenameColumn {
        table: Relation,
        from: String,
        to: String,
    },
    SetType {
        table: Relation,
        column: String,
        to: SqlType,
        using: Option<String>,
        collate: bool,
    },
    SetNotNull {
        table: Relation,
        column: String,
    },
    DropNotNull {
        table: Relation,
        column: String,
    },
    /// `SET EXPRESSION` of a generated column.
    SetExpression {
        table: Relation,
        column: String,
    },
    AddConstraint {
        table: Relation,
        constraint: Box<NewConstraint>,
    },
    DropConstraint {
        table: Relation,
        name: String,
        cascade: bool,
    },
    ValidateConstraint {
        table: Relation,
        name: String,
    },
    Attach {
        parent: Relation,
        partition: Relation,
        bound: Bound,
    },
    Detach {
        parent: Relation,
        partition: Relation,
        concurrently: bool,
    },
    AttachIndex,
    RenameConstraint {
        table: Relation,
        from: String,
        to: String,
    },
    RenameIndex {
        index: Relation,
        to: String,
    },
    RenameView {
        view: Relation,
        to: String,
    },
    RenameTable {
        table: Relation,
        to: String,
    },
    SetSchema {
        table: Relation,
        schema: String,
    },
    /// `SET LOGGED`, `SET TABLESPACE`, …: what it says.
    Store {
        table: Relation,
        how: &'static str,
    },
    DisableTriggers {
        table: Relation,
        all: bool,
    },
    EnableRowSecurity {
        table: Relation,
    },
    Drop {
        what: What,
        name: Relation,
        cascade: bool,
    },
    DropIndex {
        index: Relation,
        concurrently: bool,
    },
    Reindex {
        target: Option<Relation>,
        concurrently: bool,
    },
    /// `VACUUM FULL`, `CLUSTER`, `REPACK`: the command.
    RewriteTable {
        table: Option<Relation>,
        command: &'static str,
    },
    Refresh {
        view: Relation,
        concurrently: bool,
    },
    AddEnumValue {
        name: Relation,
        label: String,
    },
    AddDomainConstraint {
        domain: Relation,
        not_valid: bool,
    },
    Update(Box<Change>),
    Delete(Box<Change>),
    Insert {
        table: Relation,
        from: Vec<Relation>,
        /// Whether many rows read become one row written: `GROUP BY`, `DISTINCT`.
        condenses: bool,
    },
    /// A query that stands alone, with the tables that it may read whole.
    Query {
        from: Vec<Relation>,
    },
    Truncate {
        tables: Vec<Relation>,
        cascade: bool,
    },
    LockTable {
        tables: Vec<Relation>,
        mode: String,
    },
    Set {
        name: String,
        value: String,
        local: bool,
    },
    Begin,
    End,
    /// Nothing that a rule asks for.
    Other,
}

/// What `DROP` removes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Table,
    View,
    MaterializedView,
    Sequence,
    Type,
    Routine,
    Schema,
    Database,
    Extension,
    Trigger,
    Policy,
    Other,
}

/// A table as `CREATE TABLE` writes it.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "they are the words of the statement, each there or not")]
pub(crate) struct NewTable {
    pub(crate) name: Option<Relation>,
    pub(crate) columns: Vec<NewColumn>,
    pub(crate) constraints: Vec<NewConstraint>,
    /// `LIKE`, with whether constraints and indexes come along.
    pub(crate) like: Vec<Like>,
    /// `INHERITS`: there are columns that are not written here.
    pub(crate) inherits: bool,
    pub(crate) partition_of: Option<(Relation, Bound)>,
    /// The columns of `PARTITION BY`.
    pub(crate) partition_key: Option<Vec<String>>,
    pub(crate) if_not_exists: bool,
    pub(crate) temporary: bool,
    pub(crate) unlogged: bool,
    /// The tables that the query of `CREATE TABLE AS` may read whole.
    pub(crate) reads: Vec<Relation>,
    /// `CREATE TABLE AS` and `SELECT INTO`: the columns are not known.
    pub(crate) from_query: bool,
}

/// A table whose columns another one gets.
#[derive(Debug, Clone)]
pub(crate) struct Like {
    pub(crate) source: Relation,
    pub(crate) constraints: bool,
    pub(crate) indexes: bool,
}

/// Which rows a partition takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Bound {
    Default,
    /// As written, such as `for values from (1) to (2)`, with single blanks.
    Values {
        text: String,
    },
}

/// A column as `CREATE TABLE` and `ADD COLUMN` write it.
#[derive(Debug, Clone)]
pub(crate) struct NewColumn {
    pub(crate) name: String,
    pub(crate) data_type: SqlType,
    pub(crate) not_null: bool,
    /// The text of the default, if it is not null.
    pub(crate) default: Option<DefaultValue>,
    pub(crate) identity: bool,
    pub(crate) generated: Option<Generated>,
    /// Constraints written at the column, other than `NOT NULL`.
    pub(crate) constraints: Vec<NewConstraint>,
}

/// A default.
#[derive(Debug, Clone)]
pub(crate) struct DefaultValue {
    pub(crate) text: String,
    /// Functions it calls that are not known to be the same for each row: schema and name.
    pub(crate) calls: Vec<(Option<String>, String)>,
    /// Whether it calls a function of the server that is known to be volatile.
    pub(crate) volatile: bool,
}

/// A generated column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Generated {
    Stored,
    Virtual,
    /// Neither is written: stored up to PostgreSQL 17, virtual from 18 on.
    Unsaid,
}

/// A constraint of a table.
#[derive(Debug, Clone)]
pub(crate) struct NewConstraint {
    pub(crate) name: Option<String>,
    pub(crate) kind: ConstraintKind,
    pub(crate) columns: Vec<String>,
    /// `NOT VALID` or `NOT ENFORCED`.
    pub(crate) waits: bool,
    pub(crate) span: Range<usize>,
}

/// What a constraint demands.
#[derive(Debug, Clone)]
pub(crate) enum ConstraintKind {
    /// The expression as written, without comments, in lower case outside of quotes.
    Check(String),
    NotNull,
    ForeignKey {
        partner: Option<Relation>,
        partner_columns: Vec<String>,
    },
    Unique {
        using_index: Option<String>,
    },
    PrimaryKey {
        using_index: Option<String>,
    },
    Exclude,
}

/// An index.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "they are the words of the statement, each there or not")]
pub(crate) struct NewIndex {
    pub(crate) name: Option<String>,
    pub(crate) table: Option<Relation>,
    pub(crate) method: String,
    pub(crate) keys: Vec<Key>,
    /// The columns of `INCLUDE`.
    pub(crate) includes: Vec<String>,
    pub(crate) unique: bool,
    pub(crate) concurrently: bool,
    pub(crate) if_not_exists: bool,
    pub(crate) only: bool,
    pub(crate) partial: bool,
    /// Everything from `ON` on, in canonical words, to tell one definition from another.
    pub(crate) definition: String,
    /// The byte behind `INDEX`, where `CONCURRENTLY` would go.
    pub(crate) behind_index: usize,
}

/// What an index is ordered by.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    /// The column, if it is one.
    pub(crate) column: Option<String>,
    /// As written.
    pub(crate) text: String,
}

/// A view and what it reads.
#[derive(Debug, Clone)]
pub(crate) struct NewView {
    pub(crate) name: Relation,
    pub(crate) materialized: bool,
    pub(crate) reads: Vec<Relation>,
    /// Every name in it.
    pub(crate) words: HashSet<String>,
    /// Whether a `*` stands in it.
    pub(crate) star: bool,
}

/// A function or procedure.
#[derive(Debug, Clone)]
pub(crate) struct NewRoutine {
    pub(crate) name: Relation,
    pub(crate) volatility: Volatility,
    /// Whether it is one `SELECT` of an expression in SQL that the planner puts in its place, and that expression is
    /// the same for each row.
    pub(crate) inlines_to_stable: bool,
    pub(crate) security_definer: bool,
    pub(crate) sets_search_path: bool,
    /// Every name in its body.
    pub(crate) words: HashSet<String>,
}

/// What a function promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Volatility {
    Immutable,
    Stable,
    Volatile,
}

/// An `UPDATE` or `DELETE`.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) table: Relation,
    /// Columns that an `UPDATE` sets.
    pub(crate) columns: Vec<String>,
    pub(crate) extent: Extent,
}

/// How many rows a change can touch, told by its `WHERE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Extent {
    /// No `WHERE`, or one that is always true.
    All,
    /// A condition that is likely true of many rows: one on missing values, or a range.
    Unbounded,
    /// A condition that may be true of few rows or many.
    Unsaid,
    /// A list or range of literal keys, or a `LIMIT`.
    Bounded,
}

/// What a statement does, in the order in which it is written.
pub(crate) fn actions(statement: &Stmt) -> Vec<Action> {
    let mut actions = Vec::new();
    let seen = table::read(statement, &mut actions)
        || index::read(statement, &mut actions)
        || routine::read(statement, &mut actions)
        || data::read(statement, &mut actions)
        || other::read(statement, &mut actions);
    if !seen {
        actions.push(read::at(statement, Kind::Other));
    }
    actions
}

/// The bytes of a statement, comments and blanks around it left out.
pub(crate) fn span_of(statement: &Stmt) -> Range<usize> {
    read::span(statement.syntax())
}

impl NewIndex {
    /// The index by name: it is in the schema of its table.
    pub(crate) fn relation(&self) -> Option<Relation> {
        Some(index_beside(self.table.as_ref()?, self.name.as_ref()?))
    }
}

/// Whether two definitions of an index are the same, brackets and casts apart: the server adds both when it prints one.
pub(crate) fn same_definition(one: &str, other: &str) -> bool {
    plain_definition(one) == plain_definition(other)
}

fn plain_definition(text: &str) -> Vec<&str> {
    let mut words = text
        .split(|letter: char| letter.is_whitespace() || "()".contains(letter))
        .filter(|it| !it.is_empty());
    let mut plain = Vec::new();
    while let Some(word) = words.next() {
        match word {
            "::" => {
                words.next();
            }
            "asc" => {}
            _ => plain.push(word.split("::").next().unwrap_or(word)),
        }
    }
    plain
}

/// An index of this name in the schema of a table.
pub(crate) fn index_beside(table: &Relation, name: &str) -> Relation {
    Relation { schema: table.schema.clone(), name: name.to_owned(), kind: RelationKind::Index }
}

impl NewColumn {
    /// Whether rows that exist get a value other than null.
    pub(crate) fn has_value(&self) -> bool {
        self.default.is_some() || self.identity || self.generated.is_some() || self.data_type.is_serial()
    }
}

impl Kind {
    /// The relation that is made, changed or removed, for somebody who reads of it.
    pub(crate) fn subject(&self) -> Option<&Relation> {
        match self {
            Kind::CreateTable(new) => new.name.as_ref(),
            Kind::CreateView(view) => Some(&view.name),
            Kind::CreateRoutine(routine) => Some(&routine.name),
            Kind::CreateEnum(name)
            | Kind::CreateDomain { name, .. }
            | Kind::AddEnumValue { name, .. }
            | Kind::AddDomainConstraint { domain: name, .. }
            | Kind::Drop { name, .. }
            | Kind::DropIndex { index: name, .. } => Some(name),
            other => other.table(),
        }
    }

    /// The table that is changed, if it is one table.
    pub(crate) fn table(&self) -> Option<&Relation> {
        match self {
            Kind::AddColumn { table, .. }
            | Kind::DropColumn { table, .. }
            | Kind::RenameColumn { table, .. }
            | Kind::SetType { table, .. }
            | Kind::SetNotNull { table, .. }
            | Kind::DropNotNull { table, .. }
            | Kind::SetExpression { table, .. }
            | Kind::AddConstraint { table, .. }
            | Kind::DropConstraint { table, .. }
            | Kind::ValidateConstraint { table, .. }
            | Kind::RenameConstraint { table, .. }
            | Kind::RenameTable { table, .. }
            | Kind::SetSchema { table, .. }
            | Kind::Store { table, .. }
            | Kind::DisableTriggers { table, .. }
            | Kind::EnableRowSecurity { table }
            | Kind::CreatePolicy { table }
            | Kind::Insert { table, .. } => Some(table),
            Kind::Update(change) | Kind::Delete(change) => Some(&change.table),
            Kind::Attach { parent, .. } | Kind::Detach { parent, .. } => Some(parent),
            Kind::CreateIndex(index) => index.table.as_ref(),
            _ => None,
        }
    }
}
