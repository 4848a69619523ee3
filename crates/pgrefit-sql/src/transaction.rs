//! Which statements cannot be part of a migration, and why.

use squawk_syntax::ast::{AstNode, Stmt};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use crate::standalone::has;

/// Why a statement cannot run as part of a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// `BEGIN`, `COMMIT`, `ROLLBACK`, … would end or split the transaction around the migration.
    ControlsTransaction,
    /// The server refuses the statement inside a transaction block (SQLSTATE 25001), and the text around it is not
    /// understood, so that it cannot be taken apart.
    RefusedInTransaction,
    /// The rows of `COPY … FROM STDIN` follow in the file, and those of `TO STDOUT` come back: only `psql` does that.
    NeedsPsql,
    /// A line that begins with a backslash is a command of `psql` and not SQL.
    PsqlCommand,
    /// `CREATE INDEX CONCURRENTLY` without a name: after an interruption nobody could tell which index it made.
    Unnamed,
    /// The directive `backfill` before a statement that cannot run in batches.
    NotBatches(&'static str),
}

impl Obstacle {
    /// The obstacle of one parsed statement, if it has one.
    pub(crate) fn of(statement: &Stmt) -> Option<Self> {
        let node = statement.syntax();
        match statement {
            Stmt::Begin(_) | Stmt::Commit(_) | Stmt::PrepareTransaction(_) => Some(Self::ControlsTransaction),
            // `ROLLBACK TO SAVEPOINT` stays inside the transaction.
            Stmt::Rollback(_) if !has(node, SyntaxKind::TO_KW) => Some(Self::ControlsTransaction),
            Stmt::CreateIndex(create)
                if create.concurrently_token().is_some() && create.index().is_none() =>
            {
                Some(Self::Unnamed)
            }
            Stmt::Copy(_) if has(node, SyntaxKind::STDIN_KW) || has(node, SyntaxKind::STDOUT_KW) => {
                Some(Self::NeedsPsql)
            }
            _ => None,
        }
    }
}

impl Obstacle {
    /// The first obstacle of a text that has no usable syntax tree, with its byte offset, told by the first word behind
    /// each semicolon. Strings, comments and function bodies in dollar quotes are single tokens and cannot mislead it.
    pub(crate) fn among_tokens(root: &SyntaxNode) -> Option<(Self, usize)> {
        let mut words = root
            .descendants_with_tokens()
            .filter_map(squawk_syntax::SyntaxElement::into_token)
            .filter(|token| !matches!(token.kind(), SyntaxKind::WHITESPACE | SyntaxKind::COMMENT))
            .peekable();
        let (mut at_start, mut in_atomic_body, mut copy) = (true, false, None);
        while let Some(word) = words.next() {
            let next = words.peek().map(squawk_syntax::SyntaxToken::kind);
            let offset = word.text_range().start().into();
            match word.kind() {
                SyntaxKind::STDIN_KW | SyntaxKind::STDOUT_KW if copy.is_some() => {
                    return copy.map(|start| (Self::NeedsPsql, start));
                }
                SyntaxKind::COPY_KW if at_start => copy = Some(offset),
                _ if at_start && word.text().starts_with('\\') => return Some((Self::PsqlCommand, offset)),
                _ if !at_start => {}
                SyntaxKind::ROLLBACK_KW if next == Some(SyntaxKind::TO_KW) => {}
                SyntaxKind::PREPARE_KW if next != Some(SyntaxKind::TRANSACTION_KW) => {}
                SyntaxKind::END_KW if in_atomic_body => in_atomic_body = false,
                SyntaxKind::BEGIN_KW
                | SyntaxKind::START_KW
                | SyntaxKind::COMMIT_KW
                | SyntaxKind::END_KW
                | SyntaxKind::ROLLBACK_KW
                | SyntaxKind::ABORT_KW
                | SyntaxKind::PREPARE_KW => return Some((Self::ControlsTransaction, offset)),
                SyntaxKind::VACUUM_KW => return Some((Self::RefusedInTransaction, offset)),
                _ => {}
            }
            in_atomic_body |= word.kind() == SyntaxKind::ATOMIC_KW;
            at_start = word.kind() == SyntaxKind::SEMICOLON;
            copy = copy.filter(|_| !at_start);
        }
        None
    }
}
