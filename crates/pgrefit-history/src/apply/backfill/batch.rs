//! One batch: open, work, commit, each a message of its own.

use std::time::Instant;

use pgrefit_pg::Error as PgError;

use super::{Batches, Crew, Run};
use crate::apply::Event;
use crate::apply::attend::Ended;
use crate::apply::compose::Composer;
use crate::apply::crew::{Settled, is_lockout};
use crate::apply::patience::Patience;
use crate::message::statement_error;
use crate::{Error, failpoint, journal};

/// What became of one batch.
pub(super) enum Batch {
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
    /// One batch.
    pub(super) async fn batch(
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
        failpoint::reach("batch-open").await;
        let sql = self.composer(run).marked(run.step, &run.backfill.batch(&open.range));
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
        failpoint::reach("batch-done").await;
        let commit_start = Instant::now();
        if let Err(error) = self.commit_batch(run, &open, rows).await {
            return self.after_error(run, error, patience, start).await;
        }
        failpoint::reach("batch-committed").await;
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
        let range = run.key.range(run.cursor.as_deref(), run.end.as_deref());
        let sql = self.composer(run).batch_start(run.step, run.backfill, &run.key, &range, rows, run.limits);
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

    /// Moves the cursor and commits. On the way it is seen whether rows that are done are still wanted: some in one batch are
    /// enough, and from then on nothing may be done again.
    async fn commit_batch(&mut self, run: &mut Run<'_>, open: &Open, rows: u64) -> Result<(), PgError> {
        if run.converges != Some(false) && rows > 0 {
            run.converges = Some(if run.backfill.has_condition() {
                let remain = self.session.affected(&run.backfill.repeats(&open.range)).await;
                if remain.is_err() {
                    self.roll_back().await;
                }
                remain? == 0
            } else {
                false
            });
        }
        let cursor = open.to.as_deref().or(run.end.as_deref());
        // Rows that are still wanted when they are done must not be done again: the last batch ends the step with it.
        let is_done = open.to.is_none() && run.converges != Some(true);
        let end = self.composer(run).batch_end(run.step, cursor, rows, run.converges, is_done);
        self.session.script(&end).await.map_err(|error| error.source)
    }

    fn composer<'x>(&'x self, run: &Run<'x>) -> Composer<'x> {
        Composer { file: run.file, history: self.history, own_settings: self.session.own_settings() }
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
        // As long as nothing is written, the statement may still be mended.
        let note = if run.cursor.is_none() && run.written == 0 {
            run.journal.failed_sql(run.step.number, &error.to_string())
        } else {
            run.journal.interrupted_sql(run.step.number, &error.to_string())
        };
        // The error is the one to tell.
        let _ = self.session.batch(&note).await;
        Err(statement_error(run.file, run.step.range.start, error))
    }
}
