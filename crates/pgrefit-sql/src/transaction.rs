//! Which statements cannot be part of a migration's transaction, and why.

use squawk_syntax::SyntaxKind;
use squawk_syntax::ast::{AstNode, Stmt};

/// Why a statement cannot run inside the transaction that also writes the migration's history row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// `BEGIN`, `COMMIT`, `ROLLBACK`, … would end or split the transaction around the migration.
    ControlsTransaction,
    /// The server refuses the statement inside a transaction block (SQLSTATE 25001).
    RefusedInTransaction,
    /// The rows of `COPY … FROM STDIN` follow in the file, which only `psql` understands.
    NeedsClientInput,
}

impl Obstacle {
    /// The obstacle of one parsed statement, if it has one.
    ///
    /// Source: the notes "cannot be executed inside a transaction block" of PostgreSQL's reference pages.
    pub(crate) fn of(statement: &Stmt) -> Option<Self> {
        let node = statement.syntax();
        let has = |kind: SyntaxKind| node.descendants_with_tokens().any(|element| element.kind() == kind);
        match statement {
            Stmt::Begin(_) | Stmt::Commit(_) | Stmt::PrepareTransaction(_) => Some(Self::ControlsTransaction),
            // `ROLLBACK TO SAVEPOINT` stays inside the transaction.
            Stmt::Rollback(_) if !has(SyntaxKind::TO_KW) => Some(Self::ControlsTransaction),
            Stmt::Vacuum(_)
            | Stmt::CreateDatabase(_)
            | Stmt::DropDatabase(_)
            | Stmt::CreateTablespace(_)
            | Stmt::DropTablespace(_)
            | Stmt::AlterSystem(_) => Some(Self::RefusedInTransaction),
            Stmt::CreateIndex(_) | Stmt::DropIndex(_) | Stmt::Reindex(_) | Stmt::AlterTable(_)
                if has(SyntaxKind::CONCURRENTLY_KW) =>
            {
                Some(Self::RefusedInTransaction)
            }
            Stmt::Reindex(_)
                if [SyntaxKind::SCHEMA_KW, SyntaxKind::DATABASE_KW, SyntaxKind::SYSTEM_KW]
                    .into_iter()
                    .any(has) =>
            {
                Some(Self::RefusedInTransaction)
            }
            Stmt::Copy(_) if has(SyntaxKind::STDIN_KW) => Some(Self::NeedsClientInput),
            _ => None,
        }
    }
}
