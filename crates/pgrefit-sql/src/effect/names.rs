//! The names of relations, as PostgreSQL would fold and unquote them.

use std::fmt;

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, AstNode};

/// A relation by name; the schema only if it was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Relation {
    /// Its schema, if the statement names one.
    pub schema: Option<String>,
    /// Its name.
    pub name: String,
    /// Whether it is an index.
    pub kind: RelationKind,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RelationKind {
    /// A table, view, materialized view or sequence.
    Table,
    /// An index: the lock is on it and on its table, which only the catalog knows.
    Index,
}

impl fmt::Display for Relation {
    /// The names as they are, without quotes: for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// The table, view or sequence that a node names.
pub(crate) fn table(node: &impl AstNode) -> Option<Relation> {
    of(node.syntax(), RelationKind::Table)
}

/// The index that a node names.
pub(crate) fn index(node: &impl AstNode) -> Option<Relation> {
    of(node.syntax(), RelationKind::Index)
}

/// The relation that stands first at or below a node of the syntax tree, folded and unquoted.
#[must_use]
pub fn relation_at(node: &SyntaxNode, kind: RelationKind) -> Option<Relation> {
    of(node, kind)
}

/// The first name below a node: `schema.name`, or `database.schema.name`.
pub(crate) fn of(node: &SyntaxNode, kind: RelationKind) -> Option<Relation> {
    let (schema, name) = node.descendants().find_map(|node| {
        if let Some(path) = ast::PathRef::cast(node.clone()) {
            return Some((last_of(path.qualifier()), path.segment()?.text()));
        }
        let path = ast::Path::cast(node)?;
        Some((last_of(path.qualifier()), path.segment()?.text()))
    })?;
    Some(Relation { schema, name, kind })
}

fn last_of(path: Option<ast::PathRef>) -> Option<String> {
    Some(path?.segment()?.text())
}

/// The table of a column's name: everything before the last dot.
pub(crate) fn table_of_column(node: &impl AstNode) -> Option<Relation> {
    let path = node.syntax().descendants().find_map(ast::PathRef::cast)?;
    of(path.qualifier()?.syntax(), RelationKind::Table)
}
