//! A statement in batches over ranges of a key, each a transaction of its own.
//!
//! The journal's cursor moves in the same transaction as the rows, so that each row is done exactly once, whatever is
//! killed. The size of a batch follows the time it takes; pauses follow the pressure on the server; replicas are waited
//! for. A batch has three messages: open (the cursor is locked and the end of the range found), work, commit.

mod batch;
pub(super) mod key;
mod look;

use std::time::{Duration, Instant};

use pgrefit_pg::Error as PgError;
use pgrefit_sql::{Backfill, Place};

use super::attend::Ended;
use super::compose::batch_limits;
use super::crew::{Crew, Settled, mark};
use super::pace::Pace;
use super::patience::Patience;
use super::tracer::{Moment, StepAt};
use super::{Batches, Event};
use crate::course::Step;
use crate::journal::Journal;
use crate::message::{FileLimits, statement_error};
use crate::table::literal;
use crate::{Error, MigrationFile};
use batch::Batch;
use key::Key;

/// So many times a table is gone through again, when rows that the statement wants have appeared behind the cursor.
const PASSES_MAX: u32 = 5;

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

impl Crew<'_, '_> {
    /// The same as [`Self::run_batches`], and a tracer looks before the first batch and after the last.
    pub(super) async fn run_batches_traced(
        &mut self,
        at: StepAt<'_>,
        step: &Step<'_>,
        backfill: &Backfill,
        journal: &Journal<'_>,
        patience: &mut Patience,
        batches: &mut Batches,
    ) -> Result<(), Error> {
        let here = at.statement(0, &step.range);
        self.trace(Moment::StepBegins(at)).await?;
        self.trace(Moment::Begins(here)).await?;
        let mut own = Batches::default();
        let start = Instant::now();
        let outcome = self.run_batches(at.file, step, backfill, journal, patience, &mut own).await;
        batches.merge(&own);
        if outcome.is_ok() {
            self.note_time(here.number, start.elapsed());
        }
        match &outcome {
            Ok(()) => self.trace_ended(here, Some(&own), None).await?,
            Err(Error::Statement(error)) => self.trace_ended(here, Some(&own), Some(&error.source)).await?,
            Err(error) => {
                let error = PgError::Exchange(error.to_string().into());
                self.trace_ended(here, Some(&own), Some(&error)).await?;
            }
        }
        outcome
    }

    /// Runs a statement in batches, from where an earlier run has ended. `batches` counts them.
    async fn run_batches(
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
        let options = &backfill.options;
        let target = options.target.unwrap_or(self.bounds.batch_target);
        let limits = FileLimits::of(file, &self.bounds);
        let limits = batch_limits(limits, target);
        // The names in the statement may need the file's own search_path.
        let rows = self.read_with(step, &Key::query(&backfill.table)).await?;
        let place = || Place::of_byte(&file.sql, step.range.start);
        let key = Key::from_rows(&backfill.correlation, rows).ok_or_else(|| Error::NoKey {
            path: file.path.clone(),
            place: place(),
            table: backfill.table.clone(),
        })?;
        if let Some(column) = key.set_by(&backfill.sets) {
            return Err(Error::InTheWay {
                path: file.path.clone(),
                place: place(),
                what: format!(
                    "the statement sets {column}, a part of the key that batches follow: it could meet a row twice"
                ),
                hint: "run it as one statement, without the directive `backfill`",
            });
        }
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
            run.end = entry.last;
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
        // A pass that an earlier run has begun ends where that one meant it to.
        if run.cursor.is_none() || run.end.is_none() {
            let last = run.key.last_query(&run.backfill.table, &run.backfill.correlation);
            let end = self.read_with(run.step, &last).await?;
            run.end = end.into_iter().next().map(|row| row.into_iter().flatten().collect());
            self.write(run, &run.journal.pass_sql(run.step.number, run.end.as_deref())).await?;
        }
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
