//! One migration as one message to the server: `BEGIN`, the limits, the history row, the file, the session's own settings
//! again, pgrefit's notes, `COMMIT`.
//!
//! The server reads the whole message before it runs anything, runs its statements in order, and passes over the rest of
//! them at the first error: no statement of a file can ever run outside of the transaction, whatever fails, and a file
//! costs one round trip. An error has its place by the server's position or, if it has none, by the number of statements
//! that were completed before it.

use pgrefit_pg::{Error as PgError, Migrator, ScriptError};
use pgrefit_sql::{Directive, Place, Script};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::{Bounds, Error, History, MigrationFile, StatementError, checksum};

/// A migration ready to be sent.
pub(crate) struct Message<'a> {
    file: &'a MigrationFile,
    script: &'a Script,
    /// The text as it is sent.
    pub(crate) sql: String,
    /// How many statements stand before those of the file.
    before: usize,
    /// How many stand behind them, before `COMMIT`.
    behind: usize,
    /// Where the file's text begins in `sql`, in bytes, its byte order mark counted as if it were there.
    start: usize,
}

impl<'a> Message<'a> {
    pub(crate) fn new(
        session: &Migrator,
        history: &History,
        file: &'a MigrationFile,
        script: &'a Script,
        bounds: Bounds,
    ) -> Self {
        let mut before = vec!["BEGIN".to_owned()];
        before.extend(limits(file, bounds));
        before.push(history.record_sql(file, &now(), checksum(file, history.width)));
        // What the file has set ends with it: the next file must not depend on which run it is part of.
        // But what it has deferred belongs to it, and runs with its settings and within its limits.
        let mut behind = vec!["SET CONSTRAINTS ALL IMMEDIATE".to_owned()];
        behind.extend_from_slice(session.own_settings());
        behind.extend(limits(file, bounds));
        if !script.is_understood() {
            behind.push(guard(history, file.version));
        }
        behind.push(history.note_sql(file, false));
        let head = before.join(";\n") + ";\n";
        let text = file.sql.trim_start_matches(BYTE_ORDER_MARK);
        // The file may end in a comment, or without a semicolon.
        let sql = format!("{head}{text}\n;\n{};\nCOMMIT", behind.join(";\n"));
        let start = head.len() - (file.sql.len() - text.len());
        Self { file, script, sql, before: before.len(), behind: behind.len(), start }
    }

    /// Whether the error is that the version is recorded already: by a runner that was killed and whose last transaction
    /// has committed since.
    pub(crate) fn is_recorded_already(&self, error: &ScriptError) -> bool {
        error.completed == self.before - 1 && has_sqlstate(&error.source, "23505")
    }

    /// Whether the transaction came as far as the file.
    pub(crate) fn reached_file(&self, error: &ScriptError) -> bool {
        error.completed >= self.before
    }

    /// The error with its place.
    pub(crate) fn explain(&self, error: ScriptError) -> Error {
        let ScriptError { completed, source } = error;
        let step = |what, source| Error::Commit { what, title: self.file.title(), source };
        // A syntax error has its place too, although nothing was run.
        if let Some(offset) = self.place_in_file(&source) {
            return self.statement_error(offset, source);
        }
        let Some(index) = completed.checked_sub(self.before) else { return step("begin", source) };
        if !self.script.is_understood() {
            return if has_sqlstate(&source, GUARD_SQLSTATE) {
                Error::EndedTransaction { path: self.file.path.clone() }
            } else {
                // Nobody can tell which statement it was.
                self.statement_error(0, source)
            };
        }
        let statements = self.script.statements();
        match statements.get(index) {
            Some(statement) => self.statement_error(statement.range.start, source),
            None if index > statements.len() && index < statements.len() + self.behind => {
                step("record", source)
            }
            None => step("commit", source),
        }
    }

    /// The byte of the file that the server's position points to, if it points into the file.
    fn place_in_file(&self, error: &PgError) -> Option<usize> {
        let position = error.server()?.position?;
        let offset = Place::byte_of_server_position(&self.sql, position).checked_sub(self.start)?;
        (offset <= self.file.sql.len()).then_some(offset)
    }

    fn statement_error(&self, offset: usize, source: PgError) -> Error {
        let place = Place::of_byte(&self.file.sql, offset);
        Error::Statement(Box::new(StatementError {
            title: self.file.title(),
            path: self.file.path.clone(),
            place,
            line: place.line_of(&self.file.sql).to_owned(),
            source,
        }))
    }
}

const BYTE_ORDER_MARK: char = '\u{feff}';

/// The time limits of a file: its directives, else those of the run.
fn limits(file: &MigrationFile, bounds: Bounds) -> [String; 2] {
    let (mut lock, mut statement) = (bounds.lock_timeout, bounds.statement_timeout);
    for directive in file.directives() {
        match directive {
            Directive::LockTimeout(duration) => lock = duration,
            Directive::StatementTimeout(duration) => statement = duration,
            Directive::Changes(_) | Directive::Phase(_) => {}
        }
    }
    [
        format!("SET LOCAL lock_timeout = {}", lock.as_millis()),
        format!("SET LOCAL statement_timeout = {}", statement.as_millis()),
    ]
}

/// `invalid_argument_for_width_bucket_function`: no migration fails with it by chance.
const GUARD_SQLSTATE: &str = "2201G";

/// A statement that fails unless the transaction is still the one that recorded the version. For texts that the parser
/// did not understand, which may have ended it; nothing that such a text does can make the statement pass.
fn guard(history: &History, version: i64) -> String {
    format!(
        "SELECT pg_catalog.width_bucket(1, 0, 2, (SELECT count(*)::int FROM {} \
         WHERE version = {version} AND xmin = pg_catalog.pg_current_xact_id()::xid))",
        history.qualified()
    )
}

fn has_sqlstate(error: &PgError, sqlstate: &str) -> bool {
    error.server().is_some_and(|server| server.sqlstate == sqlstate)
}

/// The time as refinery writes it.
pub(crate) fn now() -> String {
    OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default()
}
