//! What becomes of a connection that comes back.

use std::sync::Arc;
use std::time::Instant;

use deadpool::managed::Object;
use pgrefit_metrics::CloseReason;

use crate::Pooling;
use crate::manager::Manager;
use crate::settle;
use crate::wire::Verdict;

/// A connection that is out of the pool.
pub(crate) type Lent = Object<Manager>;

/// Decides; for a clean connection within nanoseconds.
pub(crate) fn release(lent: Lent, now: Instant) {
    if lent.client.is_closed() {
        return discard(lent, CloseReason::Broken);
    }
    match lent.wire.verdict() {
        Verdict::Clean if lent.core.config.reset_on_return => settle::start(lent),
        Verdict::Clean => give_back(lent, now),
        // What one transaction left in a backend is the pooler's business.
        Verdict::Used if lent.core.config.pooling == Pooling::Transaction => give_back(lent, now),
        Verdict::InTransaction => discard(lent, CloseReason::DirtyTransaction),
        Verdict::Lost => discard(lent, CloseReason::RecycleFailed),
        Verdict::Unsettled | Verdict::Used => settle::start(lent),
    }
}

/// Puts a clean connection back, unless there is another reason to close it.
pub(crate) fn give_back(mut lent: Lent, now: Instant) {
    if let Some(reason) = lent.reason_to_close(now) {
        return discard(lent, reason);
    }
    let core = Arc::clone(&lent.core);
    lent.touched = now;
    // First the connection, then the place: whoever takes the place must find the connection.
    drop(lent);
    core.counts.gate.leave();
}

/// Takes a connection out of the pool for good. Its place is free at once.
pub(crate) fn discard(lent: Lent, reason: CloseReason) {
    let mut slot = Object::take(lent);
    slot.retire(reason);
    let core = Arc::clone(&slot.core);
    core.counts.gate.leave();
}
