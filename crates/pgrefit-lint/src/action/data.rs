//! Statements that change rows.

use pgrefit_sql::Relation;
use squawk_syntax::ast::{self, AstNode, BinOp, Expr, SetColumn, Stmt, WhereClauseOrCurrentOf};
use squawk_syntax::{SyntaxKind, SyntaxNode};

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
        | Stmt::ParenSelect(_)
        | Stmt::Prepare(_)
        | Stmt::Copy(_) => {}
        // Without ANALYZE nothing is done.
        Stmt::Explain(explain) if super::read::has(explain.syntax(), SyntaxKind::ANALYZE_KW) => {}
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
        } else if let Some(merge) = ast::Merge::cast(inner.clone()) {
            actions.extend(merged(&merge));
        } else if let Some(insert) = ast::Insert::cast(inner) {
            let into = insert.relation_name_ref().and_then(|name| named(&name));
            actions.extend(into.map(|into| {
                at(
                    &insert,
                    Kind::Insert {
                        table: into,
                        from: table::sources(&insert),
                        condenses: condenses(insert.syntax()),
                    },
                )
            }));
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
    let change = Change {
        table,
        columns: columns.collect(),
        extent: if joins_few(update.syntax()) {
            Extent::Bounded
        } else {
            extent(update.where_clause_or_current_of(), update.from_clause().is_some())
        },
    };
    Some(at(update, Kind::Update(Box::new(change))))
}

fn condenses(insert: &SyntaxNode) -> bool {
    insert
        .descendants()
        .any(|node| ast::GroupByClause::can_cast(node.kind()) || ast::DistinctClause::can_cast(node.kind()))
}

/// A row of the target for each row of the source.
fn merged(merge: &ast::Merge) -> Option<Action> {
    let table = merge.table_relation_name().and_then(|name| named(&name))?;
    let few = has_limit(merge.syntax());
    let extent = if few { Extent::Bounded } else { Extent::Unbounded };
    Some(at(merge, Kind::Update(Box::new(Change { table, columns: Vec::new(), extent }))))
}

fn deleted(delete: &ast::Delete) -> Option<Action> {
    let table = delete.relation_name().and_then(|name| named(&name))?;
    let change = Change {
        table,
        columns: Vec::new(),
        extent: if joins_few(delete.syntax()) {
            Extent::Bounded
        } else {
            extent(delete.where_clause_or_current_of(), delete.using_clause().is_some())
        },
    };
    Some(at(delete, Kind::Delete(Box::new(change))))
}

/// Whether it is joined with a list of values, or with a `WITH` query that has a `LIMIT`.
fn joins_few(change: &SyntaxNode) -> bool {
    let few =
        |node: &SyntaxNode| has_limit(node) || node.descendants().any(|it| ast::Values::can_cast(it.kind()));
    change.children().any(|child| {
        (ast::WithClause::can_cast(child.kind())
            || ast::FromClause::can_cast(child.kind())
            || ast::UsingClause::can_cast(child.kind()))
            && few(&child)
    })
}

/// With a join, a condition on the other table says nothing of how many rows of this one it is about.
fn extent(condition: Option<WhereClauseOrCurrentOf>, joins: bool) -> Extent {
    match condition {
        None => Extent::All,
        Some(WhereClauseOrCurrentOf::WhereCurrentOf(_)) => Extent::Bounded,
        Some(WhereClauseOrCurrentOf::WhereClause(clause)) => match clause.expr() {
            Some(Expr::Literal(literal))
                if literal.syntax().text().to_string().eq_ignore_ascii_case("false") =>
            {
                Extent::Bounded
            }
            Some(Expr::Literal(_)) | None => Extent::All,
            Some(expr) if is_bounded(&expr) => Extent::Bounded,
            Some(expr) if !joins && picks(expr.syntax()) => Extent::Unsaid,
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
            Some(op @ (BinOp::Eq(_) | BinOp::In(_))) => {
                let (left, right) = (binary.lhs(), binary.rhs());
                let few =
                    is_literal(right.as_ref()) || matches!(op, BinOp::Eq(_)) && is_query(right.as_ref());
                has_limit(expr.syntax()) || (is_key(left.as_ref()) && few)
            }
            _ => has_limit(expr.syntax()),
        },
        Expr::BetweenExpr(between) => {
            let target = between.syntax().children().find_map(Expr::cast);
            is_key(target.as_ref()) && !super::read::has(between.syntax(), SyntaxKind::NOT_KW)
        }
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
            && (is_literal(binary.rhs().as_ref())
                || (is_key(binary.lhs().as_ref()) && matches!(binary.rhs(), Some(Expr::NameRef(_)))))
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

/// A query of one value, or `any (array[literals])`.
fn is_query(expr: Option<&Expr>) -> bool {
    match expr {
        Some(Expr::ParenExpr(paren)) => {
            paren.expr().is_none()
                && paren.syntax().descendants().any(|node| ast::Select::can_cast(node.kind()))
        }
        Some(Expr::CallExpr(call)) => {
            let text = call.syntax().text().to_string().to_lowercase();
            let list = text.strip_prefix("any").map(str::trim_start);
            list.is_some_and(|list| list.starts_with("(array[") || list.starts_with("('{"))
        }
        _ => false,
    }
}

fn has_limit(node: &SyntaxNode) -> bool {
    node.descendants()
        .any(|node| ast::LimitClause::can_cast(node.kind()) || ast::FetchClause::can_cast(node.kind()))
}
