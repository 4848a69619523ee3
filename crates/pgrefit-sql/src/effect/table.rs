//! Statements that create, drop, empty or lock tables, views and sequences.

use squawk_syntax::ast::{self, AlterSequenceAction, AstNode, DropBehavior, Stmt};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::{Effect, LockMode, Reach, constraint, names};

/// Adds what such a statement does; says whether it is one.
pub(super) fn of(statement: &Stmt, effect: &mut Effect) -> bool {
    match statement {
        Stmt::CreateTable(create) => {
            created(create.syntax(), create.partition_of(), create.inherits(), effect);
        }
        Stmt::CreateForeignTable(create) => {
            created(create.syntax(), create.partition_of(), create.inherits(), effect);
        }
        Stmt::CreateView(view) if view.or_replace().is_some() => {
            let view = view.view().and_then(|name| names::table(&name));
            effect.take(view, LockMode::AccessExclusive, Reach::Named);
        }
        Stmt::CreateSequence(create) => {
            for owner in create.syntax().descendants().filter_map(ast::OptionOwnedBy::cast) {
                effect.take(names::table_of_column(&owner), LockMode::AccessShare, Reach::Named);
            }
        }
        Stmt::DropTable(drop) => dropped(drop.table_name_refs(), Reach::Both, effect),
        Stmt::DropForeignTable(drop) => dropped(drop.table_name_refs(), Reach::Partitions, effect),
        Stmt::DropView(drop) => dropped(drop.view_refs(), Reach::Named, effect),
        Stmt::DropMaterializedView(drop) => dropped(drop.view_refs(), Reach::Named, effect),
        Stmt::DropSequence(drop) => dropped(drop.sequence_refs(), Reach::Named, effect),
        Stmt::AlterSequence(alter) => alter_sequence(alter, effect),
        Stmt::AlterView(alter) => {
            let view = alter.view_ref().and_then(|name| names::table(&name));
            effect.take(view, LockMode::AccessExclusive, Reach::Named);
        }
        Stmt::Truncate(truncate) => truncated(truncate, effect),
        Stmt::Lock(lock) => locked(lock, effect),
        Stmt::Refresh(refresh) => {
            let view = refresh.view_ref().and_then(|name| names::table(&name));
            if refresh.concurrently_token().is_some() {
                effect.take(view, LockMode::Exclusive, Reach::Named);
            } else {
                effect.take(view.clone(), LockMode::AccessExclusive, Reach::Named);
                effect.rewrite(view);
            }
        }
        _ => return false,
    }
    true
}

/// A new table locks those it is derived from and those its foreign keys refer to.
fn created(
    node: &SyntaxNode,
    partition_of: Option<ast::PartitionOf>,
    inherits: Option<ast::Inherits>,
    effect: &mut Effect,
) {
    if let Some(parent) = partition_of {
        effect.take(names::table(&parent), LockMode::AccessExclusive, Reach::Both);
    }
    for parent in inherits.into_iter().flat_map(|inherits| inherits.table_name_refs()) {
        effect.take(names::table(&parent), LockMode::ShareUpdateExclusive, Reach::Named);
    }
    for like in node.descendants().filter_map(ast::LikeClause::cast) {
        effect.take(names::table(&like), LockMode::AccessShare, Reach::Named);
    }
    constraint::lock_partners(node, effect);
}

fn dropped<N: AstNode>(names: impl Iterator<Item = N>, reach: Reach, effect: &mut Effect) {
    for name in names {
        effect.take(names::table(&name), LockMode::AccessExclusive, reach);
    }
}

fn alter_sequence(alter: &ast::AlterSequence, effect: &mut Effect) {
    let sequence = alter.sequence_ref().and_then(|name| names::table(&name));
    for action in alter.actions() {
        let mode = match action {
            AlterSequenceAction::SequenceOption(_) => LockMode::ShareRowExclusive,
            _ => LockMode::AccessExclusive,
        };
        effect.take(sequence.clone(), mode, Reach::Named);
        if let AlterSequenceAction::SetLogged(_) | AlterSequenceAction::SetUnlogged(_) = action {
            effect.rewrite(sequence.clone());
        }
        if let AlterSequenceAction::SequenceOption(ast::SequenceOption::OptionOwnedBy(owner)) = action {
            effect.take(names::table_of_column(&owner), LockMode::AccessShare, Reach::Named);
        }
    }
}

fn truncated(truncate: &ast::Truncate, effect: &mut Effect) {
    let cascade = matches!(truncate.drop_behavior(), Some(DropBehavior::Cascade(_)));
    let reach = if cascade { Reach::Both } else { Reach::Partitions };
    for table in truncate.table_list().into_iter().flat_map(|list| list.table_relation_names()) {
        effect.take(
            names::table(&table),
            LockMode::AccessExclusive,
            reach.only(table.only_token().is_some()),
        );
    }
}

fn locked(lock: &ast::Lock, effect: &mut Effect) {
    let mode = lock.lock_mode_clause().and_then(|clause| clause.lock_mode()).map_or(
        LockMode::AccessExclusive,
        |mode| match mode {
            ast::LockMode::AccessShare(_) => LockMode::AccessShare,
            ast::LockMode::RowShare(_) => LockMode::RowShare,
            ast::LockMode::RowExclusive(_) => LockMode::RowExclusive,
            ast::LockMode::ShareUpdateExclusive(_) => LockMode::ShareUpdateExclusive,
            ast::LockMode::Share(_) => LockMode::Share,
            ast::LockMode::ShareRowExclusive(_) => LockMode::ShareRowExclusive,
            ast::LockMode::Exclusive(_) => LockMode::Exclusive,
            ast::LockMode::AccessExclusive(_) => LockMode::AccessExclusive,
        },
    );
    for name in lock.relation_list().into_iter().flat_map(|list| list.relation_names()) {
        effect.take(names::table(&name), mode, Reach::Partitions.only(name.only_token().is_some()));
    }
}

/// Whether a statement makes something temporary.
pub(crate) fn is_temporary(statement: &Stmt) -> bool {
    statement.syntax().descendants().any(|node| node.kind() == SyntaxKind::TEMP)
        || names::of(statement.syntax(), names::RelationKind::Table)
            .is_some_and(|name| name.schema.as_deref() == Some("pg_temp"))
}
