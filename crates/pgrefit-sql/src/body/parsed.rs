//! Pieces of a body become statements, if they parse.

use std::ops::Range;

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, AstNode, Stmt};

use super::dynamic::texts;
use super::piece::{Kind, Piece};
use super::{Body, Inner};
use crate::effect::functions;
use crate::parse::parse;

/// Takes pieces and keeps the statements among them.
#[derive(Default)]
pub(super) struct Collector {
    body: Body,
}

impl Collector {
    pub(super) fn body(self) -> Body {
        self.body
    }

    /// Takes a piece that stands at `range` of the outer text.
    pub(super) fn take(&mut self, piece: &Piece, range: &Range<usize>) {
        match piece.kind {
            Kind::Sql => match statements(&piece.text) {
                Some(found) if !found.is_empty() => self.keep(piece, range, found),
                _ => self.body.unseen.push(range.clone()),
            },
            Kind::Expression => self.expression(piece, range),
            Kind::Dynamic => {
                let found = texts(&piece.text).into_iter().find_map(|text| statements(&text));
                match found {
                    Some(found) if !found.is_empty() => self.keep(piece, range, found),
                    _ => self.body.unseen.push(range.clone()),
                }
            }
        }
    }

    /// An expression is a statement of interest only if it reads a table or runs code of the user.
    fn expression(&mut self, piece: &Piece, range: &Range<usize>) {
        let may_matter = piece.text.contains('(') || piece.text.to_ascii_lowercase().contains("from");
        if !may_matter {
            return;
        }
        match statements(&format!("SELECT {}", piece.text)) {
            Some(found) => {
                let found: Vec<_> = found.into_iter().filter(|(_, node)| matters(node)).collect();
                self.keep(piece, range, found);
            }
            None => self.body.unseen.push(range.clone()),
        }
    }

    fn keep(&mut self, piece: &Piece, range: &Range<usize>, found: Vec<(String, SyntaxNode)>) {
        let statements = found.into_iter().map(|(sql, _)| Inner {
            range: range.clone(),
            sql,
            dynamic: piece.kind == Kind::Dynamic,
            in_loop: piece.in_loop,
            conditional: piece.conditional,
            branch: piece.branch.clone(),
        });
        self.body.statements.extend(statements);
    }
}

/// The statements of a text with their semicolons, or nothing if it does not parse. The last one gets a semicolon, on a
/// line of its own if the text may end in a comment.
fn statements(text: &str) -> Option<Vec<(String, SyntaxNode)>> {
    let end = if text.contains("--") { "\n;" } else { ";" };
    let parse = parse(&format!("{}{end}", text.trim_end()));
    if !parse.errors().is_empty() {
        return None;
    }
    let statements = parse.tree().stmts().filter(|statement| !matches!(statement, Stmt::EmptyStmt(_)));
    Some(
        statements
            .map(|statement| {
                let node = statement.syntax().clone();
                (node.text().to_string().trim().to_owned(), node)
            })
            .collect(),
    )
}

fn matters(node: &SyntaxNode) -> bool {
    let reads =
        |node: SyntaxNode| ast::RelationFromItem::can_cast(node.kind()) || ast::Table::can_cast(node.kind());
    node.descendants().any(reads) || functions::calls(node).any(|call| !call.is_built_in())
}
