//! Looks after idle connections: closes old ones and those nobody needs, keeps the least number open.

use std::sync::Weak;
use std::time::{Duration, Instant};

use pgrefit_metrics::CloseReason;
use tokio::time::sleep;

use crate::Error;
use crate::pool::Inner;
use crate::slot::Slot;

/// Runs until the pool is closed or dropped.
pub(crate) async fn keep(pool: Weak<Inner>, period: Duration) {
    loop {
        sleep(period).await;
        let Some(pool) = pool.upgrade() else { return };
        sweep(&pool, Instant::now());
        if pool.core().counts.gate.is_shut() {
            return;
        }
        if let Err(error) = fill(&pool).await {
            tracing::debug!(pool = pool.core().config.name, "a connection could not be kept open: {error}");
        }
    }
}

/// How often: often enough for the shortest time that is looked after, between 20 ms and 1 s.
pub(crate) fn period(config: &crate::PoolConfig) -> Duration {
    let shortest = config.idle_max.min(config.lifetime_max);
    (shortest / 4).clamp(Duration::from_millis(20), Duration::from_secs(1))
}

/// Closes idle connections that are too old, or idle for too long, or more than there may be.
pub(crate) fn sweep(pool: &Inner, now: Instant) {
    let core = pool.core();
    let mut surplus = core.counts.open().saturating_sub(core.counts.min());
    let mut excess = core.counts.open().saturating_sub(core.counts.gate.max());
    let idle_max = core.config.idle_max;
    let mut judge = |slot: &Slot| {
        let unused = now.saturating_duration_since(slot.touched) >= idle_max;
        let reason = match slot.reason_to_close(now) {
            // What the bare client was given and nobody waited for has begun one.
            None if !slot.wire.is_outside_transaction() => Some(CloseReason::DirtyTransaction),
            // The gate is too full as long as others are inside; idle connections go only while there are too many open.
            None | Some(CloseReason::Resize) if excess > 0 => Some(CloseReason::Resize),
            None | Some(CloseReason::Resize) if unused && surplus > 0 => Some(CloseReason::Idle),
            Some(CloseReason::Resize) => None,
            reason => reason,
        };
        if reason.is_some() {
            (surplus, excess) = (surplus.saturating_sub(1), excess.saturating_sub(1));
        }
        reason
    };
    let mut reasons = Vec::new();
    let removed = pool.slots.retain(|slot, _| {
        let reason = judge(slot);
        reasons.extend(reason);
        reason.is_none()
    });
    for (slot, reason) in removed.removed.into_iter().zip(reasons) {
        close(slot, reason);
    }
    for slot in pool.slots.manager().take_spare() {
        match judge(&slot) {
            Some(reason) => close(slot, reason),
            None => pool.slots.manager().put_back(slot),
        }
    }
}

fn close(mut slot: Box<Slot>, reason: CloseReason) {
    slot.retire(reason);
}

/// Opens connections until the least number is open.
pub(crate) async fn fill(pool: &Inner) -> Result<(), Error> {
    let core = pool.core();
    // One at a time, so that two do not see the same one missing.
    let _alone = pool.filling.lock().await;
    while let Some(creating) = core.counts.begin_spare() {
        // With all places taken, as many are open as may be.
        let Ok(true) = core.counts.gate.try_enter() else { return Ok(()) };
        let place = pool.place();
        pool.slots.manager().add_spare(creating).await?;
        drop(place);
    }
    Ok(())
}
