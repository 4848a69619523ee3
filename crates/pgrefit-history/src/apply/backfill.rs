//! A statement in batches over ranges of a key, each a transaction of its own.
//!
//! The journal's cursor moves in the same transaction as the rows, so that each row is done exactly once, whatever is
//! killed. The size of a batch follows the time it takes; pauses follow the pressure on the server; replicas are waited
//! for. A batch has three messages: open (the cursor is locked and the end of the range found), work, commit.

mod key;

use std::time::{Duration, Instant};

use pgrefit_pg::{Error as PgError, SimpleRow};
use pgrefit_sql::{Backfill, Place};

use super::attend::Ended;
use super::crew::{Crew, Settled, is_lockout, mark};
use super::pace::Pace;
use super::patience::Patience;
use super::{Batches, Event};
use crate::course::Step;
use crate::journal::{self, Journal};
use crate::message::{FileLimits, statement_error};
use crate::table::literal;
use crate::{Error, MigrationFile};
use key::Key;

/// So many times a table is gone through again, when rows that the statement wants have appeared behind the cursor.
const PASSES_MAX: u32 = 5;
/// Between two looks at replicas, and two probes.
const LOOK_INTERVAL: Duration = Duration::from_millis(250);
const REPORT_INTERVAL: Duration = Duration::from_secs(5);

/// A backfill on its way.
struct Run<'x> {
    file: &'x MigrationFile,
    step: &'x Step<'x>,
    backfill: &'x Backfill,
    journal: &'x Journal<'x>,
    title: String,
    limits: FileLimits,
    lag_max: Duration,
    key: Key,
    pace: Pace,
    /// The key of the last row that is done in this pass.
    cursor: Option<Vec<String>>,
    /// The key of the last row there was when this pass began: rows that come behind it are no reason to go on for ever.
    end: Option<Vec<String>>,
    /// Whether rows that are done are no longer wanted, as far as that was seen.
    converges: Option<bool>,
    written: u64,
    /// Rows looked at in this pass, by this run.
    scanned: u64,
    /// The server's estimate of all rows; 0 when the pass was begun by an earlier run.
    total: u64,
    begun: Instant,
    looked: Option<Instant>,
    probe: Option<Duration>,
}

/// What became of one batch.
enum Batch {
    /// Committed, and there are more rows.
    More,
    /// Committed, and it was the last one.
    Last,
    /// Not committed: try again.
    Again,
}

/// What opening a batch comes to.
enum Opened {
    /// It is open.
    Open(Open),
    /// The cursor is not where this run left it: a batch whose answer was lost had been committed. From there again.
    Moved,
    /// That batch was the last one, and has ended the step.
    Done,
}

/// An open batch.
struct Open {
    range: String,
    to: Option<Vec<String>>,
    rows: u32,
}

impl Crew<'_, '_> {
    /// Runs a statement in batches, from where an earlier run has ended. `batches` counts them.
    pub(super) async fn run_batches(
        &mut self,
        file: &MigrationFile,
        step: &Step<'_>,
        backfill: &Backfill,
        journal: &Journal<'_>,
        patience: &mut Patience,
        batches: &mut Batches,
    ) -> Result<(), Error> {
        let mut run = self.start_batches(file, step, backfill, journal).await?;
        for pass in 1.. {
            self.pass(&mut run, patience, batches).await?;
            if run.converges != Some(true) {
                return Ok(());
            }
            if !self.rows_remain(&run).await? {
                break;
            }
            if pass == PASSES_MAX {
                return Err(Error::RowsLeft {
                    title: run.title,
                    table: backfill.table.clone(),
                    passes: pass,
                });
            }
            (run.cursor, run.scanned, run.begun) = (None, 0, Instant::now());
            let again = journal.advance_sql(step.number, None, 0, None);
            self.write(&run, &again).await?;
        }
        self.write(&run, &journal.done_sql(step.number)).await
    }

    async fn start_batches<'x>(
        &mut self,
        file: &'x MigrationFile,
        step: &'x Step<'x>,
        backfill: &'x Backfill,
        journal: &'x Journal<'x>,
    ) -> Result<Run<'x>, Error> {
        let title = file.title();
        let limits = FileLimits::of(file, &self.bounds);
        // The names in the statement may need the file's own search_path.
        let rows = self.read_with(step, &Key::query(&backfill.table)).await?;
        let place = || Place::of_byte(&file.sql, step.range.start);
        let key = Key::from_rows(&backfill.correlation, rows).ok_or_else(|| Error::NoKey {
            path: file.path.clone(),
            place: place(),
            table: backfill.table.clone(),
        })?;
        let options = &backfill.options;
        let target = options.target.unwrap_or(self.bounds.batch_target);
        let mut run = Run {
            pace: Pace::new(options.batch, target, options.pause.unwrap_or_default()),
            lag_max: options.max_lag.unwrap_or(self.bounds.replica_lag_max),
            file,
            step,
            backfill,
            journal,
            title,
            limits,
            key,
            cursor: None,
            end: None,
            converges: None,
            written: 0,
            scanned: 0,
            total: 0,
            begun: Instant::now(),
            looked: None,
            probe: None,
        };
        self.write(&run, &journal.begin_sql(step.number, &file.sql[step.range.clone()])).await?;
        if let Some(entry) = journal.read(&mut self.session).await?.remove(&step.number) {
            (run.cursor, run.written, run.converges) = (entry.cursor, entry.rows, entry.converges);
        }
        if run.cursor.is_none() {
            run.total = self.estimate(step, &backfill.table).await?;
        }
        Ok(run)
    }

    /// One way through the table.
    async fn pass(
        &mut self,
        run: &mut Run<'_>,
        patience: &mut Patience,
        batches: &mut Batches,
    ) -> Result<(), Error> {
        let last = run.key.last_query(&run.backfill.table, &run.backfill.correlation);
        let end = self.read_with(run.step, &last).await?;
        run.end = end.into_iter().next().map(|row| row.into_iter().flatten().collect());
        loop {
            if self.stop.is_requested() {
                return Err(Error::Stopped { title: run.title.clone() });
            }
            self.hold_lock(&run.title).await?;
            self.wait_for_replicas(run, patience).await?;
            let outcome = self.batch(run, patience, batches).await;
            if matches!(outcome?, Batch::Last) {
                return Ok(());
            }
        }
    }

    /// One batch.
    async fn batch(
        &mut self,
        run: &mut Run<'_>,
        patience: &mut Patience,
        batches: &mut Batches,
    ) -> Result<Batch, Error> {
        let start = Instant::now();
        let open = match self.open_batch(run).await {
            Ok(Opened::Open(open)) => open,
            Ok(Opened::Moved) => return Ok(Batch::Again),
            Ok(Opened::Done) => return Ok(Batch::Last),
            Err(error) => return self.after_error(run, error, patience, start).await,
        };
        crate::failpoint::reach("batch-open").await;
        let sql =
            format!("{} {}", mark(run.file.version, Some(run.step.number)), run.backfill.batch(&open.range));
        let attended = self.affected(&run.title, &sql).await;
        let rows = match self.settle(&run.title, attended).await? {
            Settled::Reconnected => return Ok(Batch::Again),
            Settled::Result { result: Ok(rows), .. } => rows,
            Settled::Result { result: Err(error), ended, .. } => {
                self.roll_back().await;
                if ended == Some(Ended::Stopped) {
                    return Err(Error::Stopped { title: run.title.clone() });
                }
                return self.after_error(run, error, patience, start).await;
            }
        };
        crate::failpoint::reach("batch-done").await;
        let commit_start = Instant::now();
        if let Err(error) = self.commit_batch(run, &open, rows).await {
            return self.after_error(run, error, patience, start).await;
        }
        crate::failpoint::reach("batch-committed").await;
        let took = start.elapsed();
        batches.add(took, rows);
        self.probe(run).await;
        let pause = run.pace.after(took, commit_start.elapsed(), run.probe.take());
        run.scanned += u64::from(open.rows);
        run.written += rows;
        let is_last = open.to.is_none();
        run.cursor = open.to.or_else(|| run.end.clone());
        self.tell(run, pause);
        if is_last {
            return Ok(Batch::Last);
        }
        if !pause.is_zero() {
            self.pause(&run.title, pause).await?;
        }
        Ok(Batch::More)
    }

    /// Opens the transaction of a batch: locks the cursor and finds the end of the range.
    async fn open_batch(&mut self, run: &mut Run<'_>) -> Result<Opened, PgError> {
        let rows = run.pace.rows();
        let [lock, statement] = run.limits.sql();
        let settings = run.step.settings_sql();
        let sql = format!(
            "BEGIN; {lock}; {statement};\n{settings}{};\nSELECT {} FROM {} AS {} WHERE {} ORDER BY {} OFFSET {} LIMIT 1",
            run.journal.cursor_sql(run.step.number),
            run.key.texts(),
            run.backfill.table,
            run.backfill.correlation,
            run.key.range(run.cursor.as_deref(), run.end.as_deref()),
            run.key.columns(),
            rows - 1,
        );
        let mut found = match self.session.simple(&sql).await {
            Ok(found) => found.into_iter(),
            Err(error) => {
                self.roll_back().await;
                return Err(error);
            }
        };
        let Some(recorded) = found.next() else {
            self.roll_back().await;
            return Err(PgError::Exchange("the journal has lost the row of this step".into()));
        };
        let mut recorded = recorded.into_iter();
        let cursor = recorded.next().flatten().as_deref().and_then(journal::cursor);
        if recorded.next().flatten().as_deref() == Some("t") {
            self.roll_back().await;
            return Ok(Opened::Done);
        }
        if cursor != run.cursor {
            self.roll_back().await;
            run.cursor = cursor;
            return Ok(Opened::Moved);
        }
        let to: Option<Vec<String>> = found.next().map(|row| row.into_iter().flatten().collect());
        let end = to.as_deref().or(run.end.as_deref());
        Ok(Opened::Open(Open { range: run.key.range(run.cursor.as_deref(), end), to, rows }))
    }

    /// Moves the cursor and commits. On the way it is seen, once, whether rows that are done are still wanted.
    async fn commit_batch(&mut self, run: &mut Run<'_>, open: &Open, rows: u64) -> Result<(), PgError> {
        if run.converges.is_none() && rows > 0 {
            run.converges = Some(if run.backfill.has_condition() {
                let remain = self.session.affected(&run.backfill.remains(&open.range)).await;
                if remain.is_err() {
                    self.roll_back().await;
                }
                remain? == 0
            } else {
                false
            });
        }
        let cursor = open.to.as_deref().or(run.end.as_deref());
        let mut end = vec![run.journal.advance_sql(run.step.number, cursor, rows, run.converges)];
        // Rows that are still wanted when they are done must not be done again: the last batch ends the step with it.
        if open.to.is_none() && run.converges != Some(true) {
            end.push(run.journal.done_sql(run.step.number));
        }
        if !run.step.settings.is_empty() {
            end.extend_from_slice(self.session.own_settings());
        }
        end.push("COMMIT".to_owned());
        self.session.script(&end.join(";\n")).await.map_err(|error| error.source)
    }

    /// What to do about an error of a batch, which is rolled back.
    async fn after_error(
        &mut self,
        run: &mut Run<'_>,
        error: PgError,
        patience: &mut Patience,
        start: Instant,
    ) -> Result<Batch, Error> {
        if matches!(error, PgError::Lost { .. }) {
            self.reconnect(&run.title, error).await?;
            return Ok(Batch::Again);
        }
        if is_lockout(&error)
            && let Some(pause) = patience.locked_out(start.elapsed(), run.limits.lock)
        {
            run.pace.locked_out();
            (self.listener)(Event::LockedOut { title: &run.title, pause, blockers: &[] });
            self.pause(&run.title, pause).await?;
            return Ok(Batch::Again);
        }
        let note = run.journal.interrupted_sql(run.step.number, &error.to_string());
        // The error is the one to tell.
        let _ = self.session.batch(&note).await;
        Err(statement_error(run.file, run.step.range.start, error))
    }

    /// Waits until no replica is too far behind; looks now and then only.
    async fn wait_for_replicas(&mut self, run: &mut Run<'_>, patience: &mut Patience) -> Result<(), Error> {
        if run.looked.is_some_and(|at| at.elapsed() < LOOK_INTERVAL) {
            return Ok(());
        }
        let mut reported: Option<Instant> = None;
        loop {
            run.looked = Some(Instant::now());
            let start = Instant::now();
            let lag = self.replica_lag().await;
            if !lag.may_exceed(run.lag_max) {
                return Ok(());
            }
            let lag = lag.by;
            if patience.left().is_zero() {
                return Err(Error::ReplicasBehind { title: run.title.clone(), lag });
            }
            if lag > run.lag_max && reported.is_none_or(|at| at.elapsed() >= REPORT_INTERVAL) {
                reported = Some(Instant::now());
                (self.listener)(Event::WaitingForReplicas { title: &run.title, lag });
            }
            self.pause(&run.title, LOOK_INTERVAL).await?;
            patience.spend_since(start);
        }
    }

    /// Times what an application does: reads a row by its key.
    async fn probe(&mut self, run: &mut Run<'_>) {
        if run.looked.is_some_and(|at| at.elapsed() < LOOK_INTERVAL) {
            return;
        }
        let sql = format!(
            "SELECT FROM {} AS {} WHERE {} LIMIT 1",
            run.backfill.table,
            run.backfill.correlation,
            run.key.range(run.cursor.as_deref(), run.cursor.as_deref())
        );
        let Ok(scout) = self.scout.session().await else { return };
        let start = Instant::now();
        match scout.simple(&sql).await {
            Ok(_) => run.probe = Some(start.elapsed()),
            Err(_) => self.scout.forget(),
        }
    }

    /// Whether the statement would still touch a row.
    async fn rows_remain(&mut self, run: &Run<'_>) -> Result<bool, Error> {
        let [lock, statement] = run.limits.sql();
        let (settings, remains) = (run.step.settings_sql(), run.backfill.remains("true"));
        let mark = mark(run.file.version, Some(run.step.number));
        let sql = format!("{mark} BEGIN; {lock}; {statement};\n{settings}{remains}; ROLLBACK");
        loop {
            let attended = self.affected(&run.title, &sql).await;
            let Settled::Result { result, ended, .. } = self.settle(&run.title, attended).await? else {
                continue;
            };
            if result.is_err() {
                self.roll_back().await;
            }
            return match result {
                Err(_) if ended == Some(Ended::Stopped) => Err(Error::Stopped { title: run.title.clone() }),
                result => result
                    .map(|rows| rows > 0)
                    .map_err(|error| statement_error(run.file, run.step.range.start, error)),
            };
        }
    }

    /// Reads something in a transaction with the file's settings, which is rolled back.
    async fn read_with(&mut self, step: &Step<'_>, sql: &str) -> Result<Vec<SimpleRow>, Error> {
        let rows = self.session.simple(&format!("BEGIN;\n{}{sql}; ROLLBACK", step.settings_sql())).await;
        if rows.is_err() {
            self.roll_back().await;
        }
        Ok(rows?)
    }

    /// The server's estimate of a table's rows.
    async fn estimate(&mut self, step: &Step<'_>, table: &str) -> Result<u64, Error> {
        let sql = format!(
            "SELECT greatest(c.reltuples, 0)::int8 FROM pg_catalog.pg_class c WHERE c.oid = to_regclass({})",
            literal(table)
        );
        let rows = self.read_with(step, &sql).await?;
        Ok(rows.into_iter().flatten().flatten().next().and_then(|text| text.parse().ok()).unwrap_or(0))
    }

    fn tell(&mut self, run: &Run<'_>, pause: Duration) {
        let elapsed = run.begun.elapsed().as_secs_f64();
        let left = run.total.saturating_sub(run.scanned);
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let remaining = (run.total > 0 && run.scanned > 0)
            .then(|| Duration::from_secs_f64(elapsed / run.scanned as f64 * left as f64));
        (self.listener)(Event::Batch {
            title: &run.title,
            scanned: run.scanned,
            total: run.total,
            written: run.written,
            batch: run.pace.rows(),
            remaining,
            pause,
            elapsed: run.begun.elapsed(),
        });
    }

    async fn write(&mut self, run: &Run<'_>, sql: &str) -> Result<(), Error> {
        self.write_journal(&run.title, run.limits, sql).await
    }

    async fn roll_back(&mut self) {
        // Fails on a dead connection only, which the next use reports.
        let _ = self.session.batch("ROLLBACK").await;
    }
}
