//! Everything that is written to the server for a file, as text. The ways of running send it, and a plan shows it, so that
//! what is shown cannot be anything else than what is sent.

use std::fmt::Display;
use std::time::Duration;

use pgrefit_sql::{Backfill, Effect, Script, Standalone};

use super::backfill::key::Key;
use super::crew::mark;
use crate::course::{Step, What};
use crate::journal::Journal;
use crate::message::{Body, FileLimits, Message, guard};
use crate::{History, MigrationFile, checksum};

/// A concurrent statement may work for so long, if its file does not say otherwise.
const WORK_LIMIT: Duration = Duration::from_hours(24);

/// What every text of a file is made with.
#[derive(Clone, Copy)]
pub(super) struct Composer<'f> {
    pub(super) file: &'f MigrationFile,
    pub(super) history: &'f History,
    /// Statements that give the session its own settings again.
    pub(super) own_settings: &'f [String],
}

impl<'f> Composer<'f> {
    /// The whole file in one transaction with its history row. `at` is the time of it; `is_plain` is a file that leaves
    /// nothing in the session.
    pub(super) fn whole(
        &self,
        script: &'f Script,
        is_plain: bool,
        at: &str,
        limits: FileLimits,
    ) -> Message<'f> {
        let Self { file, history, own_settings } = *self;
        let mut before = vec![format!("{} BEGIN", mark(file.version, None))];
        before.extend(limits.sql());
        before.push(history.record_sql(file, at, checksum(file, history.width)));
        let mut behind = if is_plain { Vec::new() } else { leave(own_settings, limits) };
        if !script.is_understood() {
            behind.push(guard(history, file.version));
        }
        behind.push(history.note_sql(file, false));
        Message::new(file, Body::whole(file, script), &before, &behind)
    }

    /// A step that is a transaction, recorded as done in the same one.
    pub(super) fn together(&self, step: &Step<'f>, limits: FileLimits) -> Message<'f> {
        let Self { file, history, own_settings } = *self;
        let journal = Journal::new(history, file.version);
        let sql = &file.sql[step.range.clone()];
        let statements = match step.what {
            What::Transaction(statements) => statements,
            What::Alone(_) | What::Batches(_) => &[],
        };
        let mut before = vec![format!("{} BEGIN", mark(file.version, Some(step.number)))];
        before.extend(limits.sql());
        before.extend(journal.done_together_sql(step.number, sql));
        before.extend(step.settings.iter().cloned());
        let mut behind = leave(own_settings, limits);
        behind.push(journal.ended_sql(step.number));
        let body = Body { range: step.range.clone(), statements, understood: true };
        let record = before.len() - step.settings.len();
        Message::with_record(file, body, &before, &behind, record)
    }

    /// The history row of a file whose steps are all done.
    pub(super) fn record(&self, at: &str, limits: FileLimits) -> Message<'f> {
        let Self { file, history, .. } = *self;
        let mut before = vec![format!("{} BEGIN", mark(file.version, None))];
        before.extend(limits.sql());
        before.push(history.record_sql(file, at, checksum(file, history.width)));
        let body = Body { range: 0..0, statements: &[], understood: true };
        Message::new(file, body, &before, &[history.note_of_steps_sql(file)])
    }

    /// What a statement on its own needs of the session: the file's settings before it, and no short `lock_timeout` where
    /// the statement waits without keeping anybody out. It would end a wait for old snapshots, too, and leave an invalid
    /// index.
    pub(super) fn alone_settings(step: &Step<'_>, alone: &Standalone, limits: FileLimits) -> String {
        let waits_softly =
            !matches!(alone, Standalone::Repeatable | Standalone::Create(_) | Standalone::Drop(_));
        let lock = if waits_softly { Duration::ZERO } else { limits.lock };
        let work = if limits.has_statement { limits.statement } else { WORK_LIMIT };
        let mut sql = step.settings.clone();
        sql.push(format!("SET lock_timeout = {}", lock.as_millis()));
        sql.push(format!("SET statement_timeout = {}", work.as_millis()));
        sql.join(";\n")
    }

    /// A statement of a step, known again by its mark.
    pub(super) fn marked(&self, step: &Step<'_>, statement: &str) -> String {
        format!("{} {statement}", mark(self.file.version, Some(step.number)))
    }

    /// The statement of a step as it stands in the file, without its semicolon.
    pub(super) fn statement(file: &'f MigrationFile, step: &Step<'_>) -> &'f str {
        file.sql[step.range.clone()].trim_end().trim_end_matches(';')
    }

    /// The end of a batch: the cursor is moved, and the step ended with the last one if `is_done`.
    pub(super) fn batch_end(
        &self,
        step: &Step<'_>,
        cursor: Option<&[String]>,
        rows: impl Display,
        converges: Option<bool>,
        is_done: bool,
    ) -> String {
        let journal = Journal::new(self.history, self.file.version);
        let mut end = vec![journal.advance_sql(step.number, cursor, rows, converges)];
        if is_done {
            end.push(journal.done_sql(step.number));
        }
        if !step.settings.is_empty() {
            end.extend_from_slice(self.own_settings);
        }
        end.push("COMMIT".to_owned());
        end.join(";\n")
    }

    /// The beginning of a batch: the cursor is locked, and the end of a range of so many rows is found.
    pub(super) fn batch_start(
        &self,
        step: &Step<'_>,
        backfill: &Backfill,
        key: &Key,
        range: &str,
        rows: u32,
        limits: FileLimits,
    ) -> String {
        let [lock, statement] = limits.sql();
        format!(
            "BEGIN; {lock}; {statement};\n{}{};\nSELECT {} FROM {} AS {} WHERE {range} ORDER BY {} OFFSET {} LIMIT 1",
            step.settings_sql(),
            Journal::new(self.history, self.file.version).cursor_sql(step.number),
            key.texts(),
            backfill.table,
            backfill.correlation,
            key.columns(),
            rows.saturating_sub(1),
        )
    }
}

/// The limits of a batch: one that waits for a row keeps the rows it has from everybody else.
pub(super) fn batch_limits(limits: FileLimits, target: Duration) -> FileLimits {
    limits.with_lock(limits.lock.min(target))
}

/// Something for the journal, in a transaction of its own.
pub(super) fn journal_entry(limits: FileLimits, sql: &str) -> String {
    let [lock, statement] = limits.sql();
    format!("BEGIN; {lock}; {statement}; {sql}; COMMIT")
}

/// What ends a part of a file: the next one must not depend on which run it is part of. What was set ends with it; but what
/// was deferred belongs to it, and runs with its settings and within its limits.
fn leave(own_settings: &[String], limits: FileLimits) -> Vec<String> {
    let mut behind = vec!["SET CONSTRAINTS ALL IMMEDIATE".to_owned()];
    behind.extend_from_slice(own_settings);
    behind.extend(limits.sql());
    behind
}

/// Whether a file has plain definitions only, which leave nothing in the session and run no code of the user's.
pub(super) fn is_plain(effects: Option<&[Effect]>) -> bool {
    let defines = ["CREATE TABLE", "CREATE INDEX", "ALTER TABLE", "DROP TABLE", "DROP INDEX", "COMMENT"];
    let plain = |effect: &Effect| {
        !effect.session && !effect.opaque && defines.iter().any(|start| effect.command.starts_with(start))
    };
    effects.is_some_and(|effects| effects.iter().all(plain))
}
