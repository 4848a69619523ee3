//! Gives a connection that came back unfinished a moment to become clean, and resets what a user left in it.
//!
//! The rollback of a transaction that was dropped is on its way when its connection comes back; closing the connection for it
//! would make every error of an application cost a login. So everything that was sent before is awaited, for a limited time. What
//! is not clean then never will be.

use std::time::{Duration, Instant};

use pgrefit_metrics::CloseReason;
use tokio::time::timeout;

use crate::Pooling;
use crate::release::{Lent, discard, give_back};
use crate::slot::Slot;
use crate::wire::{Mark, Verdict};

/// Sees to a connection in the background.
pub(crate) fn start(lent: Lent) {
    let runtime = lent.core.runtime.clone();
    let settling = Settling(Some(lent));
    runtime.spawn(settling.run());
}

/// A connection that is being made clean. When that is given up, as at the end of the runtime, the connection is closed.
struct Settling(Option<Lent>);

impl Settling {
    async fn run(mut self) {
        let Some(lent) = &mut self.0 else { return };
        let outcome = settle(lent).await;
        let Some(lent) = self.0.take() else { return };
        match outcome {
            Ok(()) => give_back(lent, Instant::now()),
            Err(reason) => discard(lent, reason),
        }
    }
}

impl Drop for Settling {
    fn drop(&mut self) {
        if let Some(lent) = self.0.take() {
            discard(lent, CloseReason::DirtyBusy);
        }
    }
}

async fn settle(slot: &mut Slot) -> Result<(), CloseReason> {
    if slot.wire.verdict() == Verdict::Unsettled {
        await_answers(slot).await?;
    }
    match slot.wire.verdict() {
        Verdict::Clean if !slot.core.config.reset_on_return => Ok(()),
        // On whatever backend a reset would come to, it would take something from somebody else.
        Verdict::Used if slot.core.config.pooling == Pooling::Transaction => Ok(()),
        Verdict::Clean | Verdict::Used => slot.reset().await,
        Verdict::InTransaction => Err(CloseReason::DirtyTransaction),
        Verdict::Unsettled => Err(CloseReason::DirtyBusy),
        Verdict::Lost => Err(CloseReason::RecycleFailed),
    }
}

/// What nobody waits for any more may run for long. A rollback, and the end of an answer that was an error, come as soon as the
/// server gets to it: on a busy machine it would be wrong to add a login to its work.
fn limit(slot: &Slot) -> Duration {
    let Slot { wire, core, .. } = slot;
    let is_orphan = wire.has(Mark::Abandoned) || wire.has(Mark::Bare);
    if is_orphan { core.config.settle } else { core.config.recycle_timeout }
}

/// The server answers in order: when it has answered this, it has answered everything.
async fn await_answers(slot: &mut Slot) -> Result<(), CloseReason> {
    let limit = limit(slot);
    for mark in [Mark::Abandoned, Mark::RollingBack, Mark::Bare] {
        slot.wire.clear(mark);
    }
    match timeout(limit, slot.client.check_connection()).await {
        Ok(Ok(())) => {
            slot.core.metrics.settled.add_one();
            Ok(())
        }
        Ok(Err(_)) => Err(CloseReason::Broken),
        Err(_) => Err(CloseReason::DirtyBusy),
    }
}
