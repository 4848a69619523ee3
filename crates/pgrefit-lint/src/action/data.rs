//! Statements that change rows.

use pgrefit_sql::Relation;
use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, AstNode, BinOp, Expr, SetColumn, Stmt, WhereClauseOrCurrentOf};

use super::read::{at, cascades, named, reads, word};
use super::{Action, Change, Extent, Kind, table};

pub(super) fn read(statement: &Stmt, actions: &mut Vec<Action>) -> bool {
    match statement {
        Stmt::Update(_)
        | Stmt::Delete(_)
        | Stmt::Insert(_)
        | Stmt::Merge(_)
        | Stmt::Select(_)
        | Stmt::CompoundSelect(_)
        | Stmt::ParenSelect(_) => {}
        Stmt::Truncate(truncate) => {
            let list = truncate.table_list().into_iter().flat_map(|list| list.table_relation_names());
            let tables = list.filter_map(|name| named(&name)).collect();
            actions.push(at(
                truncate,
                Kind::Truncate { tables, cascade: cascades(truncate.drop_behavior().as_ref()) },
            ));
            return true;
        }
        _ => return false,
    }
    // Changes can stand in a `WITH` of another statement.
    let node = statement.syntax();
    let start = actions.len();
    for inner in node.descendants() {
        if let Some(update) = ast::Update::cast(inner.clone()) {
            actions.extend(updated(&update));
        } else if let Some(delete) = ast::Delete::cast(inner.clone()) {
            actions.extend(deleted(&delete));
        } else if let Some(insert) = ast::Insert::cast(inner) {
            let into = insert.relation_name_ref().and_then(|name| named(&name));
            actions.extend(
                into.map(|into| at(&insert, Kind::Insert { table: into, from: table::sources(&insert) })),
            );
        }
    }
    if actions.len() == start {
        let from = read_whole(node);
        actions.push(at(statement, if from.is_empty() { Kind::Other } else { Kind::Query { from } }));
    }
    true
}

fn updated(update: &ast::Update) -> Option<Action> {
    let table = update.relation_name().and_then(|name| named(&name))?;
    let list = update.set_clause().and_then(|clause| clause.set_column_list());
    let columns = list.into_iter().flat_map(|list| list.set_columns());
    let columns = columns.filter_map(|column| match column {
        SetColumn::SetSingleColumn(column) => column.column_target().map(|target| word(&target)),
        SetColumn::SetMultipleColumns(_) => None,
    });
    let change =
        Change { table, columns: columns.collect(), extent: extent(update.where_clause_or_current_of()) };
    Some(at(update, Kind::Update(Box::new(change))))
}

fn deleted(delete: &ast::Delete) -> Option<Action> {
    let table = delete.relation_name().and_then(|name| named(&name))?;
    let change = Change { table, columns: Vec::new(), extent: extent(delete.where_clause_or_current_of()) };
    Some(at(delete, Kind::Delete(Box::new(change))))
}

fn extent(condition: Option<WhereClauseOrCurrentOf>) -> Extent {
    match condition {
        None => Extent::All,
        Some(WhereClauseOrCurrentOf::WhereCurrentOf(_)) => Extent::Bounded,
        Some(WhereClauseOrCurrentOf::WhereClause(clause)) => match clause.expr() {
            Some(Expr::Literal(_)) | None => Extent::All,
            Some(expr) if is_bounded(&expr) => Extent::Bounded,
            Some(expr) if picks(expr.syntax()) => Extent::Unsaid,
            Some(_) => Extent::Unbounded,
        },
    }
}

/// Whether a condition picks a few rows by their key: one of the conditions that `AND` joins is `key = literal`,
/// `key IN (literals)`, `key BETWEEN literals`, or holds a query with a `LIMIT`.
fn is_bounded(expr: &Expr) -> bool {
    match expr {
        Expr::ParenExpr(paren) => paren.expr().is_some_and(|inner| is_bounded(&inner)),
        Expr::BinExpr(binary) => match binary.op() {
            Some(BinOp::And(_)) => {
                let bounded = |side: Option<Expr>| side.is_some_and(|side| is_bounded(&side));
                bounded(binary.lhs()) || bounded(binary.rhs()) || is_range(expr.syntax())
            }
            Some(BinOp::Or(_)) => {
                let bounded = |side: Option<Expr>| side.is_some_and(|side| is_bounded(&side));
                bounded(binary.lhs()) && bounded(binary.rhs())
            }
            Some(BinOp::Eq(_) | BinOp::In(_)) => {
                has_limit(expr.syntax())
                    || (is_key(binary.lhs().as_ref()) && is_literal(binary.rhs().as_ref()))
            }
            _ => has_limit(expr.syntax()),
        },
        Expr::BetweenExpr(between) => between
            .syntax()
            .children()
            .find_map(Expr::cast)
            .as_ref()
            .is_some_and(|target| is_key(Some(target))),
        _ => has_limit(expr.syntax()),
    }
}

/// The tables that a query may read whole; none if it says which few rows it wants.
pub(super) fn read_whole(query: &SyntaxNode) -> Vec<Relation> {
    let mut conditions =
        query.descendants().filter_map(ast::WhereClause::cast).filter_map(|clause| clause.expr());
    let small = has_limit(query) || conditions.any(|expr| is_bounded(&expr) || picks(expr.syntax()));
    if small { Vec::new() } else { reads(query) }
}

/// Whether one of the conditions compares a column with a literal: `kind = 'x'`, `state IN ('a', 'b')`.
fn picks(condition: &SyntaxNode) -> bool {
    condition.descendants().filter_map(ast::BinExpr::cast).any(|binary| {
        matches!(binary.op(), Some(BinOp::Eq(_) | BinOp::In(_) | BinOp::Like(_)))
            && matches!(binary.lhs(), Some(Expr::NameRef(_) | Expr::FieldExpr(_)))
            && is_literal(binary.rhs().as_ref())
    })
}

/// `id >= 1 AND id < 1000`.
fn is_range(and: &SyntaxNode) -> bool {
    let parts: Vec<_> = and.descendants().filter_map(ast::BinExpr::cast).collect();
    let bound = |upper: bool| {
        parts.iter().any(|part| {
            let fits = match part.op() {
                Some(BinOp::LAngle(_) | BinOp::Lteq(_)) => upper,
                Some(BinOp::RAngle(_) | BinOp::Gteq(_)) => !upper,
                _ => false,
            };
            fits && is_key(part.lhs().as_ref()) && is_literal(part.rhs().as_ref())
        })
    };
    bound(true) && bound(false)
}

/// A column that names rows: `id`, `ctid`, `…_id`, `uuid`, `key`, `name`, `slug`, `code`, `version`.
fn is_key(expr: Option<&Expr>) -> bool {
    let name = match expr {
        Some(Expr::NameRef(name)) => word(name),
        Some(Expr::FieldExpr(field)) => field.field().map(|name| word(&name)).unwrap_or_default(),
        _ => return false,
    };
    matches!(name.as_str(), "id" | "ctid" | "uuid" | "key" | "name" | "slug" | "code" | "email")
}

/// A literal, or a list of them.
fn is_literal(expr: Option<&Expr>) -> bool {
    match expr {
        Some(Expr::Literal(_)) => true,
        Some(Expr::CastExpr(cast)) => cast.expr().is_some_and(|inner| is_literal(Some(&inner))),
        Some(Expr::PrefixExpr(prefix)) => prefix.expr().is_some_and(|inner| is_literal(Some(&inner))),
        Some(Expr::ParenExpr(paren)) => paren.expr().is_some_and(|inner| is_literal(Some(&inner))),
        Some(Expr::TupleExpr(tuple)) => tuple.exprs().all(|inner| is_literal(Some(&inner))),
        _ => false,
    }
}

fn has_limit(node: &SyntaxNode) -> bool {
    node.descendants()
        .any(|node| ast::LimitClause::can_cast(node.kind()) || ast::FetchClause::can_cast(node.kind()))
}
