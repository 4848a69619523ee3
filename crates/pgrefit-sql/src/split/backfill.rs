//! Changes of whole tables: the same statement, run in batches.

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{
    self, AstNode, BinOp, Expr, InsertSource, SelectVariant, Stmt, WhereClauseOrCurrentOf,
};

use super::name;
use crate::effect::known::Known;
use crate::effect::names::{self, Relation};

pub(super) const WHY: &str = "The rows are changed in batches, each in a transaction of its own, so that none of them \
    is locked for long.";

/// Whether the statement changes many rows of a table that exists.
pub(super) fn is_needed(statement: &Stmt, known: &Known) -> bool {
    let has_limit = statement.syntax().descendants().any(|node| ast::LimitClause::can_cast(node.kind()));
    let exists = target(statement).is_some_and(|target| known.outside(target).is_some());
    exists && !has_limit && is_of_many_rows(statement)
}

fn is_of_many_rows(statement: &Stmt) -> bool {
    match statement {
        Stmt::Update(update) => is_wide(update.where_clause_or_current_of()),
        Stmt::Delete(delete) => is_wide(delete.where_clause_or_current_of()),
        Stmt::Insert(insert) => match insert.insert_source() {
            Some(InsertSource::SelectVariant(select)) => {
                !matches!(select, SelectVariant::Values(_)) && reads_a_table(select.syntax())
            }
            _ => false,
        },
        _ => false,
    }
}

fn target(statement: &Stmt) -> Option<Relation> {
    match statement {
        Stmt::Update(it) => names::table(&it.relation_name()?),
        Stmt::Delete(it) => names::table(&it.relation_name()?),
        Stmt::Insert(it) => names::table(&it.relation_name_ref()?),
        _ => None,
    }
}

fn reads_a_table(node: &SyntaxNode) -> bool {
    node.descendants()
        .any(|node| ast::RelationFromItem::can_cast(node.kind()) || ast::Table::can_cast(node.kind()))
}

/// Whether the condition may be true for many rows: only `id = 5` and `id IN (5, 6)` are known to be narrow.
fn is_wide(condition: Option<WhereClauseOrCurrentOf>) -> bool {
    match condition {
        None => true,
        Some(WhereClauseOrCurrentOf::WhereCurrentOf(_)) => false,
        Some(WhereClauseOrCurrentOf::WhereClause(clause)) => {
            clause.expr().is_none_or(|condition| !is_narrow(&condition))
        }
    }
}

fn is_narrow(condition: &Expr) -> bool {
    match condition {
        Expr::ParenExpr(paren) => {
            paren.syntax().children().find_map(Expr::cast).is_some_and(|it| is_narrow(&it))
        }
        Expr::BinExpr(binary) => match binary.op() {
            Some(BinOp::And(_)) => {
                [binary.lhs(), binary.rhs()].into_iter().flatten().any(|side| is_narrow(&side))
            }
            Some(BinOp::Eq(_) | BinOp::In(_)) => {
                let is_key = binary.lhs().is_some_and(|column| is_key(&column));
                let reads = binary.rhs().is_none_or(|value| {
                    value
                        .syntax()
                        .descendants()
                        .any(|node| ast::NameRef::can_cast(node.kind()) || ast::Select::can_cast(node.kind()))
                });
                is_key && !reads
            }
            _ => false,
        },
        _ => false,
    }
}

/// A column that by its name is the key of its table.
fn is_key(column: &Expr) -> bool {
    let name = name::text(column).to_lowercase();
    matches!(name.rsplit('.').next(), Some("id" | "uuid"))
}

/// `update_documents`.
pub(super) fn words(statement: &Stmt) -> String {
    let verb = match statement {
        Stmt::Update(_) => "update",
        Stmt::Delete(_) => "delete from",
        _ => "insert into",
    };
    name::words(&format!("{verb} {}", target(statement).map(|table| table.name).unwrap_or_default()))
}
