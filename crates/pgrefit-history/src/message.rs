//! A migration, or a step of one, as one message to the server: `BEGIN`, the limits, its record, the statements, the
//! session's own settings again, pgrefit's notes, `COMMIT`.
//!
//! The server reads the whole message before it runs anything, runs its statements in order, and passes over the rest of
//! them at the first error: no statement of a file can ever run outside of the transaction, whatever fails, and a file
//! costs one round trip. An error has its place by the server's position or, if it has none, by the number of statements
//! that were completed before it.

use std::ops::Range;
use std::time::Duration;

use pgrefit_pg::{Error as PgError, ScriptError};
use pgrefit_sql::{Directive, Place, Script, Statement};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::{Bounds, Error, History, MigrationFile, StatementError};

/// The part of a file that a message runs.
#[derive(Debug, Clone)]
pub(crate) struct Body<'a> {
    /// Its bytes in the file.
    pub(crate) range: Range<usize>,
    pub(crate) statements: &'a [Statement],
    /// Whether the parser understood it.
    pub(crate) understood: bool,
}

/// A migration, or a part of one, ready to be sent.
pub(crate) struct Message<'a> {
    file: &'a MigrationFile,
    body: Body<'a>,
    /// The text as it is sent.
    pub(crate) sql: String,
    /// Which of the statements before those of the file is the record, from 1.
    record: usize,
    /// How many statements stand before those of the file.
    before: usize,
    /// How many stand behind them, before `COMMIT`.
    behind: usize,
    /// How many of those check what was deferred: it fails as the commit would.
    checks: usize,
    /// Where the file's text begins in `sql`, in bytes.
    start: usize,
}

/// The pieces of a message that can be sent one after the other, as bytes of it.
#[derive(Debug, Clone)]
pub(crate) struct Pieces {
    /// From `BEGIN` to the record, and what the file needs before its first statement.
    pub(crate) head: Range<usize>,
    /// How many statements that are.
    pub(crate) before: usize,
    /// The statements of the file: as bytes of the message, and of the file.
    pub(crate) statements: Vec<(Range<usize>, Range<usize>)>,
    /// The session's own settings and pgrefit's notes.
    pub(crate) tail: Range<usize>,
    /// How many statements that are.
    pub(crate) behind: usize,
    /// `COMMIT`.
    pub(crate) commit: Range<usize>,
}

impl<'a> Body<'a> {
    /// The whole file, without a byte order mark.
    pub(crate) fn whole(file: &MigrationFile, script: &'a Script) -> Self {
        let start = file.sql.len() - file.sql.trim_start_matches(BYTE_ORDER_MARK).len();
        Self {
            range: start..file.sql.len(),
            statements: script.statements(),
            understood: script.is_understood(),
        }
    }
}

impl<'a> Message<'a> {
    /// `before` begins with `BEGIN` and ends with the record; `COMMIT` follows `behind`. Each is one statement without its
    /// semicolon.
    pub(crate) fn new(file: &'a MigrationFile, body: Body<'a>, before: &[String], behind: &[String]) -> Self {
        Self::with_record(file, body, before, behind, before.len())
    }

    /// The same with the record at the place `record` of `before`, counted from 1.
    pub(crate) fn with_record(
        file: &'a MigrationFile,
        body: Body<'a>,
        before: &[String],
        behind: &[String],
        record: usize,
    ) -> Self {
        let head = before.join(";\n") + ";\n";
        let text = &file.sql[body.range.clone()];
        // The file may end in a comment, or without a semicolon.
        let sql = format!("{head}{text}{TEXT_END}{}{COMMIT}", behind.join(";\n"));
        let checks = behind.iter().take_while(|statement| statement.starts_with("SET CONSTRAINTS")).count();
        Self {
            file,
            body,
            sql,
            record,
            checks,
            before: before.len(),
            behind: behind.len(),
            start: head.len(),
        }
    }

    /// The message in pieces. What stands between the statements of the file, which is comments only, is left out.
    pub(crate) fn pieces(&self) -> Pieces {
        let Range { start, end } = self.body.range.clone();
        let tail = self.start + (end - start) + TEXT_END.len();
        let commit = self.sql.len() - COMMIT.len();
        let statement = |statement: &Statement| {
            let in_file = statement.range.start.max(start)..statement.range.end;
            (in_file.start - start + self.start..in_file.end - start + self.start, in_file)
        };
        Pieces {
            head: 0..self.start,
            before: self.before,
            statements: self.body.statements.iter().map(statement).collect(),
            tail: tail..commit,
            behind: self.behind,
            commit: commit + 1..self.sql.len(),
        }
    }

    /// Whether the error is that the record is there already: of a runner that was killed and whose last transaction has
    /// committed since.
    pub(crate) fn is_recorded_already(&self, error: &ScriptError) -> bool {
        error.completed == self.record - 1 && has_sqlstate(&error.source, "23505")
    }

    /// Whether the parser understood the text.
    pub(crate) fn is_understood(&self) -> bool {
        self.body.understood
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
            return statement_error(self.file, offset, source);
        }
        let Some(index) = completed.checked_sub(self.before) else { return step("begin", source) };
        if !self.body.understood {
            return if has_sqlstate(&source, GUARD_SQLSTATE) {
                Error::EndedTransaction { path: self.file.path.clone() }
            } else {
                // Nobody can tell which statement it was.
                statement_error(self.file, 0, source)
            };
        }
        let statements = self.body.statements;
        match statements.get(index) {
            Some(statement) => statement_error(self.file, statement.range.start, source),
            None if index >= statements.len() + self.checks && index < statements.len() + self.behind => {
                step("record", source)
            }
            None => step("commit", source),
        }
    }

    /// The byte of the file that the server's position points to, if it points into the file.
    fn place_in_file(&self, error: &PgError) -> Option<usize> {
        let position = error.server()?.position?;
        let offset = Place::byte_of_server_position(&self.sql, position).checked_sub(self.start)?;
        (offset <= self.body.range.len()).then_some(self.body.range.start + offset)
    }
}

/// The failure of the statement at a byte of the file.
pub(crate) fn statement_error(file: &MigrationFile, offset: usize, source: PgError) -> Error {
    let place = Place::of_byte(&file.sql, offset);
    Error::Statement(Box::new(StatementError {
        title: file.title(),
        path: file.path.clone(),
        place,
        line: place.line_of(&file.sql).to_owned(),
        blockers: Vec::new(),
        source,
    }))
}

/// Between the text of the file and what stands behind it.
const TEXT_END: &str = "\n;\n";
const COMMIT: &str = ";\nCOMMIT";

const BYTE_ORDER_MARK: char = '\u{feff}';

/// The time limits of a file: its directives, else those of the run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FileLimits {
    pub(crate) lock: Duration,
    pub(crate) statement: Duration,
    /// Whether the file itself limits its statements.
    pub(crate) has_statement: bool,
}

impl FileLimits {
    pub(crate) fn of(file: &MigrationFile, bounds: &Bounds) -> Self {
        let mut limits =
            Self { lock: bounds.lock_timeout, statement: bounds.statement_timeout, has_statement: false };
        for directive in file.directives() {
            match directive {
                Directive::LockTimeout(duration) => limits.lock = duration,
                Directive::StatementTimeout(duration) => {
                    (limits.statement, limits.has_statement) = (duration, true);
                }
                Directive::Allow(_)
                | Directive::Changes(_)
                | Directive::Phase(_)
                | Directive::Backfill(_) => {}
            }
        }
        limits
    }

    /// With another limit for locks.
    pub(crate) fn with_lock(self, lock: Duration) -> Self {
        Self { lock, ..self }
    }

    /// Statements that set them for a transaction.
    pub(crate) fn sql(self) -> [String; 2] {
        [
            format!("SET LOCAL lock_timeout = {}", self.lock.as_millis()),
            format!("SET LOCAL statement_timeout = {}", self.statement.as_millis()),
        ]
    }
}

/// `invalid_argument_for_width_bucket_function`: no migration fails with it by chance.
const GUARD_SQLSTATE: &str = "2201G";

/// A statement that fails unless the transaction is still the one that recorded the version. For texts that the parser
/// did not understand, which may have ended it; nothing that such a text does can make the statement pass.
pub(crate) fn guard(history: &History, version: i64) -> String {
    format!(
        "SELECT pg_catalog.width_bucket(1, 0, 2, (SELECT count(*)::int FROM {} \
         WHERE version = {version} AND xmin = pg_catalog.pg_current_xact_id()::xid))",
        history.qualified()
    )
}

pub(crate) fn has_sqlstate(error: &PgError, sqlstate: &str) -> bool {
    error.server().is_some_and(|server| server.sqlstate == sqlstate)
}

/// The time as refinery writes it.
pub(crate) fn now() -> String {
    OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default()
}
