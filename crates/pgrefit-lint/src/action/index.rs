//! Statements about indexes, and those that write a table anew.

use squawk_syntax::ast::{self, AlterIndexAction, AstNode, Expr, ReindexTarget, Stmt};
use squawk_syntax::{SyntaxElement, SyntaxKind};

use super::read::{at, has, index_named, named, plain, word};
use super::{Action, Key, Kind, NewIndex};

pub(super) fn read(statement: &Stmt, actions: &mut Vec<Action>) -> bool {
    match statement {
        Stmt::CreateIndex(create) => actions.push(at(create, Kind::CreateIndex(Box::new(created(create))))),
        Stmt::DropIndex(drop) => {
            let concurrently = drop.concurrently_token().is_some();
            for name in drop.index_refs() {
                let kind = index_named(&name).map(|index| Kind::DropIndex { index, concurrently });
                actions.extend(kind.map(|kind| at(&name, kind)));
            }
        }
        Stmt::Reindex(reindex) => {
            let target = match reindex.reindex_target() {
                Some(ReindexTarget::ReindexTargetTable(table)) => named(&table),
                Some(ReindexTarget::ReindexTargetIndex(index)) => index_named(&index),
                _ => None,
            };
            let concurrently = has(reindex.syntax(), SyntaxKind::CONCURRENTLY_KW);
            actions.push(at(reindex, Kind::Reindex { target, concurrently }));
        }
        Stmt::AlterIndex(alter) => {
            let index = alter.index_ref().and_then(|name| index_named(&name));
            let kind = match (alter.action(), index) {
                (Some(AlterIndexAction::AttachIndexPartition(_)), _) => Kind::AttachIndex,
                (Some(AlterIndexAction::IndexRenameTo(rename)), Some(index)) => {
                    Kind::RenameIndex { index, to: word(&rename) }
                }
                _ => Kind::Other,
            };
            actions.push(at(alter, kind));
        }
        Stmt::Cluster(cluster) => {
            let table = cluster.table_name_ref().and_then(|name| named(&name));
            let table = table.or_else(|| named(&cluster.cluster_legacy()?.on_path()?));
            actions.push(at(cluster, Kind::RewriteTable { table, command: "CLUSTER" }));
        }
        Stmt::Vacuum(vacuum) => {
            let is_full = match vacuum.vacuum_option_list() {
                Some(list) => is_full(&plain(list.syntax())),
                None => has(vacuum.syntax(), SyntaxKind::FULL_KW),
            };
            let tables = vacuum.table_and_columns_list();
            let table = tables.and_then(|tables| named(&tables));
            let kind =
                if is_full { Kind::RewriteTable { table, command: "VACUUM FULL" } } else { Kind::Other };
            actions.push(at(vacuum, kind));
        }
        Stmt::Refresh(refresh) => {
            let concurrently = refresh.concurrently_token().is_some();
            let view = refresh.view_ref().and_then(|name| named(&name));
            actions.extend(view.map(|view| at(refresh, Kind::Refresh { view, concurrently })));
        }
        _ => return false,
    }
    true
}

fn created(create: &ast::CreateIndex) -> NewIndex {
    let table = create.table_relation_name();
    let method = create.using_method().and_then(|using| using.access_method_ref()).map(|name| word(&name));
    let items = create.partition_item_list().into_iter().flat_map(|list| list.partition_items());
    NewIndex {
        name: create.index().and_then(|name| index_named(&name)).map(|index| index.name),
        only: table.as_ref().is_some_and(|table| table.only_token().is_some()),
        table: table.and_then(|table| named(&table)),
        method: method.unwrap_or_else(|| "btree".to_owned()),
        keys: items.map(|item| key(&item)).collect(),
        includes: create
            .index_include_clause()
            .into_iter()
            .flat_map(|clause| {
                clause.syntax().descendants().filter_map(ast::NameRef::cast).collect::<Vec<_>>()
            })
            .map(|name| word(&name))
            .collect(),
        unique: create.unique_token().is_some(),
        concurrently: create.concurrently_token().is_some(),
        if_not_exists: create.if_not_exists().is_some(),
        partial: create.where_clause().is_some(),
        definition: definition(create),
        behind_index: create.index_token().map_or(0, |token| token.text_range().end().into()),
    }
}

fn key(item: &ast::PartitionItem) -> Key {
    let expr = item.expr();
    let column = match &expr {
        Some(Expr::NameRef(name)) => Some(word(name)),
        Some(Expr::Collate(collate)) => {
            collate.syntax().children().find_map(ast::NameRef::cast).map(|name| word(&name))
        }
        _ => None,
    };
    Key { column, text: expr.map(|expr| plain(expr.syntax())).unwrap_or_default() }
}

/// Everything behind the table's name, with the method, in one spelling.
fn definition(create: &ast::CreateIndex) -> String {
    let mut words = Vec::new();
    if create.unique_token().is_some() {
        words.push("unique".to_owned());
    }
    let from = create.table_relation_name().map_or(0.into(), |table| table.syntax().text_range().end());
    let method = create.using_method();
    words.push(method.as_ref().map_or("using btree".to_owned(), |using| plain(using.syntax())));
    let skip = method.map(|using| using.syntax().text_range());
    let tokens = create.syntax().descendants_with_tokens().filter_map(SyntaxElement::into_token);
    for token in tokens {
        let range = token.text_range();
        let passed = range.start() < from || skip.is_some_and(|skip| skip.contains_range(range));
        if passed
            || matches!(token.kind(), SyntaxKind::WHITESPACE | SyntaxKind::COMMENT | SyntaxKind::SEMICOLON)
        {
            continue;
        }
        let text = token.text();
        let quoted = text.starts_with(['\'', '"']);
        let lower = if quoted { text.to_owned() } else { text.to_lowercase() };
        // The default order is left out where it is written.
        if lower != "asc" {
            words.push(lower);
        }
    }
    words.join(" ")
}

/// `(full)`, `(full true)`, but not `(full off)`.
fn is_full(options: &str) -> bool {
    let mut options = options.trim_matches(['(', ')']).split(',').map(str::trim);
    options.any(|option| {
        option == "full"
            || option.strip_prefix("full ").is_some_and(|value| !matches!(value, "off" | "false" | "0"))
    })
}
