//! Statements about indexes.

use squawk_syntax::ast::{self, AlterIndexAction, AstNode, ReindexTarget, Stmt};

use super::alter_table::options_mode;
use super::{Effect, LockMode, Reach, names};

/// Adds what such a statement does; says whether it is one.
pub(super) fn of(statement: &Stmt, effect: &mut Effect) -> bool {
    match statement {
        Stmt::CreateIndex(create) => created(create, effect),
        Stmt::DropIndex(drop) => {
            let mode = if drop.concurrently_token().is_some() {
                LockMode::ShareUpdateExclusive
            } else {
                LockMode::AccessExclusive
            };
            for name in drop.index_refs() {
                effect.take(names::index(&name), mode, Reach::Partitions);
            }
        }
        Stmt::Reindex(reindex) => reindexed(reindex, effect),
        Stmt::AlterIndex(alter) => altered(alter, effect),
        Stmt::Cluster(cluster) => {
            let table = cluster.table_name_ref().and_then(|name| names::table(&name));
            let table = table.or_else(|| names::table(&cluster.cluster_legacy()?.on_path()?));
            effect.take(table.clone(), LockMode::AccessExclusive, Reach::Partitions);
            effect.rewrite(table);
        }
        _ => return false,
    }
    true
}

fn created(create: &ast::CreateIndex, effect: &mut Effect) {
    let Some(name) = create.table_relation_name() else { return };
    let mode =
        if create.concurrently_token().is_some() { LockMode::ShareUpdateExclusive } else { LockMode::Share };
    effect.take(names::table(&name), mode, Reach::Partitions.only(name.only_token().is_some()));
    effect.scan(names::table(&name));
}

/// Without `CONCURRENTLY` the table itself is locked in `SHARE` and its indexes in `ACCESS EXCLUSIVE`, which every query
/// of the table waits for when it is planned.
fn reindexed(reindex: &ast::Reindex, effect: &mut Effect) {
    let mode =
        if reindex.is_concurrently() { LockMode::ShareUpdateExclusive } else { LockMode::AccessExclusive };
    let relation = match reindex.reindex_target() {
        Some(ReindexTarget::ReindexTargetTable(table)) => names::table(&table),
        Some(ReindexTarget::ReindexTargetIndex(index)) => names::index(&index),
        _ => None,
    };
    effect.take(relation.clone(), mode, Reach::Partitions);
    effect.scan(relation);
}

fn altered(alter: &ast::AlterIndex, effect: &mut Effect) {
    let index = alter.index_ref().and_then(|name| names::index(&name));
    let mode = match alter.action() {
        Some(AlterIndexAction::IndexRenameTo(_) | AlterIndexAction::AlterSetStatistics(_)) => {
            LockMode::ShareUpdateExclusive
        }
        Some(AlterIndexAction::AttachIndexPartition(child)) => {
            effect.take(index.clone(), LockMode::ShareUpdateExclusive, Reach::Named);
            effect.take(names::index(&child), LockMode::AccessExclusive, Reach::Named);
            return;
        }
        Some(AlterIndexAction::SetOptions(options)) => options_mode(options.attribute_list()),
        Some(AlterIndexAction::ResetOptions(options)) => options_mode(options.attribute_list()),
        Some(AlterIndexAction::SetTablespace(_)) => {
            effect.rewrite(index.clone());
            LockMode::AccessExclusive
        }
        _ => LockMode::AccessExclusive,
    };
    effect.take(index, mode, Reach::Named);
}

/// Whether `CREATE INDEX` gives the index a name, so that it fails when it is there.
pub(super) fn is_named(create: &ast::CreateIndex) -> bool {
    create.index().is_some_and(|name| names::index(&name).is_some() && !name.syntax().text().is_empty())
}
