//! Indexes: built, rebuilt and dropped while others read and write.

use squawk_syntax::ast::{self, AstNode, DropBehavior, Expr, ReindexTarget};

use super::name::{made_of, quoted, text, words};
use super::statement::{strongly_locked, with_semicolon};
use super::step::{Kind, Steps};
use crate::Effect;
use crate::effect::known::Known;
use crate::effect::names;

const WHY_BUILD: &str = "Built while others read and write; it waits for every transaction that was there before. If \
    it fails, the next run builds it anew. (A partitioned table cannot have it built this way: build it on each \
    partition.)";
const WHY_DROP: &str = "Dropped when nobody uses it any more, without keeping anybody from its table.";
const WHY_REBUILD: &str = "A new index is built beside the old one while others read and write.";

/// `CREATE INDEX` on a table that exists.
pub(super) fn created(create: &ast::CreateIndex, sql: &str, effect: &Effect, steps: &mut Steps) {
    let Some(on) = create.table_relation_name() else { return };
    let name = create.index().map(|name| text(&name)).filter(|name| !name.is_empty());
    // On the parent alone nothing is built.
    if on.only_token().is_some() || create.concurrently_token().is_some() {
        let kind = if create.concurrently_token().is_some() {
            Kind::Alone
        } else {
            Kind::Plain { locks: strongly_locked(effect), binds: None }
        };
        steps.kept(words(&format!("create {}", name.unwrap_or_default())), WHY_BUILD, sql.to_owned(), kind);
        return;
    }
    let table = names::table(&on).map(|table| table.name).unwrap_or_default();
    let name = name.unwrap_or_else(|| quoted(&made_of(&table, &columns_of(create), "idx")));
    let unique = if create.unique_token().is_some() { "UNIQUE " } else { "" };
    let if_not_exists = if create.if_not_exists().is_some() { "IF NOT EXISTS " } else { "" };
    let start = usize::from(create.syntax().text_range().start());
    let rest = &create.syntax().text().to_string()[usize::from(on.syntax().text_range().start()) - start..];
    let sql = format!("CREATE {unique}INDEX CONCURRENTLY {if_not_exists}{name} ON {}", rest.trim());
    steps.alone(words(&format!("create {name}")), WHY_BUILD, with_semicolon(&sql));
}

/// The columns in the name that the server would give: `lower(a)` counts as `lower`, other expressions as `expr`.
fn columns_of(create: &ast::CreateIndex) -> String {
    let included = create.index_include_clause().and_then(|clause| clause.partition_item_list());
    let lists = create.partition_item_list().into_iter().chain(included);
    let names = lists.flat_map(|list| list.partition_items()).map(|item| match item.expr() {
        Some(Expr::NameRef(name)) => name.text(),
        Some(Expr::CallExpr(call)) => match call.expr() {
            Some(Expr::NameRef(name)) => name.text(),
            _ => "expr".to_owned(),
        },
        _ => "expr".to_owned(),
    });
    names.collect::<Vec<_>>().join("_")
}

/// `DROP INDEX`: one statement an index. With `CASCADE` it has no concurrent form.
pub(super) fn dropped(drop: &ast::DropIndex, sql: &str, effect: &Effect, known: &Known, steps: &mut Steps) {
    let indexes: Vec<ast::IndexRef> = drop.index_refs().collect();
    let is_new = |index: &ast::IndexRef| names::index(index).is_none_or(|it| known.outside(it).is_none());
    let cascades = matches!(drop.drop_behavior(), Some(DropBehavior::Cascade(_)));
    let named = indexes.iter().map(text).collect::<Vec<_>>().join(" ");
    if drop.concurrently_token().is_some() {
        steps.kept(words(&format!("drop {named}")), WHY_DROP, sql.to_owned(), Kind::Alone);
    } else if cascades || indexes.iter().all(is_new) {
        let locks = strongly_locked(effect);
        steps.kept(words(&format!("drop {named}")), "", sql.to_owned(), Kind::Plain { locks, binds: None });
    } else {
        let if_exists = if drop.if_exists().is_some() { "IF EXISTS " } else { "" };
        for index in &indexes {
            let name = text(index);
            let sql = format!("DROP INDEX CONCURRENTLY {if_exists}{name};");
            steps.alone(words(&format!("drop {name}")), WHY_DROP, sql);
        }
    }
}

/// `REINDEX INDEX` and `REINDEX TABLE`.
pub(super) fn rebuilt(reindex: &ast::Reindex, steps: &mut Steps) {
    let (what, name) = match reindex.reindex_target() {
        Some(ReindexTarget::ReindexTargetIndex(it)) => ("INDEX", it.index_ref().map(|name| text(&name))),
        Some(ReindexTarget::ReindexTargetTable(it)) => ("TABLE", it.table_name_ref().map(|name| text(&name))),
        _ => return,
    };
    let name = name.unwrap_or_default();
    let options = reindex.reindex_option_list().map(|list| format!("{} ", text(&list))).unwrap_or_default();
    let sql = format!("REINDEX {options}{what} CONCURRENTLY {name};");
    steps.alone(words(&format!("reindex {name}")), WHY_REBUILD, sql);
}
