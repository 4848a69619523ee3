//! `ALTER TABLE`, action by action. Actions that need no other form stay together.

use squawk_syntax::ast::{
    self, AlterColumnOption, AlterTableAction as Action, AstNode, Constraint, ConstraintOption,
};

use super::name::text;
use super::statement::{strongly_locked, words};
use super::step::{Kind, Steps};
use super::{SplitError, add_column, add_constraint, column_type, not_null, unique};
use crate::effect::names::{self, Relation};
use crate::{Effect, Place};

/// The table of the statement, in the forms that the rules need.
pub(super) struct Table {
    /// `ALTER TABLE ONLY app.documents`: what stands before the actions.
    pub(super) alter: String,
    /// `app.documents`, as written.
    pub(super) written: String,
    /// `app.` as written, or nothing.
    pub(super) schema: String,
    /// `documents`, without quotes.
    pub(super) name: String,
}

/// The steps for all actions. `is_prepared` says that the file drops a constraint of the table behind the statement:
/// `SET NOT NULL` then is the last step of the safe sequence, which has a check for it.
pub(super) fn steps(
    alter: &ast::AlterTable,
    sql: &str,
    effect: &Effect,
    place: Place,
    is_prepared: bool,
    steps: &mut Steps,
) -> Result<(), SplitError> {
    let words = words(effect, &ast::Stmt::AlterTable(alter.clone()));
    let locks = strongly_locked(effect);
    let actions: Vec<Action> = alter.actions().collect();
    let is_rewritten = |action: &Action| is_rewritten(action) && !(is_prepared && is_set_not_null(action));
    let needs_other_form = actions.iter().any(|action| refusal(action).is_some() || is_rewritten(action));
    let Some(table) = Table::of(alter).filter(|_| needs_other_form) else {
        steps.kept(words, "", sql.to_owned(), Kind::Plain { locks, binds: None });
        return Ok(());
    };
    let mut as_they_are: Vec<String> = Vec::new();
    let flush = |actions: &mut Vec<String>, steps: &mut Steps| {
        if !actions.is_empty() {
            let sql = format!("{} {};", table.alter, std::mem::take(actions).join(", "));
            steps.kept(words.clone(), "", sql, Kind::Plain { locks: locks.clone(), binds: None });
        }
    };
    for run in actions.chunk_by(|one, other| is_set_not_null(one) && is_set_not_null(other)) {
        if let Some(reason) = run.iter().find_map(refusal) {
            return Err(SplitError::NoSafeForm { place, reason });
        }
        if !is_rewritten(&run[0]) {
            as_they_are.extend(run.iter().map(text));
            continue;
        }
        flush(&mut as_they_are, steps);
        if is_set_not_null(&run[0]) {
            not_null::steps(&run.iter().filter_map(column_of).collect::<Vec<_>>(), &table, steps);
        } else {
            rewrite(&run[0], &table, steps);
        }
    }
    flush(&mut as_they_are, steps);
    Ok(())
}

impl Table {
    fn of(alter: &ast::AlterTable) -> Option<Self> {
        let name = alter.table_relation_name()?;
        let written = text(&name.table_name_ref()?);
        let relation = names::table(&name)?;
        let schema =
            name.table_name_ref()?.path_ref()?.qualifier().map(|schema| format!("{}.", text(&schema)));
        let head = alter.syntax().text().to_string();
        let before = usize::from(alter.actions().next()?.syntax().text_range().start())
            - usize::from(alter.syntax().text_range().start());
        Some(Self {
            alter: head[..before].trim().to_owned(),
            written,
            schema: schema.unwrap_or_default(),
            name: relation.name,
        })
    }
}

fn is_set_not_null(action: &Action) -> bool {
    matches!(action, Action::AlterColumn(column) if matches!(column.option(), Some(AlterColumnOption::SetNotNull(_))))
}

/// The column of an `ALTER COLUMN`, as written.
fn column_of(action: &Action) -> Option<String> {
    let Action::AlterColumn(column) = action else { return None };
    column.column_name_ref().map(|name| text(&name))
}

/// The tables of which a statement drops a constraint.
pub(super) fn drops_constraint_of(statement: &ast::Stmt) -> Option<Relation> {
    let ast::Stmt::AlterTable(alter) = statement else { return None };
    let drops = alter.actions().any(|action| matches!(action, Action::DropConstraint(_)));
    alter.table_relation_name().filter(|_| drops).and_then(|name| names::table(&name))
}

/// Whether one of the rules has another form for the action.
fn is_rewritten(action: &Action) -> bool {
    match action {
        Action::AddColumn(column) => add_column::is_rewritten(column),
        Action::AddConstraint(added) => {
            added.constraint().is_some_and(|constraint| is_whole_scan(&constraint))
        }
        Action::AlterColumn(column) => {
            matches!(column.option(), Some(AlterColumnOption::SetNotNull(_) | AlterColumnOption::SetType(_)))
        }
        _ => false,
    }
}

fn is_whole_scan(constraint: &Constraint) -> bool {
    let waits = constraint
        .constraint_options()
        .any(|option| matches!(option, ConstraintOption::NotValid(_) | ConstraintOption::NotEnforced(_)));
    match constraint {
        Constraint::ForeignKeyConstraint(_)
        | Constraint::CheckConstraint(_)
        | Constraint::NotNullConstraint(_) => !waits,
        Constraint::UniqueConstraint(unique) => unique.using_index().is_none(),
        Constraint::PrimaryKeyConstraint(key) => key.using_index().is_none(),
        _ => false,
    }
}

fn rewrite(action: &Action, table: &Table, steps: &mut Steps) {
    match action {
        Action::AddColumn(column) => add_column::steps(column, table, steps),
        Action::AddConstraint(added) => match added.constraint() {
            Some(Constraint::UniqueConstraint(it)) => unique::of_table(&it, table, steps),
            Some(Constraint::PrimaryKeyConstraint(it)) => unique::primary_key_of_table(&it, table, steps),
            Some(constraint) => add_constraint::of_table(&constraint, table, steps),
            None => {}
        },
        Action::AlterColumn(column) => {
            if let (Some(AlterColumnOption::SetType(to)), Some(name)) = (column.option(), column_of(action)) {
                column_type::steps(&name, &to, table, steps);
            }
        }
        _ => {}
    }
}

/// Why there is no safe form of the action, if there is none.
fn refusal(action: &Action) -> Option<&'static str> {
    match action {
        Action::AddConstraint(added) => match added.constraint()? {
            Constraint::ExcludeConstraint(_) => {
                Some("an exclusion constraint can be neither built concurrently nor validated later")
            }
            Constraint::UniqueConstraint(it) if unique::is_temporal(it.index_parameters().as_ref()) => {
                Some("the index of WITHOUT OVERLAPS cannot be built on its own")
            }
            Constraint::PrimaryKeyConstraint(it) if unique::is_temporal(it.index_parameters().as_ref()) => {
                Some("the index of WITHOUT OVERLAPS cannot be built on its own")
            }
            _ => None,
        },
        Action::AddColumn(column) => add_column::refusal(column),
        Action::AlterColumn(column) => match column.option()? {
            AlterColumnOption::SetExpression(_) => Some(
                "the table is rewritten: add a new column with a trigger, backfill it, and rename the two",
            ),
            _ => None,
        },
        Action::SetLogged(_) | Action::SetUnlogged(_) | Action::SetAccessMethod(_) => {
            Some("the table is rewritten: run it in a maintenance window")
        }
        Action::SetTablespace(_) => Some("the table is copied: run it in a maintenance window"),
        _ => None,
    }
}
