//! A statement with its comments, and the rule that rewrites it.

use squawk_syntax::ast::{self, AstNode, SetTarget, Stmt};
use squawk_syntax::{SyntaxElement, SyntaxKind};

use super::step::{Kind, Step, Steps};
use super::{SplitError, alter_table, backfill, index, name};
use crate::effect::known::Known;
use crate::effect::{names, table};
use crate::{Effect, Obstacle, Place};

/// Marks the statement that is run in batches.
pub(super) const BACKFILL: &str = "-- pgrefit:backfill";
const MARK: &str = "pgrefit:";

/// The statements, each with the comments that belong to it: those before it, except for one on the line where the
/// statement before it ends.
pub(super) fn with_comments(text: &str, file: &ast::SourceFile) -> Vec<(Stmt, String)> {
    let mut end = 0;
    let mut found = Vec::new();
    for statement in file.stmts() {
        let range = statement.syntax().text_range();
        let gap = &text[end..usize::from(range.start())];
        let gap = if end == 0 { gap } else { gap.split_once('\n').map_or("", |(_, rest)| rest) };
        found.push((statement, without_directives(gap)));
        end = range.end().into();
    }
    found
}

/// The comments behind the last statement.
pub(super) fn trailing(text: &str, file: &ast::SourceFile) -> String {
    let end = file.stmts().last().map_or(0, |statement| statement.syntax().text_range().end().into());
    without_directives(&text[end..])
}

/// The directives of the file, which each part needs again. That of a backfill belongs to its statement.
pub(super) fn directives(file: &ast::SourceFile) -> Vec<String> {
    let tokens = file.syntax().descendants_with_tokens().filter_map(SyntaxElement::into_token);
    tokens
        .filter(|token| token.kind() == SyntaxKind::COMMENT)
        .filter(|token| is_directive(token.text()) && token.text().trim() != BACKFILL)
        .map(|token| token.text().trim().to_owned())
        .collect()
}

fn is_directive(line: &str) -> bool {
    line.trim().strip_prefix("--").is_some_and(|comment| comment.trim_start().starts_with(MARK))
}

fn without_directives(gap: &str) -> String {
    let lines: Vec<&str> = gap.lines().filter(|line| !is_directive(line)).collect();
    lines.join("\n").trim_matches(['\n', '\r']).trim_end().to_owned()
}

/// The steps of one statement.
pub(super) fn steps(
    statement: &Stmt,
    comments: &str,
    (text, file): (&str, &ast::SourceFile),
    known: &Known,
    server_major: u32,
) -> Result<Vec<Step>, SplitError> {
    let start = usize::from(statement.syntax().text_range().start());
    let place = Place::of_byte(text, start);
    let fail = |reason| Err(SplitError::NoSafeForm { place, reason });
    match Obstacle::of(statement) {
        Some(Obstacle::ControlsTransaction) => {
            return fail("it begins or ends a transaction, and each part has its own: take it out");
        }
        Some(Obstacle::NeedsPsql) => {
            return fail("its rows come from or go to psql: load them by other means");
        }
        _ => {}
    }
    let sql = with_semicolon(&name::text(statement));
    let mut steps = Steps::new(place);
    let exists = |relation: Option<names::Relation>| relation.is_some_and(|it| known.outside(it).is_some());
    let is_marked = text[..start].trim_end().lines().next_back().is_some_and(|line| line.trim() == BACKFILL);
    let effect = known.seen_from_outside(Effect::of(statement, server_major));
    match statement {
        Stmt::AlterTable(alter) if exists(alter.table_relation_name().and_then(|it| names::table(&it))) => {
            let is_prepared = is_prepared(statement, file);
            alter_table::steps(alter, &sql, &effect, place, is_prepared, &mut steps)?;
        }
        Stmt::CreateIndex(create)
            if exists(create.table_relation_name().and_then(|it| names::table(&it))) =>
        {
            index::created(create, &sql, &effect, &mut steps);
        }
        Stmt::DropIndex(drop) => index::dropped(drop, &sql, &effect, known, &mut steps),
        Stmt::Reindex(reindex) if !effect.locks.is_empty() && !reindex.is_concurrently() => {
            index::rebuilt(reindex, &mut steps);
        }
        Stmt::Cluster(_) => return fail("CLUSTER has no concurrent form: run it in a maintenance window"),
        Stmt::Vacuum(vacuum) if vacuum.is_full() => {
            return fail("VACUUM FULL has no concurrent form: run it in a maintenance window");
        }
        Stmt::Refresh(refresh) if refresh.concurrently_token().is_none() && !effect.locks.is_empty() => {
            return fail(
                "a view is read by nobody while it is refreshed: write CONCURRENTLY, which needs a unique index",
            );
        }
        Stmt::Set(_) | Stmt::SetRole(_) | Stmt::SetSessionAuth(_) | Stmt::Reset(_) | Stmt::ResetRole(_) => {
            let is_limit = is_limit(statement);
            steps.kept("settings".to_owned(), "", sql, Kind::Setting { is_limit });
        }
        _ if is_marked => {
            steps.kept(words(&effect, statement), backfill::WHY, format!("{BACKFILL}\n{sql}"), Kind::Alone);
        }
        _ if Obstacle::of(statement).is_some() => {
            steps.kept(words(&effect, statement), "It cannot run in a transaction.", sql, Kind::Alone);
        }
        _ if backfill::is_needed(statement, known) => {
            steps.alone(backfill::words(statement), backfill::WHY, format!("{BACKFILL}\n{sql}"));
        }
        _ => {
            let locks = strongly_locked(&effect);
            steps.kept(words(&effect, statement), "", sql, Kind::Plain { locks, binds: binds(statement) });
        }
    }
    Ok(steps.with_comments(comments))
}

/// Whether a later statement drops a constraint of the table that this one alters.
fn is_prepared(statement: &Stmt, file: &ast::SourceFile) -> bool {
    let table = names::of(statement.syntax(), names::RelationKind::Table);
    let start = statement.syntax().text_range().start();
    file.stmts()
        .filter(|later| later.syntax().text_range().start() > start)
        .filter_map(|later| alter_table::drops_constraint_of(&later))
        .any(|other| Some(other) == table)
}

/// The tables that cannot be written to while the statement holds its locks.
pub(super) fn strongly_locked(effect: &Effect) -> Vec<String> {
    let strong = effect.locks.iter().filter(|lock| lock.mode.blocks_writes());
    strong.map(|lock| lock.relation.to_string()).collect()
}

/// `alter_table_documents`: the command and what it names first.
pub(super) fn words(effect: &Effect, statement: &Stmt) -> String {
    let named =
        names::of(statement.syntax(), names::RelationKind::Table).map(|it| it.name).unwrap_or_default();
    name::words(&format!("{} {named}", effect.command))
}

pub(super) fn with_semicolon(sql: &str) -> String {
    if sql.ends_with(';') { sql.to_owned() } else { format!("{sql};") }
}

fn is_limit(statement: &Stmt) -> bool {
    let Stmt::Set(set) = statement else { return false };
    let Some(SetTarget::SetConfig(config)) = set.set_target() else { return false };
    config.config_parameter_ref().is_some_and(|parameter| {
        let parameter = name::text(&parameter).to_ascii_lowercase();
        matches!(parameter.as_str(), "lock_timeout" | "statement_timeout")
    })
}

/// Why the statements behind this one must be in its transaction.
fn binds(statement: &Stmt) -> Option<&'static str> {
    match statement {
        Stmt::Lock(_) => Some("its lock ends with its transaction, and the parts have one each: take it out"),
        Stmt::SavepointCreate(_) | Stmt::ReleaseSavepoint(_) | Stmt::Rollback(_) => {
            Some("savepoints end with their transaction, and the parts have one each: take it out")
        }
        Stmt::SetConstraints(_) | Stmt::SetTransaction(_) => {
            Some("it holds for one transaction, and the parts have one each: take it out")
        }
        Stmt::Declare(_) | Stmt::Prepare(_) => {
            Some("it ends with its file, and the statements go into several")
        }
        Stmt::CreateTable(_) | Stmt::CreateTableAs(_) | Stmt::SelectInto(_) | Stmt::CreateView(_)
            if table::is_temporary(statement) =>
        {
            Some(
                "what is temporary ends with its file, and the statements go into several: use an ordinary table",
            )
        }
        _ => None,
    }
}
