//! The record of whole runs: what was decided, how it ended, and which evidence belongs to it. It stands in the database, so
//! that it outlives the machine that ran, and an exporter can read it.

use std::fmt::Write as _;
use std::time::Duration;

use pgrefit_pg::{Connector, Error as PgError, Migrator, ReadOnly, RunnerLock, SimpleRow};

use crate::table::{TOOL, fields, literal, quoted};
use crate::{Error, History};

/// One row a run.
pub const RUN_TABLE: &str = "pgrefit_run";
/// One row a stage of a run.
pub const RUN_STEP_TABLE: &str = "pgrefit_run_step";
/// The exit code of a run whose verification failed, for runs that could not record their own.
pub const NOT_VERIFIED: u8 = 15;
/// The exit code that asks for the same run again, for the same.
pub const TRY_AGAIN: u8 = 75;
/// So many runs without success are looked at.
const BEGUN_MAX: u8 = 20;

/// A run that begins to change the database.
#[derive(Debug, Clone)]
pub struct RunBegins<'a> {
    /// Its name, unique.
    pub id: &'a str,
    /// Which environment the policy took the database for.
    pub environment: &'a str,
    /// The version that the database is at; nothing for none.
    pub from_version: Option<i64>,
    /// Which pgrefit.
    pub tool: &'a str,
}

/// A run that has ended.
#[derive(Debug, Clone)]
pub struct RunEnds<'a> {
    /// Its name.
    pub id: &'a str,
    /// The code that the process ends with.
    pub exit_code: u8,
    /// The judgement in one sentence.
    pub summary: &'a str,
    /// The version that the database is at now; nothing for none.
    pub to_version: Option<i64>,
    /// How many migrations it has applied.
    pub applied: usize,
    /// SHA-256 of its evidence, in hex digits.
    pub evidence: &'a str,
    /// Its stages, in order.
    pub steps: &'a [RunStep],
}

/// How a run has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastRun {
    /// Its name.
    pub id: String,
    /// The code that its process ended with.
    pub exit_code: u8,
    /// The judgement in one sentence.
    pub summary: String,
}

/// A run as its record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRecord {
    /// Its name.
    pub id: String,
    /// When it began, in seconds since 1970.
    pub started: i64,
    /// When it ended; nothing if it has not.
    pub finished: Option<i64>,
    /// For how many seconds it has not ended, by the server's clock; 0 if it has.
    pub unfinished_for: u64,
    /// The code that its process ended with.
    pub exit_code: Option<u8>,
    /// The judgement in one sentence.
    pub summary: String,
    /// The version that it came from.
    pub from_version: Option<i64>,
    /// The version that it came to.
    pub to_version: Option<i64>,
    /// How many migrations it has applied.
    pub applied: Option<u32>,
    /// SHA-256 of its evidence, in hex digits.
    pub evidence: Option<String>,
}

/// A run that began to change the database, and neither it nor one since has ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BegunRun {
    /// When it began, by the server's clock, in milliseconds since 1970.
    pub at_ms: i64,
    /// The version that the database was at then; nothing for none.
    pub from_version: Option<i64>,
}

/// The record of a run that was killed, as it was closed by a later one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedRun {
    /// Its name.
    pub id: String,
    /// Whether versions were applied since it began, which it did not verify.
    pub has_applied: bool,
}

/// A stage of a run.
#[derive(Debug, Clone)]
pub struct RunStep {
    /// Which one, such as `rehearse`.
    pub name: String,
    /// How it ended, such as `pass`.
    pub status: String,
    /// When it began, in milliseconds from the start of the run; nothing if it did not run.
    pub began_ms: Option<u64>,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<u64>,
    /// What came of it, in one sentence.
    pub summary: String,
}

/// Records that a run begins to change the database. Makes both tables where they are missing, in the schema of the history
/// table.
///
/// Locks: ROW EXCLUSIVE on the table of runs; that of `CREATE TABLE` on the schema.
///
/// # Errors
/// What the server says.
pub async fn begin_run(connector: &Connector, table: &str, run: &RunBegins<'_>) -> Result<(), Error> {
    let history = History::read(&mut connector.read_only().await?, table).await?;
    let from = run.from_version.map_or_else(|| "NULL".to_owned(), |version| version.to_string());
    let insert = format!(
        "INSERT INTO {} (id, environment, from_version, tool) VALUES ({}, {}, {from}, {})",
        history.of_runs(RUN_TABLE),
        literal(run.id),
        literal(run.environment),
        literal(run.tool),
    );
    let mut session = connector.migrator().await?;
    write(&mut session, &format!("{};\n{insert}", history.create_runs_sql())).await
}

/// Records how a run has ended, with its stages.
///
/// Locks: ROW EXCLUSIVE on both tables.
///
/// # Errors
/// What the server says.
pub async fn end_run(connector: &Connector, table: &str, run: &RunEnds<'_>) -> Result<(), Error> {
    let history = History::read(&mut connector.read_only().await?, table).await?;
    let to = run.to_version.map_or_else(|| "NULL".to_owned(), |version| version.to_string());
    let mut sql = format!(
        "UPDATE {} SET finished_at = pg_catalog.clock_timestamp(), exit_code = {}, summary = {}, to_version = {to}, \
         applied = {}, evidence_sha256 = {} WHERE id = {}",
        history.of_runs(RUN_TABLE),
        run.exit_code,
        literal(run.summary),
        run.applied,
        literal(run.evidence),
        literal(run.id),
    );
    let number = |value: Option<u64>| value.map_or_else(|| "NULL".to_owned(), |value| value.to_string());
    for (index, step) in run.steps.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = write!(
            sql,
            ";\nINSERT INTO {} (run, number, name, status, began_ms, duration_ms, summary) \
             VALUES ({}, {}, {}, {}, {}, {}, {})",
            history.of_runs(RUN_STEP_TABLE),
            literal(run.id),
            index + 1,
            literal(&step.name),
            literal(&step.status),
            number(step.began_ms),
            number(step.duration_ms),
            literal(&step.summary),
        );
    }
    write(&mut connector.migrator().await?, &sql).await
}

/// Closes the records of runs that did not come to their end, as when their process was killed: with the code for a verification
/// that failed where versions were applied since such a run began, else with the code for trying again.
///
/// Does so only while it holds the runner lock, without waiting for it: whoever applies or verifies holds that lock, so a run whose
/// record is open meanwhile is dead, or has not begun to apply, or is about to write its end, which overwrites what is written here.
///
/// Reads the history and the table of runs. Where a record is open: one more session, the runner lock, ROW EXCLUSIVE on the table
/// of runs.
///
/// # Errors
/// What the server says; that another runner is at work is none, and nothing is closed then.
pub async fn close_killed_runs(connector: &Connector, table: &str) -> Result<Vec<ClosedRun>, Error> {
    let mut session = connector.read_only().await?;
    let history = History::read(&mut session, table).await?;
    if !history.has_runs {
        return Ok(Vec::new());
    }
    let runs = history.of_runs(RUN_TABLE);
    let open = format!("SELECT FROM {runs} WHERE finished_at IS NULL LIMIT 1");
    if session.simple(&open).await?.is_empty() {
        return Ok(Vec::new());
    }
    let lock = match RunnerLock::acquire(connector, Duration::ZERO, |_| {}).await {
        Err(PgError::RunnerLockHeld { .. }) => return Ok(Vec::new()),
        other => other?,
    };
    let sql = format!(
        "UPDATE {runs} r SET finished_at = pg_catalog.clock_timestamp(), to_version = h.now, \
         exit_code = CASE WHEN h.now IS DISTINCT FROM r.from_version THEN {NOT_VERIFIED} ELSE {TRY_AGAIN} END, \
         summary = CASE WHEN h.now IS DISTINCT FROM r.from_version \
         THEN 'did not come to its end, and has not verified what was applied' ELSE 'did not come to its end' END \
         FROM (SELECT max(version)::int8 AS now FROM {}) h WHERE r.finished_at IS NULL \
         RETURNING r.id, CASE WHEN r.exit_code = {NOT_VERIFIED} THEN 1 END",
        history.qualified()
    );
    let closed = connector.migrator().await?.simple(&sql).await?;
    // What was to be done is done; the server gives the lock back in any case.
    let _ = lock.release().await;
    let closed = closed.into_iter().filter_map(|row| {
        let [id, has_applied] = fields(row);
        Some(ClosedRun { id: id?, has_applied: has_applied.is_some() })
    });
    Ok(closed.collect())
}

/// The runs since the last one that ended well, the oldest first; of many, the newest [`BEGUN_MAX`].
///
/// Reads the table of runs, if there is one that the role may read; locks: ACCESS SHARE.
///
/// # Errors
/// What the server says.
pub async fn runs_without_success(session: &ReadOnly, history: &History) -> Result<Vec<BegunRun>, Error> {
    if !history.has_runs {
        return Ok(Vec::new());
    }
    let runs = history.of_runs(RUN_TABLE);
    let may =
        format!("SELECT FROM (VALUES (has_table_privilege({}, 'SELECT'))) v (may) WHERE may", literal(&runs));
    if session.simple(&may).await?.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT (extract(epoch FROM started_at) * 1000)::int8, from_version FROM {runs} \
         WHERE started_at > coalesce((SELECT max(started_at) FROM {runs} WHERE exit_code = 0), '-infinity') \
         ORDER BY started_at DESC LIMIT {BEGUN_MAX}"
    );
    let begun = session.simple(&sql).await?.into_iter().rev().filter_map(|row| {
        let [at, from] = fields(row);
        Some(BegunRun { at_ms: at?.parse().ok()?, from_version: from.and_then(|text| text.parse().ok()) })
    });
    Ok(begun.collect())
}

/// Records that a person has looked at a run whose verification failed, and takes the database as it is for good: as a run of its
/// own that applied nothing and ended well. Returns whether that is recorded now.
///
/// Locks: ROW EXCLUSIVE on the table of runs.
///
/// # Errors
/// What the server says.
pub async fn accept_run(connector: &Connector, table: &str, run: &LastRun) -> Result<bool, Error> {
    let history = History::read(&mut connector.read_only().await?, table).await?;
    if !history.has_runs {
        return Ok(false);
    }
    let runs = history.of_runs(RUN_TABLE);
    let sql = format!(
        "INSERT INTO {runs} (id, finished_at, environment, from_version, to_version, applied, exit_code, summary, tool) \
         SELECT id || '-accepted', pg_catalog.clock_timestamp(), environment, to_version, to_version, 0, 0, \
         'accepted by ' || session_user || ': ' || id || ' had ended with ' || exit_code, {} \
         FROM {runs} WHERE id = {} AND exit_code = {NOT_VERIFIED} ON CONFLICT DO NOTHING RETURNING id",
        literal(TOOL),
        literal(&run.id),
    );
    Ok(!connector.migrator().await?.simple(&sql).await?.is_empty())
}

/// How the last run that has ended did so; nothing if there was none.
///
/// Reads the table of runs, if there is one; locks: ACCESS SHARE.
///
/// # Errors
/// What the server says.
pub async fn last_run(session: &ReadOnly, history: &History) -> Result<Option<LastRun>, Error> {
    if !history.has_runs {
        return Ok(None);
    }
    let sql = format!(
        "SELECT id, exit_code, coalesce(summary, '') FROM {} WHERE finished_at IS NOT NULL ORDER BY finished_at DESC LIMIT 1",
        history.of_runs(RUN_TABLE)
    );
    let mut values = session.simple(&sql).await?.into_iter().flatten().flatten();
    let mut next = || values.next();
    let run = next().zip(next()).zip(next());
    Ok(run.and_then(|((id, exit_code), summary)| {
        Some(LastRun { id, exit_code: exit_code.parse().ok()?, summary })
    }))
}

/// The newest runs, at most `limit`, and when one last ended with exit code 0, in seconds since 1970.
///
/// Reads the table of runs, if there is one; locks: ACCESS SHARE.
///
/// # Errors
/// What the server says.
pub async fn recent_runs(
    session: &ReadOnly,
    history: &History,
    limit: u16,
) -> Result<(Vec<RunRecord>, Option<i64>), Error> {
    if !history.has_runs {
        return Ok((Vec::new(), None));
    }
    let table = history.of_runs(RUN_TABLE);
    let sql = format!(
        "SELECT id, extract(epoch FROM started_at)::int8, extract(epoch FROM finished_at)::int8, \
         CASE WHEN finished_at IS NULL THEN greatest(extract(epoch FROM pg_catalog.clock_timestamp() - started_at)::int8, 0) ELSE 0 END, \
         exit_code, coalesce(pg_catalog.left(summary, 500), ''), from_version, to_version, applied, evidence_sha256 \
         FROM {table} ORDER BY started_at DESC LIMIT {limit}"
    );
    let runs = session.simple(&sql).await?.into_iter().filter_map(run_record).collect();
    let sql = format!("SELECT extract(epoch FROM max(finished_at))::int8 FROM {table} WHERE exit_code = 0");
    let success = session.simple(&sql).await?.into_iter().flatten().flatten().next();
    Ok((runs, success.and_then(|text| text.parse().ok())))
}

fn run_record(row: SimpleRow) -> Option<RunRecord> {
    let [id, started, finished, unfinished_for, exit_code, summary, from, to, applied, evidence] =
        fields(row);
    Some(RunRecord {
        id: id?,
        started: started?.parse().ok()?,
        finished: finished.and_then(|text| text.parse().ok()),
        unfinished_for: unfinished_for?.parse().ok()?,
        exit_code: exit_code.and_then(|text| text.parse().ok()),
        summary: summary.unwrap_or_default(),
        from_version: from.and_then(|text| text.parse().ok()),
        to_version: to.and_then(|text| text.parse().ok()),
        applied: applied.and_then(|text| text.parse().ok()),
        evidence,
    })
}

async fn write(session: &mut Migrator, sql: &str) -> Result<(), Error> {
    session.script(&format!("BEGIN;\n{sql};\nCOMMIT")).await.map_err(|error| error.source.into())
}

impl History {
    /// The full, quoted name of a table with the record of runs.
    fn of_runs(&self, table: &str) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(table))
    }

    fn create_runs_sql(&self) -> String {
        let (run, step) = (self.of_runs(RUN_TABLE), self.of_runs(RUN_STEP_TABLE));
        format!(
            "CREATE TABLE IF NOT EXISTS {run} (id text PRIMARY KEY, \
             started_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(), finished_at timestamptz, \
             environment text NOT NULL, from_version int8, to_version int8, applied int4, exit_code int2, summary text, \
             evidence_sha256 text, started_by text NOT NULL DEFAULT session_user, tool text NOT NULL);\n\
             CREATE TABLE IF NOT EXISTS {step} (run text NOT NULL REFERENCES {run}, number int4 NOT NULL, \
             name text NOT NULL, status text NOT NULL, began_ms int8, duration_ms int8, summary text NOT NULL, \
             PRIMARY KEY (run, number))"
        )
    }
}
