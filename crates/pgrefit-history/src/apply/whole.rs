//! A transaction of a migration: a file that is one, or a step of a file that is not.

use std::time::{Duration, Instant};

use pgrefit_pg::ScriptError;
use pgrefit_sql::{Run, Script};

use super::Event;
use super::attend::Ended;
use super::compose::{Composer, is_plain};
use super::crew::{Crew, Settled, is_lockout};
use super::gap::Gap;
use super::patience::Patience;
use super::tracer::StepAt;
use crate::message::{FileLimits, Message, now};
use crate::{Entry, Error, MigrationFile, failpoint};

/// Refuses what would stay behind in a backend of the pool, which an application gets next.
pub(super) fn check_poolable(entries: &[&Entry], version_num: u32) -> Result<(), Error> {
    for file in entries.iter().filter_map(|entry| entry.file.as_ref()) {
        let script = file.script();
        let effects = file.effects(version_num / 10_000);
        let first = script.statements().iter().enumerate().find(|(index, statement)| {
            let effect = effects.as_ref().and_then(|effects| effects.get(*index));
            // What code that cannot be seen does is its author's promise.
            statement.run == Run::Setting || effect.is_none_or(|effect| effect.session && !effect.opaque)
        });
        if let Some((_, statement)) = first {
            return Err(Error::NotPoolable { path: file.path.clone(), place: statement.place });
        }
    }
    Ok(())
}

impl Crew<'_, '_> {
    /// Applies a file as one transaction together with its history row. False when another session has recorded it in the
    /// meantime.
    pub(super) async fn apply_whole(
        &mut self,
        file: &MigrationFile,
        script: &Script,
        patience: &mut Patience,
    ) -> Result<bool, Error> {
        let effects = file.effects(self.server_major());
        let mut gap = effects.as_deref().map(Gap::of).unwrap_or_default();
        let is_plain = is_plain(effects.as_deref());
        let (at, own_settings) = (now(), self.session.own_settings().to_vec());
        let composer = Composer { file, history: self.history, own_settings: &own_settings };
        let build = |limits: FileLimits| composer.whole(script, is_plain, &at, limits);
        self.transact(file, &mut gap, patience, &build, Some(StepAt::whole(file))).await
    }

    /// Runs a message until it is committed, or it is known that it will not be. False when its record was there already.
    /// A tracer looks between its statements if it is said which step it is.
    pub(super) async fn transact<'f>(
        &mut self,
        file: &'f MigrationFile,
        gap: &mut Gap,
        patience: &mut Patience,
        build: &(dyn Fn(FileLimits) -> Message<'f> + Sync),
        at: Option<StepAt<'_>>,
    ) -> Result<bool, Error> {
        let title = file.title();
        let limits = FileLimits::of(file, &self.bounds);
        let mut was_lost = false;
        loop {
            self.hold_lock(&title).await?;
            let lock_timeout = self.attempt_timeout(&title, gap, patience, limits.lock).await?;
            let message = build(limits.with_lock(lock_timeout));
            failpoint::reach("transaction").await;
            let start = Instant::now();
            let attended = self.send(&title, &message, at).await?;
            let (error, blockers, ended) = match self.settle(&title, attended).await? {
                Settled::Reconnected => {
                    // The record says whether it was committed before the answer was lost.
                    was_lost = true;
                    continue;
                }
                Settled::Result { result: Ok(()), .. } => {
                    failpoint::reach("transaction-committed").await;
                    return Ok(true);
                }
                Settled::Result { result: Err(error), blockers, ended } => (error, blockers, ended),
            };
            if message.is_recorded_already(&error) {
                return Ok(was_lost);
            }
            self.refuse_half_committed(file, &message, &error).await?;
            if ended == Some(Ended::Stopped) {
                return Err(Error::Stopped { title });
            }
            if !is_lockout(&error.source) {
                return Err(message.explain(error));
            }
            let blockers = if blockers.is_empty() { gap.look_again(self).await } else { blockers };
            let Some(pause) = patience.locked_out(start.elapsed(), lock_timeout) else {
                return Err(message.explain(error).with_blockers(blockers));
            };
            (self.listener)(Event::LockedOut { title: &title, pause, blockers: &blockers });
            self.pause(&title, pause).await?;
        }
    }

    /// Waits for a gap, and says how long the attempt behind it may wait for its locks.
    async fn attempt_timeout(
        &mut self,
        title: &str,
        gap: &mut Gap,
        patience: &mut Patience,
        limit: Duration,
    ) -> Result<Duration, Error> {
        if !(self.bounds.wait_for_gap && gap.is_needed()) {
            return Ok(limit);
        }
        gap.wait(self, title, patience).await?;
        Ok(if gap.meets_autovacuum() { limit } else { patience.lock_timeout(limit) })
    }

    /// A text that the parser did not understand may have ended its transaction, and committed the record with a part of
    /// itself.
    async fn refuse_half_committed(
        &mut self,
        file: &MigrationFile,
        message: &Message<'_>,
        error: &ScriptError,
    ) -> Result<(), Error> {
        if message.is_understood()
            || !message.reached_file(error)
            || !self.forget_if_committed(file.version).await
        {
            return Ok(());
        }
        Err(Error::EndedTransaction { path: file.path.clone() })
    }

    /// Whether the version is recorded although its migration failed. The row is taken back, so that nobody takes the
    /// migration for done.
    async fn forget_if_committed(&mut self, version: i64) -> bool {
        let sql =
            format!("DELETE FROM {} WHERE version = {version} RETURNING version", self.history.qualified());
        // On a dead connection there is nobody to ask, and without the lock the row may be another runner's.
        self.lock.check().await.is_ok() && self.session.simple(&sql).await.is_ok_and(|rows| !rows.is_empty())
    }
}
