//! The journal of files that do not run in one transaction: which of their statements were begun, and which are done.
//!
//! It is a table beside the history, written before and after each step. It says what this program meant to do; what
//! became of it is asked of the catalog.

use std::collections::BTreeMap;
use std::fmt::Display;

use pgrefit_pg::SimpleRow;

use crate::table::{Ask, literal, quoted};
use crate::{Error, History};

/// The table of the journal, in the schema of the history table.
pub const JOURNAL_TABLE: &str = "pgrefit_step";

/// How far one step has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepState {
    /// Begun; whether it took effect is not known.
    Begun,
    /// It ended with an error, and what it left was removed.
    Failed,
    /// Done.
    Done,
}

/// What the journal says of one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) state: StepState,
    /// The text of the step's statements when it was begun.
    pub(crate) sql: String,
    /// The key of the last row of the last batch; none before the first one, or when it is no backfill.
    pub(crate) cursor: Option<Vec<String>>,
    /// The key of the last row there was when this way through the table began.
    pub(crate) last: Option<Vec<String>>,
    /// How many rows the batches have written.
    pub(crate) rows: u64,
    /// Whether a row that was done is no longer wanted by the statement's own condition, as far as that was seen.
    pub(crate) converges: Option<bool>,
}

/// The journal of one version.
pub(crate) struct Journal<'a> {
    history: &'a History,
    version: i64,
}

impl<'a> Journal<'a> {
    pub(crate) fn new(history: &'a History, version: i64) -> Self {
        Self { history, version }
    }

    /// SQL that creates the table where it is missing.
    pub(crate) fn create_sql(history: &History) -> String {
        format!(
            "CREATE TABLE IF NOT EXISTS {} (version int8 NOT NULL, statement int4 NOT NULL, sql text NOT NULL, \
             state text NOT NULL CHECK (state IN ('begun', 'failed', 'done')), attempt int4 NOT NULL DEFAULT 1, \
             begun_at timestamptz NOT NULL DEFAULT clock_timestamp(), ended_at timestamptz, error text, cursor jsonb, \
             last jsonb, rows int8 NOT NULL DEFAULT 0, converges boolean, PRIMARY KEY (version, statement));\n",
            history.journal()
        )
    }

    /// What is recorded, by the number of the step's first statement.
    pub(crate) async fn read(&self, session: &mut impl Ask) -> Result<BTreeMap<i32, Entry>, Error> {
        let sql = format!(
            "SELECT statement, state, sql, cursor, last, rows, converges FROM {} WHERE version = {}",
            self.history.journal(),
            self.version
        );
        Ok(session.ask(&sql).await?.into_iter().filter_map(entry).collect())
    }

    /// SQL that records a step as begun, once more if it was begun before.
    pub(crate) fn begin_sql(&self, statement: i32, sql: &str) -> String {
        format!(
            "INSERT INTO {table} AS s (version, statement, sql, state) VALUES ({}, {statement}, {}, 'begun') \
             ON CONFLICT (version, statement) DO UPDATE SET state = 'begun', sql = excluded.sql, \
             attempt = s.attempt + 1, begun_at = excluded.begun_at, ended_at = NULL, error = NULL \
             WHERE s.state <> 'done'",
            self.version,
            literal(sql),
            table = self.history.journal(),
        )
    }

    /// SQL that records a step as done together with its statements. A step that another session has recorded meanwhile is
    /// a unique violation.
    pub(crate) fn done_together_sql(&self, statement: i32, sql: &str) -> [String; 2] {
        let table = self.history.journal();
        let forget = format!(
            "DELETE FROM {table} WHERE version = {} AND statement = {statement} AND state <> 'done'",
            self.version
        );
        let record = format!(
            "INSERT INTO {table} (version, statement, sql, state, begun_at) \
             VALUES ({}, {statement}, {}, 'done', now())",
            self.version,
            literal(sql)
        );
        [forget, record]
    }

    /// SQL that sets when the step ended.
    pub(crate) fn ended_sql(&self, statement: i32) -> String {
        self.update_sql(statement, "ended_at = clock_timestamp()")
    }

    /// SQL that records a begun step as done.
    pub(crate) fn done_sql(&self, statement: i32) -> String {
        self.update_sql(statement, "state = 'done', ended_at = clock_timestamp(), error = NULL")
    }

    /// SQL that records a step as done that was found to be done.
    pub(crate) fn found_done_sql(&self, statement: i32, sql: &str) -> String {
        format!("{}; {}", self.begin_sql(statement, sql), self.done_sql(statement))
    }

    /// SQL that records a step as failed, with nothing of it left.
    pub(crate) fn failed_sql(&self, statement: i32, error: &str) -> String {
        self.update_sql(
            statement,
            &format!("state = 'failed', ended_at = clock_timestamp(), error = {}", literal(error)),
        )
    }

    /// SQL that keeps why a step that stays begun has ended for now.
    pub(crate) fn interrupted_sql(&self, statement: i32, error: &str) -> String {
        self.update_sql(statement, &format!("ended_at = clock_timestamp(), error = {}", literal(error)))
    }

    /// SQL that locks the row of a backfill and returns its cursor, and whether it is done: a batch of a runner that was
    /// killed a moment ago is waited for.
    pub(crate) fn cursor_sql(&self, statement: i32) -> String {
        format!(
            "SELECT cursor, state = 'done' FROM {} WHERE version = {} AND statement = {statement} FOR UPDATE",
            self.history.journal(),
            self.version
        )
    }

    /// SQL that begins a way through the table, up to the row with this key.
    pub(crate) fn pass_sql(&self, statement: i32, last: Option<&[String]>) -> String {
        self.update_sql(statement, &format!("cursor = NULL, last = {}", key_sql(last)))
    }

    /// SQL that moves the cursor of a backfill behind a batch.
    pub(crate) fn advance_sql(
        &self,
        statement: i32,
        cursor: Option<&[String]>,
        rows: impl Display,
        converges: Option<bool>,
    ) -> String {
        let cursor = key_sql(cursor);
        let converges = converges.map_or("NULL", |converges| if converges { "true" } else { "false" });
        self.update_sql(
            statement,
            &format!("cursor = {cursor}, rows = rows + {rows}, converges = coalesce({converges}, converges)"),
        )
    }

    fn update_sql(&self, statement: i32, set: &str) -> String {
        format!(
            "UPDATE {} SET {set} WHERE version = {} AND statement = {statement}",
            self.history.journal(),
            self.version
        )
    }
}

impl History {
    /// The journal's full, quoted name.
    pub(crate) fn journal(&self) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(JOURNAL_TABLE))
    }
}

fn key_sql(key: Option<&[String]>) -> String {
    key.map_or("NULL".to_owned(), |key| {
        let parts: Vec<String> = key.iter().map(|part| literal(part)).collect();
        format!("to_jsonb(ARRAY[{}]::text[])", parts.join(", "))
    })
}

/// A cursor as the journal keeps it: a JSON array of texts.
pub(crate) fn cursor(text: &str) -> Option<Vec<String>> {
    serde_json::from_str(text).ok()
}

fn entry(row: SimpleRow) -> Option<(i32, Entry)> {
    let [statement, state, sql, found_cursor, last, rows, converges] = <[_; 7]>::try_from(row).ok()?;
    let state = match state?.as_str() {
        "done" => StepState::Done,
        "failed" => StepState::Failed,
        _ => StepState::Begun,
    };
    let entry = Entry {
        state,
        sql: sql?,
        cursor: found_cursor.as_deref().and_then(cursor),
        last: last.as_deref().and_then(cursor),
        rows: rows?.parse().ok()?,
        converges: converges.map(|text| text == "t"),
    };
    Some((statement?.parse().ok()?, entry))
}

#[cfg(test)]
mod tests {
    use super::{StepState, cursor, entry};

    #[test]
    fn a_row_is_read() {
        let cells = [
            Some("3"),
            Some("begun"),
            Some("UPDATE t"),
            Some(r#"["a\"b", "2"]"#),
            None,
            Some("7"),
            Some("t"),
        ];
        let (statement, found) = entry(cells.iter().map(|cell| cell.map(str::to_owned)).collect()).unwrap();
        assert_eq!(
            (statement, found.state, found.rows, found.converges),
            (3, StepState::Begun, 7, Some(true))
        );
        assert_eq!(found.cursor, Some(vec!["a\"b".to_owned(), "2".to_owned()]));
        assert_eq!(cursor("not json"), None);
    }
}
