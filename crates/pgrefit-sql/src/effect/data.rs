//! Queries and changes of rows, wherever they stand in a statement.

use std::collections::HashSet;

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, AstNode, CopyDirection};

use super::{Effect, LockMode, Reach, Relation, names};

/// Adds the locks of every query and every change of rows at or below a node.
pub(super) fn of(node: &SyntaxNode, effect: &mut Effect) {
    let with: HashSet<String> = node
        .descendants()
        .filter_map(ast::CteName::cast)
        .map(|name| squawk_syntax::ast::normalize_name_node(name.syntax()))
        .collect();
    let known = |relation: &Relation| relation.schema.is_some() || !with.contains(&relation.name);
    for node in node.descendants() {
        changed(&node, effect);
        if let Some((relation, only)) = read(&node).filter(|(relation, _)| known(relation)) {
            let mode =
                if is_locked_by_rows(&node, &relation) { LockMode::RowShare } else { LockMode::AccessShare };
            effect.take(Some(relation), mode, Reach::Partitions.only(only));
        }
    }
}

/// The target of a change. Its foreign keys are checked on both sides: `KEY SHARE` on the rows referred to, and the
/// actions of `ON DELETE` on the rows that refer.
fn changed(node: &SyntaxNode, effect: &mut Effect) {
    let target = if let Some(insert) = ast::Insert::cast(node.clone()) {
        insert.relation_name_ref().and_then(|name| names::table(&name)).map(|table| (table, false))
    } else if let Some(update) = ast::Update::cast(node.clone()) {
        update.relation_name().and_then(|name| Some((names::table(&name)?, name.only_token().is_some())))
    } else if let Some(delete) = ast::Delete::cast(node.clone()) {
        delete.relation_name().and_then(|name| Some((names::table(&name)?, name.only_token().is_some())))
    } else if let Some(merge) = ast::Merge::cast(node.clone()) {
        merge.table_relation_name().and_then(|name| Some((names::table(&name)?, name.only_token().is_some())))
    } else if let Some(copy) = ast::Copy::cast(node.clone()) {
        match (copy.copy_table(), copy.copy_direction()) {
            (Some(table), Some(CopyDirection::CopyTo(_))) => {
                effect.take(names::table(&table), LockMode::AccessShare, Reach::Named);
                None
            }
            (Some(table), _) => names::table(&table).map(|table| (table, false)),
            _ => None,
        }
    } else {
        None
    };
    if let Some((table, only)) = target {
        effect.take(Some(table), LockMode::RowExclusive, Reach::Both.only(only));
    }
}

/// The relation that a `FROM` item or `TABLE t` reads, and whether it says `ONLY`.
fn read(node: &SyntaxNode) -> Option<(Relation, bool)> {
    if let Some(item) = ast::RelationFromItem::cast(node.clone()) {
        let only = item.only_token().is_some();
        return item.relation_name_ref().and_then(|name| names::table(&name)).map(|it| (it, only));
    }
    let name = ast::Table::cast(node.clone())?.relation_name()?;
    Some((names::table(&name)?, name.only_token().is_some()))
}

/// Whether a `FOR UPDATE` or `FOR SHARE` of the query around this `FROM` item concerns it.
fn is_locked_by_rows(item: &SyntaxNode, relation: &Relation) -> bool {
    let alias = ast::RelationFromItem::cast(item.clone()).and_then(|item| item.alias());
    let alias = alias.and_then(|alias| {
        let name = alias.syntax().children().find(|node| format!("{:?}", node.kind()).ends_with("ALIAS"))?;
        Some(squawk_syntax::ast::normalize_name_node(&name))
    });
    let called = alias.as_deref().unwrap_or(&relation.name);
    item.ancestors().flat_map(|query| query.children()).filter_map(ast::LockingClause::cast).any(|clause| {
        clause.locking_of().is_none_or(|of| {
            of.exprs().any(|name| squawk_syntax::ast::normalize_name_node(name.syntax()) == called)
        })
    })
}
