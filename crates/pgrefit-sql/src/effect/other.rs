//! Statements about what hangs on a table: triggers, rules, policies, statistics, publications, comments; and `VACUUM`
//! and `ANALYZE`.

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, AstNode, CommentObject, Stmt};

use super::{Effect, LockMode, Reach, Relation, names};

/// Adds what such a statement does; says whether it is one.
pub(super) fn of(statement: &Stmt, effect: &mut Effect) -> bool {
    match statement {
        Stmt::CreateTrigger(trigger) => {
            effect.take(on(statement), LockMode::ShareRowExclusive, Reach::Partitions);
            let partner = trigger.from_table().and_then(|table| names::table(&table));
            effect.take(partner, LockMode::AccessShare, Reach::Named);
        }
        Stmt::DropTrigger(_) | Stmt::AlterTrigger(_) => {
            effect.take(on(statement), LockMode::AccessExclusive, Reach::Partitions);
        }
        Stmt::CreateRule(_)
        | Stmt::DropRule(_)
        | Stmt::AlterRule(_)
        | Stmt::CreatePolicy(_)
        | Stmt::DropPolicy(_)
        | Stmt::AlterPolicy(_) => effect.take(on(statement), LockMode::AccessExclusive, Reach::Named),
        Stmt::CreateStatistics(statistics) => {
            let table = statistics.from_table().and_then(|table| names::table(&table));
            effect.take(table, LockMode::ShareUpdateExclusive, Reach::Named);
        }
        Stmt::CreatePublication(publication) => published(publication.syntax(), effect),
        Stmt::AlterPublication(publication) => published(publication.syntax(), effect),
        Stmt::CommentOn(comment) => {
            if let Some((relation, mode)) = comment.comment_object().and_then(|object| commented(&object)) {
                effect.take(Some(relation), mode, Reach::Named);
            }
        }
        Stmt::Vacuum(vacuum) => {
            let full = vacuum.is_full();
            let mode = if full { LockMode::AccessExclusive } else { LockMode::ShareUpdateExclusive };
            for table in tables(vacuum.table_and_columns_list()) {
                effect.take(Some(table.clone()), mode, Reach::Partitions);
                if full {
                    effect.rewrite(Some(table));
                }
            }
        }
        Stmt::Analyze(analyze) => {
            for table in tables(analyze.table_and_columns_list()) {
                effect.take(Some(table), LockMode::ShareUpdateExclusive, Reach::Partitions);
            }
        }
        _ => return false,
    }
    true
}

/// The table behind the word `ON`.
fn on(statement: &Stmt) -> Option<Relation> {
    let node = statement.syntax().children().find_map(|node| {
        let on_table = ast::OnTable::can_cast(node.kind()) || ast::OnRelation::can_cast(node.kind());
        if let Some(rule) = ast::RuleOn::cast(node.clone()) {
            return rule.relation_name_ref().map(|name| name.syntax().clone());
        }
        on_table.then_some(node)
    })?;
    names::of(&node, names::RelationKind::Table)
}

fn published(node: &SyntaxNode, effect: &mut Effect) {
    for table in node.descendants().filter_map(ast::PublicationObjectTable::cast) {
        let reach = Reach::Partitions.only(table.only_token().is_some());
        let name = table.table_name_ref().and_then(|name| names::table(&name));
        effect.take(name, LockMode::ShareUpdateExclusive, reach);
    }
}

fn commented(object: &CommentObject) -> Option<(Relation, LockMode)> {
    let (relation, mode) = match object {
        CommentObject::ObjectTable(it) => (names::table(it), LockMode::ShareUpdateExclusive),
        CommentObject::ObjectView(it) => (names::table(it), LockMode::ShareUpdateExclusive),
        CommentObject::ObjectMaterializedView(it) => (names::table(it), LockMode::ShareUpdateExclusive),
        CommentObject::ObjectSequence(it) => (names::table(it), LockMode::ShareUpdateExclusive),
        CommentObject::ObjectForeignTable(it) => (names::table(it), LockMode::ShareUpdateExclusive),
        CommentObject::ObjectColumn(it) => (names::table_of_column(it), LockMode::ShareUpdateExclusive),
        CommentObject::ObjectIndex(it) => (names::index(it), LockMode::ShareUpdateExclusive),
        CommentObject::ObjectConstraint(it) => {
            (it.table_name_ref().and_then(|name| names::table(&name)), LockMode::AccessShare)
        }
        CommentObject::ObjectTrigger(it) => {
            (it.relation_name_ref().and_then(|name| names::table(&name)), LockMode::AccessShare)
        }
        CommentObject::ObjectPolicy(it) => {
            (it.table_name_ref().and_then(|name| names::table(&name)), LockMode::AccessShare)
        }
        CommentObject::ObjectRule(it) => {
            (it.relation_name_ref().and_then(|name| names::table(&name)), LockMode::AccessShare)
        }
        _ => return None,
    };
    Some((relation?, mode))
}

fn tables(list: Option<ast::TableAndColumnsList>) -> impl Iterator<Item = Relation> {
    list.into_iter()
        .flat_map(|list| list.table_and_columnss())
        .filter_map(|item| names::table(&item.table_relation_name()?))
}
