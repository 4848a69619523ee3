//! One connection: its session, what is known of it, and its end.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use pgrefit_metrics::{CloseReason, Outcome, Phase};
use pgrefit_pg::{CancelHandle, LastWords, TappedSession};
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_postgres::Client;

use crate::core::Core;
use crate::statements::Statements;
use crate::wire::{Mark, Wire};

/// One connection.
pub(crate) struct Slot {
    pub(crate) client: Client,
    pub(crate) wire: Arc<Wire>,
    pub(crate) statements: Statements,
    pub(crate) last_words: LastWords,
    pub(crate) core: Arc<Core>,
    /// When it was handed out, came back or gave a sign of life last.
    pub(crate) touched: Instant,
    cancel: CancelHandle,
    task: AbortHandle,
    born: Instant,
    expires: Instant,
    reason: CloseReason,
    is_counted: bool,
}

/// What a user may have left in the session, except prepared statements. `SET SESSION AUTHORIZATION` also ends `SET ROLE`.
const RESET: &str = include_str!("sql/reset.sql");

/// What SQL's PREPARE made. `DEALLOCATE ALL` would take the statements along that this pool has prepared, and those by which
/// tokio-postgres looks up types, which it keeps for ever.
const DEALLOCATE: &str = include_str!("sql/deallocate.sql");

impl Slot {
    pub(crate) fn new(session: TappedSession, wire: Arc<Wire>, core: Arc<Core>) -> Self {
        let TappedSession { client, task, cancel, last_words, .. } = session;
        let now = Instant::now();
        core.counts.open.fetch_add(1, Ordering::AcqRel);
        Self {
            client,
            wire,
            statements: Statements::new(core.config.statements_max),
            last_words,
            touched: now,
            cancel,
            task,
            born: now,
            expires: now + core.lifetime(),
            reason: CloseReason::Shutdown,
            is_counted: true,
            core,
        }
    }

    /// Why it should be closed rather than kept, if so. Takes nanoseconds.
    pub(crate) fn reason_to_close(&self, now: Instant) -> Option<CloseReason> {
        let gate = &self.core.counts.gate;
        if self.client.is_closed() {
            return Some(CloseReason::Broken);
        }
        if gate.is_shut() {
            return Some(CloseReason::Shutdown);
        }
        if gate.is_too_full() {
            return Some(CloseReason::Resize);
        }
        (now >= self.expires).then_some(CloseReason::Lifetime)
    }

    /// Asks the server for a sign of life, which takes a round trip. Everything that was sent before is answered then, and so is what
    /// waited to be sent.
    pub(crate) async fn check(&mut self) -> Result<(), CloseReason> {
        let started = Instant::now();
        // For the case that the caller goes away while the answer is out.
        self.reason = CloseReason::RecycleFailed;
        let answer = timeout(self.core.config.recycle_timeout, self.client.check_connection()).await;
        self.reason = CloseReason::Shutdown;
        match answer {
            Ok(Ok(())) => {
                self.core.metrics.recycle.observe(started.elapsed());
                self.touched = Instant::now();
                Ok(())
            }
            Ok(Err(_)) => Err(CloseReason::Broken),
            // The server works on something that nobody waits for; that says nothing of the network.
            Err(_) if self.wire.is_busy() => {
                self.core.metrics.timeouts(Phase::Recycle).add_one();
                Err(CloseReason::DirtyBusy)
            }
            Err(_) => {
                self.core.metrics.timeouts(Phase::Recycle).add_one();
                self.core.distrust_idle(started);
                Err(CloseReason::Broken)
            }
        }
    }

    /// Resets the session: settings, role, cursors, channels, advisory locks, temporary tables, and what SQL's PREPARE made.
    pub(crate) async fn reset(&mut self) -> Result<(), CloseReason> {
        let started = Instant::now();
        let mut sql = RESET.to_owned();
        // By the end, the mark that says that they are gone is cleared.
        if self.wire.has(Mark::Deallocated) {
            self.statements.clear();
        }
        if self.wire.has(Mark::Named) || self.core.config.reset_on_return {
            sql.push_str(DEALLOCATE);
        }
        let answer = timeout(self.core.config.recycle_timeout, self.client.batch_execute(&sql)).await;
        let outcome = if matches!(answer, Ok(Ok(()))) { Outcome::Done } else { Outcome::Failed };
        self.core.metrics.resets[outcome as usize].add_one();
        if answer.is_err() {
            self.core.metrics.timeouts(Phase::Recycle).add_one();
        }
        if outcome == Outcome::Failed {
            return Err(CloseReason::RecycleFailed);
        }
        self.core.metrics.recycle.observe(started.elapsed());
        // The reset is made of commands that leave marks themselves.
        for mark in [Mark::Session, Mark::Named, Mark::Deallocated] {
            self.wire.clear(mark);
        }
        Ok(())
    }

    /// Counts the end, for this reason; the connection is closed when the slot is dropped.
    pub(crate) fn retire(&mut self, reason: CloseReason) {
        self.reason = reason;
        if std::mem::take(&mut self.is_counted) {
            self.core.counts.open.fetch_sub(1, Ordering::AcqRel);
            self.core.metrics.closed(reason).add_one();
            self.core.metrics.age.observe(self.born.elapsed());
        }
    }

    /// Remembers why it will be closed, for whoever drops it.
    pub(crate) fn doom(&mut self, reason: CloseReason) {
        self.reason = reason;
    }

    /// Cancels what runs, in the background: a backend that computes does not notice that its client is gone.
    fn cancel_in_background(&self) {
        let (cancel, core) = (self.cancel.clone(), Arc::clone(&self.core));
        self.core.runtime.spawn(async move {
            let sent = cancel.cancel().await;
            if let Err(error) = &sent {
                tracing::debug!(pool = core.config.name, "a statement could not be cancelled: {error}");
            }
            let outcome = if sent.is_ok() { Outcome::Done } else { Outcome::Failed };
            core.metrics.cancels[outcome as usize].add_one();
        });
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.retire(self.reason);
        tracing::debug!(pool = self.core.config.name, reason = self.reason.word(), "a connection is closed");
        let is_busy = self.wire.is_busy();
        if is_busy && !self.client.is_closed() {
            self.cancel_in_background();
        }
        // The task of a clean connection says goodbye to the server, once the client is dropped.
        let is_clean = matches!(
            self.reason,
            CloseReason::Lifetime | CloseReason::Idle | CloseReason::Resize | CloseReason::Shutdown
        );
        if !is_clean || is_busy {
            self.task.abort();
        }
    }
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slot").field("wire", &self.wire).finish_non_exhaustive()
    }
}
