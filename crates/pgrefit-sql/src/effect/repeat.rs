//! What happens when a statement is run again after it took effect.

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{
    self, AlterColumnOption, AlterTableAction as Action, AstNode, ConflictAction, Constraint, CopyDirection,
    Stmt,
};

use super::{Repeat, command, functions, index};

pub(super) fn of(statement: &Stmt) -> Repeat {
    let node = statement.syntax();
    match statement {
        Stmt::AlterTable(alter) => {
            all(alter.actions().map(|action| altered(&action, alter.if_exists().is_some())))
        }
        Stmt::AlterForeignTable(alter) => {
            all(alter.actions().map(|action| altered(&action, alter.if_exists().is_some())))
        }
        Stmt::CreateIndex(create) if !index::is_named(create) => Repeat::Again,
        Stmt::CreateTrigger(_) | Stmt::CreateView(_) | Stmt::CreateIndex(_) => made_or_dropped(node),
        Stmt::Insert(insert) => match insert
            .on_conflict_clause()
            .map(|clause| (clause.conflict_target().is_some(), clause.conflict_action()))
        {
            Some((true, Some(ConflictAction::ConflictDoNothing(_)))) => Repeat::Same,
            Some(_) => Repeat::Unknown,
            None => Repeat::Again,
        },
        Stmt::Update(update) => updated(update),
        Stmt::Delete(_) => if_built_in(node, Repeat::Same),
        Stmt::Copy(copy) => match copy.copy_direction() {
            Some(CopyDirection::CopyTo(_)) => Repeat::Same,
            _ => Repeat::Again,
        },
        Stmt::Select(_)
        | Stmt::CompoundSelect(_)
        | Stmt::ParenSelect(_)
        | Stmt::Values(_)
        | Stmt::Table(_)
        | Stmt::Explain(_) => queried(node),
        Stmt::SelectInto(_) => Repeat::Fails,
        _ => by_command(command::of(statement), node),
    }
}

fn by_command(command: &str, node: &SyntaxNode) -> Repeat {
    match command {
        "COMMENT"
        | "GRANT"
        | "REVOKE"
        | "VACUUM"
        | "ANALYZE"
        | "TRUNCATE"
        | "LOCK"
        | "CLUSTER"
        | "SET"
        | "RESET"
        | "SET ROLE"
        | "SET SESSION AUTHORIZATION"
        | "SET CONSTRAINTS"
        | "SET TRANSACTION"
        | "LISTEN"
        | "UNLISTEN"
        | "LOAD"
        | "DISCARD"
        | "CHECKPOINT"
        | "SECURITY LABEL"
        | "SHOW"
        | "REINDEX"
        | "REINDEX CONCURRENTLY"
        | "REFRESH MATERIALIZED VIEW"
        | "REFRESH MATERIALIZED VIEW CONCURRENTLY"
        | "REASSIGN OWNED"
        | "DROP OWNED"
        | "ALTER DEFAULT PRIVILEGES"
        | "ALTER SYSTEM" => Repeat::Same,
        "NOTIFY" => Repeat::Again,
        "PREPARE" | "DEALLOCATE" | "DECLARE" | "CLOSE" => Repeat::Fails,
        _ if command.starts_with("CREATE ") || command.starts_with("DROP ") => made_or_dropped(node),
        _ if command.starts_with("ALTER ") => altered_otherwise(node),
        _ => Repeat::Unknown,
    }
}

/// `IF [NOT] EXISTS` and `OR REPLACE` of the statement itself.
fn made_or_dropped(node: &SyntaxNode) -> Repeat {
    let lenient = node.children().any(|child| {
        ast::IfExists::can_cast(child.kind())
            || ast::IfNotExists::can_cast(child.kind())
            || ast::OrReplace::can_cast(child.kind())
    });
    if lenient { Repeat::Same } else { Repeat::Fails }
}

/// `ALTER` of anything but a table: what is new is told by the words of its actions.
fn altered_otherwise(node: &SyntaxNode) -> Repeat {
    if node.descendants().any(|node| ast::IfNotExists::can_cast(node.kind())) {
        return Repeat::Same;
    }
    let kinds: Vec<String> = node.descendants().map(|node| format!("{:?}", node.kind())).collect();
    let named = |end: &str| kinds.iter().any(|kind| kind.ends_with(end));
    if named("RENAME_TO") || named("ADD_VALUE") || named("RENAME_VALUE") || named("ADD_ATTRIBUTE") {
        Repeat::Fails
    } else if named("OWNER_TO") || named("SET_OPTIONS") || named("RESET_OPTIONS") {
        Repeat::Same
    } else if named("RESTART") {
        Repeat::Again
    } else {
        Repeat::Unknown
    }
}

/// The whole is as bad as its worst part; without parts nothing happens.
fn all(parts: impl Iterator<Item = Repeat>) -> Repeat {
    let rank = |repeat: &Repeat| match repeat {
        Repeat::Same => 0,
        Repeat::Unknown => 1,
        Repeat::Again => 2,
        Repeat::Fails => 3,
    };
    parts.max_by_key(rank).unwrap_or(Repeat::Same)
}

fn altered(action: &Action, if_exists: bool) -> Repeat {
    let unless = |lenient: bool| if lenient { Repeat::Same } else { Repeat::Fails };
    match action {
        Action::AddColumn(add) => unless(add.if_not_exists().is_some()),
        Action::DropColumn(drop) => unless(drop.if_exists().is_some()),
        Action::DropConstraint(drop) => unless(drop.if_exists().is_some()),
        Action::AddConstraint(add) => added(add.constraint()),
        // Under its new name the table is not found, and `IF EXISTS` is content with that.
        Action::TableRenameTo(_) | Action::SetSchema(_) => unless(if_exists),
        Action::RenameColumn(_)
        | Action::RenameConstraint(_)
        | Action::AttachPartition(_)
        | Action::DetachPartition(_)
        | Action::MergePartitions(_)
        | Action::SplitPartition(_)
        | Action::InheritTable(_)
        | Action::NoInheritTable(_) => Repeat::Fails,
        Action::AlterColumn(column) => match column.option() {
            Some(AlterColumnOption::AddGenerated(_)) => Repeat::Fails,
            Some(AlterColumnOption::DropIdentity(drop)) => unless(drop.if_exists().is_some()),
            Some(AlterColumnOption::DropExpression(drop)) => unless(drop.if_exists().is_some()),
            Some(AlterColumnOption::Restart(_)) => Repeat::Again,
            Some(AlterColumnOption::SetType(to)) if to.using_expr().is_some() => Repeat::Unknown,
            _ => Repeat::Same,
        },
        _ => Repeat::Same,
    }
}

/// Without a name the server finds a new one, except for a primary key, of which there is one.
fn added(constraint: Option<Constraint>) -> Repeat {
    match constraint {
        Some(Constraint::PrimaryKeyConstraint(_)) => Repeat::Fails,
        Some(Constraint::NotNullConstraint(_)) => Repeat::Unknown,
        Some(constraint) if constraint.constraint_name().is_none() => Repeat::Again,
        _ => Repeat::Fails,
    }
}

/// The same if each new value is computed from nothing; again if a column is computed from itself.
fn updated(update: &ast::Update) -> Repeat {
    let columns = update.set_clause().and_then(|clause| clause.set_column_list());
    let columns: Vec<_> = columns.into_iter().flat_map(|list| list.set_columns()).collect();
    if functions::calls(update.syntax()).any(|call| !call.is_stable()) {
        return Repeat::Unknown;
    }
    all(columns.into_iter().map(|column| {
        let ast::SetColumn::SetSingleColumn(column) = column else { return Repeat::Unknown };
        let target = column.column_target().map(|target| target.syntax().text().to_string());
        let Some(value) = column.set_expr() else { return Repeat::Unknown };
        let names: Vec<String> = value
            .syntax()
            .descendants()
            .filter_map(ast::NameRef::cast)
            .map(|name| name.syntax().text().to_string())
            .collect();
        if names.iter().any(|name| Some(name) == target.as_ref()) {
            Repeat::Again
        } else if names.is_empty() {
            Repeat::Same
        } else {
            Repeat::Unknown
        }
    }))
}

fn queried(node: &SyntaxNode) -> Repeat {
    let changes = node.descendants().any(|node| {
        ast::Insert::can_cast(node.kind())
            || ast::Update::can_cast(node.kind())
            || ast::Delete::can_cast(node.kind())
            || ast::Merge::can_cast(node.kind())
    });
    if changes { Repeat::Unknown } else { if_built_in(node, Repeat::Same) }
}

fn if_built_in(node: &SyntaxNode, repeat: Repeat) -> Repeat {
    if functions::calls(node).all(|call| call.is_stable()) { repeat } else { Repeat::Unknown }
}
