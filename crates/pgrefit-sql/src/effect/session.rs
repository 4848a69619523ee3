//! What a statement may leave in the session, and whether it runs code that cannot be seen here.

use squawk_syntax::ast::{self, AstNode, CursorHold, LitKind, SetScope, Stmt};

use super::{functions, table};

/// Whether something may outlive the transaction, and whether the statement may run code that cannot be seen.
pub(super) fn of(statement: &Stmt) -> (bool, bool) {
    let opaque = is_opaque(statement);
    (opaque || is_kept(statement), opaque)
}

fn is_opaque(statement: &Stmt) -> bool {
    match statement {
        Stmt::Do(_) | Stmt::Call(_) | Stmt::Execute(_) => true,
        _ if runs_a_query(statement) => functions::calls(statement.syntax()).any(|call| !call.is_built_in()),
        _ => false,
    }
}

/// Whether the statement computes expressions now, rather than storing them for later.
fn runs_a_query(statement: &Stmt) -> bool {
    matches!(
        statement,
        Stmt::Select(_)
            | Stmt::SelectInto(_)
            | Stmt::CompoundSelect(_)
            | Stmt::ParenSelect(_)
            | Stmt::Values(_)
            | Stmt::Table(_)
            | Stmt::Insert(_)
            | Stmt::Update(_)
            | Stmt::Delete(_)
            | Stmt::Merge(_)
            | Stmt::Copy(_)
            | Stmt::CreateTableAs(_)
            | Stmt::CreateMaterializedView(_)
            | Stmt::Refresh(_)
            | Stmt::Declare(_)
            | Stmt::Explain(_)
    )
}

fn is_kept(statement: &Stmt) -> bool {
    let is_local = |scope: Option<SetScope>| matches!(scope, Some(SetScope::LocalScope(_)));
    match statement {
        Stmt::Set(set) => !is_local(set.set_scope()),
        Stmt::SetRole(set) => !is_local(set.set_scope()),
        Stmt::SetSessionAuth(set) => !is_local(set.set_scope()),
        Stmt::SetTransaction(set) => set.session_characteristics().is_some(),
        Stmt::ResetRole(_)
        | Stmt::ResetSessionAuth(_)
        | Stmt::Reset(_)
        | Stmt::Listen(_)
        | Stmt::Unlisten(_)
        | Stmt::Load(_)
        | Stmt::Prepare(_)
        | Stmt::Deallocate(_)
        | Stmt::Discard(_) => true,
        Stmt::Declare(declare) => matches!(declare.cursor_hold(), Some(CursorHold::WithHold(_))),
        _ => {
            table::is_temporary(statement)
                || runs_a_query(statement)
                    && functions::calls(statement.syntax()).any(|call| is_kept_by(&call))
        }
    }
}

/// Functions of the server itself that leave something behind.
fn is_kept_by(call: &functions::Call) -> bool {
    match call.name.as_str() {
        "set_config" => !call.argument(2).is_some_and(|is_local| is_true(&is_local)),
        name => name.starts_with("pg_advisory_lock") || name.starts_with("pg_try_advisory_lock"),
    }
}

fn is_true(expr: &ast::Expr) -> bool {
    ast::Literal::cast(expr.syntax().clone())
        .is_some_and(|literal| matches!(literal.kind(), Some(LitKind::True(_))))
}
