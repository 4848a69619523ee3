//! Statements that cannot be part of a transaction block, and what tells from outside whether one of them took effect.

use squawk_syntax::ast::{self, AlterTableAction, AstNode, Stmt};
use squawk_syntax::{SyntaxKind, SyntaxNode};

/// A statement that runs on its own. Names are SQL text as written, to be resolved by the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standalone {
    /// `CREATE INDEX CONCURRENTLY`.
    CreateIndex(CreateIndex),
    /// `DROP INDEX CONCURRENTLY`, of one index: the server takes no more.
    DropIndex {
        /// The index.
        index: String,
    },
    /// `REINDEX CONCURRENTLY`.
    Reindex(ReindexTarget),
    /// `ALTER TABLE … DETACH PARTITION … CONCURRENTLY`.
    Detach {
        /// The partitioned table.
        parent: String,
        /// Its partition.
        partition: String,
    },
    /// `ALTER TYPE … ADD VALUE` whose value the same script uses: it must be committed before.
    AddValue {
        /// The enum type.
        type_name: String,
        /// The value as a literal, quotes included.
        label: String,
    },
    /// `CREATE DATABASE`, `TABLESPACE` or `SUBSCRIPTION`.
    Create(Global),
    /// `DROP DATABASE`, `TABLESPACE` or `SUBSCRIPTION`.
    Drop(Global),
    /// What may run any number of times: `VACUUM`, `ALTER SYSTEM`, a plain `REINDEX SCHEMA`.
    Repeatable,
}

/// `CREATE INDEX CONCURRENTLY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateIndex {
    /// The index; `None` when the server is to choose a name.
    pub index: Option<String>,
    /// The table.
    pub table: String,
    /// Whether an index of that name is to be left alone.
    pub if_not_exists: bool,
    unique: bool,
    behind_table: String,
}

/// What a `REINDEX` works on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReindexTarget {
    /// One index.
    Index(String),
    /// The indexes of a table.
    Table(String),
    /// The indexes of a schema's tables, or of a whole database.
    Many,
}

/// An object outside of any schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Global {
    /// Its catalog: `pg_database`, `pg_tablespace` or `pg_subscription`.
    pub catalog: &'static str,
    /// The column of its name there.
    pub column: &'static str,
    /// Its name, as written.
    pub name: String,
}

impl CreateIndex {
    /// The table's name without its schema.
    #[must_use]
    pub fn unqualified_table(&self) -> String {
        last_part(&self.table)
    }

    /// The statement for a plain, unnamed index of the same definition on another table.
    #[must_use]
    pub fn on(&self, table: &str) -> String {
        let unique = if self.unique { "UNIQUE " } else { "" };
        format!("CREATE {unique}INDEX ON {table} {}", self.behind_table)
    }
}

impl Standalone {
    /// What a parsed statement is, if it cannot run in a transaction block.
    ///
    /// Source: the notes "cannot be executed inside a transaction block" of PostgreSQL's reference pages.
    pub(crate) fn of(statement: &Stmt) -> Option<Self> {
        let node = statement.syntax();
        match statement {
            Stmt::CreateIndex(create) if create.concurrently_token().is_some() => {
                CreateIndex::of(create).map(Self::CreateIndex)
            }
            Stmt::DropIndex(drop) if drop.concurrently_token().is_some() => {
                Some(Self::DropIndex { index: text(drop.index_refs().next()?.syntax()) })
            }
            Stmt::Reindex(statement) => reindex(statement),
            Stmt::AlterTable(alter) if has(node, SyntaxKind::CONCURRENTLY_KW) => detach(alter),
            Stmt::CreateDatabase(_) => global("pg_database", "datname", node).map(Self::Create),
            Stmt::CreateTablespace(_) => global("pg_tablespace", "spcname", node).map(Self::Create),
            Stmt::CreateSubscription(_) => global("pg_subscription", "subname", node).map(Self::Create),
            Stmt::DropDatabase(_) => global("pg_database", "datname", node).map(Self::Drop),
            Stmt::DropTablespace(_) => global("pg_tablespace", "spcname", node).map(Self::Drop),
            Stmt::DropSubscription(_) => global("pg_subscription", "subname", node).map(Self::Drop),
            Stmt::Vacuum(_) | Stmt::AlterSystem(_) => Some(Self::Repeatable),
            Stmt::Cluster(cluster) if cluster.table_name_ref().is_none() => Some(Self::Repeatable),
            _ => None,
        }
    }

    /// `ALTER TYPE … ADD VALUE`, which may run in a transaction, but whose value may not be used in the same one.
    pub(crate) fn add_value(statement: &Stmt) -> Option<Self> {
        let Stmt::AlterType(alter) = statement else { return None };
        let add = ast::AddValue::cast(alter.action()?.syntax().clone())?;
        Some(Self::AddValue {
            type_name: text(alter.type_name_ref()?.syntax()),
            label: text(add.literal()?.syntax()),
        })
    }
}

impl CreateIndex {
    fn of(create: &ast::CreateIndex) -> Option<Self> {
        let table = create.table_relation_name()?;
        let node = create.syntax();
        let from = usize::from(table.syntax().text_range().end()) - usize::from(node.text_range().start());
        let behind = text(node)[from..].trim().trim_end_matches(';').to_owned();
        Some(Self {
            index: create.index().map(|index| text(index.syntax())),
            table: path(table.syntax())?,
            if_not_exists: create.if_not_exists().is_some(),
            unique: has(node, SyntaxKind::UNIQUE_KW),
            behind_table: behind,
        })
    }
}

/// A plain `REINDEX` of one index or table may run in a transaction. One of more is on its own, but keeps others out: it
/// is no concurrent statement.
fn reindex(reindex: &ast::Reindex) -> Option<Standalone> {
    let concurrently = has(reindex.syntax(), SyntaxKind::CONCURRENTLY_KW);
    let target = match reindex.reindex_target()? {
        ast::ReindexTarget::ReindexTargetIndex(target) => ReindexTarget::Index(path(target.syntax())?),
        ast::ReindexTarget::ReindexTargetTable(target) => ReindexTarget::Table(path(target.syntax())?),
        _ => ReindexTarget::Many,
    };
    match (concurrently, &target) {
        (true, _) => Some(Standalone::Reindex(target)),
        (false, ReindexTarget::Many) => Some(Standalone::Repeatable),
        (false, _) => None,
    }
}

fn detach(alter: &ast::AlterTable) -> Option<Standalone> {
    let parent = path(alter.table_relation_name()?.syntax())?;
    alter.actions().find_map(|action| match action {
        AlterTableAction::DetachPartition(detach) => {
            let partition = text(detach.table_name_ref()?.syntax());
            Some(Standalone::Detach { parent: parent.clone(), partition })
        }
        _ => None,
    })
}

/// The name is the first node below the statement.
fn global(catalog: &'static str, column: &'static str, node: &SyntaxNode) -> Option<Global> {
    let name = node.children().find(|child| child.kind() != SyntaxKind::IF_EXISTS)?;
    Some(Global { catalog, column, name: text(&name) })
}

/// The name in a node, without `ONLY` or `*` around it.
fn path(node: &SyntaxNode) -> Option<String> {
    node.descendants().find_map(ast::PathRef::cast).map(|path| text(path.syntax()))
}

/// `documents` of `app.documents`; dots inside quotes do not count.
pub(crate) fn last_part(name: &str) -> String {
    let mut quoted = false;
    let mut start = 0;
    for (at, c) in name.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted => start = at + 1,
            _ => {}
        }
    }
    name[start..].trim().to_owned()
}

pub(crate) fn has(node: &SyntaxNode, kind: SyntaxKind) -> bool {
    node.descendants_with_tokens().any(|element| element.kind() == kind)
}

/// The text of a node without the blanks around it.
pub(crate) fn text(node: &SyntaxNode) -> String {
    node.text().to_string().trim().to_owned()
}
