//! What is done in the bodies of `DO` blocks, and of functions that a script defines and calls.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use pgrefit_sql::{UNKNOWN, body, called_routines, parse};
use squawk_syntax::ast::{AstNode as _, Stmt};

use crate::action::{Action, Kind, actions};
use crate::case::Inside;

/// The functions seen so far, by name, each with its definitions in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bodies {
    by_name: HashMap<String, Vec<Arc<Definition>>>,
}

/// A function as defined. Its body is read when it is called, which few are in the files that define them.
#[derive(Debug)]
struct Definition {
    sql: String,
    pieces: OnceLock<Option<Vec<Piece>>>,
}

impl Definition {
    /// The statements of the body, if it can be read.
    fn pieces(&self) -> Option<&[Piece]> {
        let read =
            || parse(&self.sql).tree().stmts().next().and_then(|statement| pieces(&statement, &self.sql));
        self.pieces.get_or_init(read).as_deref()
    }
}

/// One statement of a body.
#[derive(Debug, Clone)]
struct Piece {
    span: Range<usize>,
    inside: Inside,
    actions: Vec<Action>,
    calls: Vec<String>,
}

impl Bodies {
    /// Takes note of a function's body.
    pub(crate) fn remember(&mut self, statement: &Stmt, text: &str) {
        let name = match statement {
            Stmt::CreateFunction(create) => create.name().and_then(|name| named(&name)),
            Stmt::CreateProcedure(create) => create.name().and_then(|name| named(&name)),
            _ => return,
        };
        if let Some(name) = name {
            let sql = text[Range::from(statement.syntax().text_range())].to_owned();
            let definition = Arc::new(Definition { sql, pieces: OnceLock::new() });
            self.by_name.entry(name).or_default().push(definition);
        }
    }

    /// What is done in the body of a `DO` block, at its place; and in the functions that a statement calls, at the place
    /// of the call.
    pub(crate) fn inner(&self, statement: &Stmt, text: &str) -> Vec<(Action, Option<Inside>)> {
        let mut found = Vec::new();
        if matches!(statement, Stmt::Do(_)) {
            for piece in pieces(statement, text).unwrap_or_default() {
                for action in &piece.actions {
                    found.push((
                        Action { span: piece.span.clone(), kind: action.kind.clone() },
                        Some(piece.inside),
                    ));
                }
                let mut seen = HashSet::new();
                for name in &piece.calls {
                    self.call(name, &piece.span, piece.inside, &mut seen, &mut found);
                }
            }
        } else if !self.by_name.is_empty() {
            let span = crate::action::span_of(statement);
            let inside = Inside { in_loop: false, dynamic: false, conditional: false, commits: false };
            let mut seen = HashSet::new();
            for (_, name) in called_routines(statement) {
                self.call(&name, &span, inside, &mut seen, &mut found);
            }
        }
        found
    }

    fn call(
        &self,
        name: &str,
        span: &Range<usize>,
        from: Inside,
        seen: &mut HashSet<String>,
        found: &mut Vec<(Action, Option<Inside>)>,
    ) {
        // One that cannot be read replaces none that can.
        let definitions = self.by_name.get(name).into_iter().flatten().rev();
        let Some(pieces) = definitions.into_iter().find_map(|definition| definition.pieces()) else { return };
        if !seen.insert(name.to_owned()) {
            return;
        }
        for piece in pieces {
            let inside = Inside {
                in_loop: from.in_loop || piece.inside.in_loop,
                dynamic: piece.inside.dynamic,
                conditional: from.conditional || piece.inside.conditional,
                commits: from.commits || piece.inside.commits,
            };
            for action in &piece.actions {
                found.push((Action { span: span.clone(), kind: action.kind.clone() }, Some(inside)));
            }
            for next in &piece.calls {
                self.call(next, span, inside, seen, found);
            }
        }
    }
}

fn named(node: &impl squawk_syntax::ast::AstNode) -> Option<String> {
    pgrefit_sql::relation_at(node.syntax(), pgrefit_sql::RelationKind::Table).map(|relation| relation.name)
}

/// The statements of a body with what they do; those about names that only the server will know are left out.
fn pieces(statement: &Stmt, text: &str) -> Option<Vec<Piece>> {
    let body = body(statement, text)?;
    let pieces = body.statements.iter().flat_map(|inner| {
        let parse = parse(&inner.sql);
        let statements: Vec<Stmt> = parse.tree().stmts().collect();
        let known = |action: &Action| !is_unknown(action) && !matches!(action.kind, Kind::Other);
        // A block in the text of an EXECUTE.
        let deeper =
            statements.iter().filter(|it| matches!(it, Stmt::Do(_))).filter_map(|it| pieces(it, &inner.sql));
        let deeper: Vec<Piece> =
            deeper.flatten().map(|piece| Piece { span: inner.range.clone(), ..piece }).collect();
        let own = Piece {
            span: inner.range.clone(),
            inside: Inside {
                in_loop: inner.in_loop,
                dynamic: inner.dynamic,
                conditional: inner.conditional,
                commits: body.ends_transactions,
            },
            actions: statements
                .iter()
                .flat_map(actions)
                .filter(known)
                .map(|it| maybe(it, inner.conditional))
                .collect(),
            calls: statements.iter().flat_map(called_routines).map(|(_, name)| name).collect(),
        };
        std::iter::once(own).chain(deeper)
    });
    Some(pieces.collect())
}

/// Whether what it is about is in a variable.
fn is_unknown(action: &Action) -> bool {
    action.kind.subject().is_some_and(|relation| relation.name.contains(UNKNOWN))
}

/// A table that is made under a condition may be there already.
fn maybe(mut action: Action, conditional: bool) -> Action {
    if let Kind::CreateTable(new) = &mut action.kind {
        new.if_not_exists |= conditional;
    }
    action
}
