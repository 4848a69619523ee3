//! A file that cannot be one transaction, step by step. Each step is recorded in the journal; the history row comes at the
//! end, when all of them are done.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use pgrefit_pg::{ScriptError, SimpleRow};
use pgrefit_sql::{Place, Script, effects, same_meaning};

use super::compose::{Composer, journal_entry};
use super::crew::{Crew, Settled, is_lockout};
use super::gap::Gap;
use super::patience::Patience;
use super::tracer::StepAt;
use super::{Batches, Event};
use crate::course::{Step, What, steps};
use crate::journal::{Entry, Journal, StepState};
use crate::message::{FileLimits, now};
use crate::{Error, MigrationFile, failpoint};

impl Crew<'_, '_> {
    /// Applies a file in steps; goes on where an earlier run has ended. False when another session has recorded it in the
    /// meantime.
    pub(super) async fn apply_in_steps(
        &mut self,
        file: &MigrationFile,
        script: &Script,
        patience: &mut Patience,
        batches: &mut Batches,
    ) -> Result<bool, Error> {
        let title = file.title();
        let journal = Journal::new(self.history, file.version);
        let steps = steps(script, &file.sql);
        self.hold_lock(&title).await?;
        let entries = journal.read(&mut self.session).await?;
        check_done(file, &steps, &entries)?;
        let count = steps.len();
        let mut transactions = 0;
        for (index, step) in steps.iter().enumerate() {
            transactions += usize::from(matches!(step.what, What::Transaction(_)));
            let at = StepAt::of(file, step, transactions);
            if entries.get(&step.number).is_some_and(|entry| entry.state == StepState::Done) {
                continue;
            }
            (self.listener)(Event::Step { title: &title, index: index + 1, count, kind: step.kind() });
            // As of now: while the lock was lost, another runner may have come this far.
            let now = journal.read(&mut self.session).await?;
            let entry = now.get(&step.number);
            if entry.is_some_and(|entry| entry.state == StepState::Done) {
                continue;
            }
            let result = match &step.what {
                What::Transaction(_) => self.run_together(file, step, patience, at).await,
                What::Alone(alone) => {
                    Box::pin(self.run_alone(at, step, alone, &journal, entry, patience)).await
                }
                What::Batches(backfill) => {
                    Box::pin(self.run_batches_traced(at, step, backfill, &journal, patience, batches)).await
                }
            };
            result.map_err(|error| part_way(error, &title, index, count, batches.rows))?;
        }
        failpoint::reach("steps-done").await;
        self.check_steps(file, &steps, &journal).await?;
        self.record(file, patience).await.map_err(|error| part_way(error, &title, count, count, batches.rows))
    }

    /// Refuses to record a file of which a step is not done any more: a server that took over may lack its commit.
    async fn check_steps(
        &mut self,
        file: &MigrationFile,
        steps: &[Step<'_>],
        journal: &Journal<'_>,
    ) -> Result<(), Error> {
        let entries = journal.read(&mut self.session).await?;
        let is_done =
            |step: &Step<'_>| entries.get(&step.number).is_some_and(|entry| entry.state == StepState::Done);
        if steps.iter().all(is_done) {
            return Ok(());
        }
        Err(Error::CommitsLost { title: file.title(), version: file.version })
    }

    /// Neighbours in one transaction, recorded as done in the same one.
    async fn run_together(
        &mut self,
        file: &MigrationFile,
        step: &Step<'_>,
        patience: &mut Patience,
        at: StepAt<'_>,
    ) -> Result<(), Error> {
        let sql = &file.sql[step.range.clone()];
        let mut gap = effects(sql, self.server_major()).as_deref().map(Gap::of).unwrap_or_default();
        let own_settings = self.session.own_settings().to_vec();
        let composer = Composer { file, history: self.history, own_settings: &own_settings };
        let build = |limits: FileLimits| composer.together(step, limits);
        self.transact(file, &mut gap, patience, &build, Some(at)).await.map(|_| ())
    }

    /// Writes to the journal, in a transaction of its own; again, after a lost connection: what it writes is the same twice.
    pub(super) async fn write_journal(
        &mut self,
        title: &str,
        limits: FileLimits,
        sql: &str,
    ) -> Result<(), Error> {
        let sql = journal_entry(limits, sql);
        let start = Instant::now();
        loop {
            let attended = self.script(title, &sql).await;
            if let Settled::Result { result, .. } = self.settle(title, attended).await? {
                // The row may still be held by the last batch of a runner that was killed a moment ago.
                if result.as_ref().is_err_and(|error| is_lockout(&error.source))
                    && start.elapsed() < self.bounds.lock_budget
                {
                    self.pause(title, Duration::from_millis(200)).await?;
                    continue;
                }
                let failed = |error: ScriptError| Error::Commit {
                    what: "record",
                    title: title.to_owned(),
                    source: error.source,
                };
                return result.map_err(failed);
            }
        }
    }

    /// Reads something in a transaction with the file's settings, which is rolled back.
    pub(super) async fn read_with(&mut self, step: &Step<'_>, sql: &str) -> Result<Vec<SimpleRow>, Error> {
        let rows = self.session.simple(&format!("BEGIN;\n{}{sql}; ROLLBACK", step.settings_sql())).await;
        if rows.is_err() {
            // Fails on a dead connection only, which the next use reports.
            let _ = self.session.batch("ROLLBACK").await;
        }
        Ok(rows?)
    }

    /// The history row of a file whose steps are all done.
    async fn record(&mut self, file: &MigrationFile, patience: &mut Patience) -> Result<bool, Error> {
        let at = now();
        let composer = Composer { file, history: self.history, own_settings: &[] };
        let build = |limits: FileLimits| composer.record(&at, limits);
        self.transact(file, &mut Gap::default(), patience, &build, None).await
    }
}

/// Refuses a file in which a step that is done reads otherwise now.
fn check_done(file: &MigrationFile, steps: &[Step<'_>], entries: &BTreeMap<i32, Entry>) -> Result<(), Error> {
    let changed = |place| Error::StepChanged { path: file.path.clone(), place };
    for (number, entry) in entries {
        if entry.state == StepState::Failed {
            continue;
        }
        let step = steps.iter().find(|step| step.number == *number);
        let place = |offset| Place::of_byte(&file.sql, offset);
        let Some(step) = step else { return Err(changed(place(file.sql.len()))) };
        if !same_meaning(&entry.sql, &file.sql[step.range.clone()]) {
            return Err(changed(place(step.range.start)));
        }
    }
    Ok(())
}

/// An error after some of the file has taken effect for good.
fn part_way(error: Error, title: &str, done: usize, count: usize, batch_rows: u64) -> Error {
    if done == 0 && batch_rows == 0 {
        return error;
    }
    Error::PartWay { title: title.to_owned(), done, count, source: Box::new(error) }
}
