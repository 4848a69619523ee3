//! What a connection is doing, as the protocol says: the state behind the promise that only clean connections are handed out.
//!
//! A [`Watcher`] reads the headers of the messages that pass (and of two messages the first bytes) and keeps the result in
//! atomics. Reading the state costs a few nanoseconds and no round trip. See "Message Formats" in the chapter
//! "Frontend/Backend Protocol" of the PostgreSQL manual.

mod scan;
mod tag;
mod watcher;

use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

pub(crate) use watcher::Watcher;

/// The state, shared by the connection's watcher, which writes it, and whoever has the connection.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    /// Groups of messages that the server has not answered with `ReadyForQuery`, except those that only close something.
    busy: AtomicU32,
    /// The status byte of the last `ReadyForQuery`.
    status: AtomicU8,
    marks: AtomicU32,
}

/// Something that is remembered of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Somebody stopped waiting for an answer, perhaps before the request was sent.
    Abandoned = 1,
    /// The bare client was handed out, whose use is not watched.
    Bare = 2,
    /// The session has state of its own that the next user must not get.
    Session = 4,
    /// The prepared statements are gone: `DISCARD ALL`, `DEALLOCATE ALL`.
    Deallocated = 8,
    /// The messages do not add up; nothing can be said of the connection any more.
    Lost = 16,
    /// The session has statements that SQL's `PREPARE` named.
    Named = 32,
    /// A transaction was rolled back, perhaps by a `COMMIT`: the server answers so when a statement of it had failed.
    RolledBack = 64,
    /// A transaction was dropped, so that its rollback is on the way.
    RollingBack = 128,
    /// Types that are not built in were looked up, by statements that tokio-postgres keeps for ever.
    Typed = 256,
    /// All prepared statements were gone at some time: [`Mark::Deallocated`], which is forgotten when the pool has dealt with its own.
    Discarded = 512,
}

/// Whether a connection can be given to somebody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// At once.
    Clean,
    /// Not before it is known what comes of something that is on its way.
    Unsettled,
    /// When its session state is reset.
    Used,
    /// Never: it is in a transaction, and nothing on its way ends that.
    InTransaction,
    /// Never.
    Lost,
}

const IDLE: u8 = b'I';

impl Wire {
    /// Whether a statement runs or waits to run.
    pub(crate) fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Acquire) > 0
    }

    /// Whether the last answer was outside of any transaction.
    pub(crate) fn is_outside_transaction(&self) -> bool {
        matches!(self.status.load(Ordering::Acquire), IDLE | 0)
    }

    pub(crate) fn mark(&self, mark: Mark) {
        if !self.has(mark) {
            self.marks.fetch_or(mark as u32, Ordering::AcqRel);
        }
    }

    pub(crate) fn has(&self, mark: Mark) -> bool {
        self.marks.load(Ordering::Acquire) & mark as u32 != 0
    }

    /// Forgets a mark; tells whether it was there.
    pub(crate) fn clear(&self, mark: Mark) -> bool {
        self.has(mark) && self.marks.fetch_and(!(mark as u32), Ordering::AcqRel) & mark as u32 != 0
    }

    /// What may be done with the connection when it comes back.
    pub(crate) fn verdict(&self) -> Verdict {
        let marks = self.marks.load(Ordering::Acquire);
        let is = |mark: Mark| marks & mark as u32 != 0;
        // Without the statements that look up types, any type that is new is an error.
        if is(Mark::Lost) || is(Mark::Typed) && is(Mark::Discarded) {
            return Verdict::Lost;
        }
        if is(Mark::Abandoned) || is(Mark::RollingBack) || self.is_busy() {
            return Verdict::Unsettled;
        }
        if !self.is_outside_transaction() {
            // A bare transaction that was dropped has its ROLLBACK on the way.
            return if is(Mark::Bare) { Verdict::Unsettled } else { Verdict::InTransaction };
        }
        if is(Mark::Session) || is(Mark::Named) { Verdict::Used } else { Verdict::Clean }
    }

    fn set_status(&self, status: u8) {
        self.status.store(status, Ordering::Release);
    }

    fn set_busy(&self, groups: u32) {
        self.busy.store(groups, Ordering::Release);
    }
}

/// Marks the connection when it is dropped before [`Watch::done`]: somebody stopped waiting.
pub(crate) struct Watch<'a>(Option<&'a Wire>);

impl<'a> Watch<'a> {
    pub(crate) fn new(wire: &'a Wire) -> Self {
        Self(Some(wire))
    }

    pub(crate) fn done(mut self) {
        self.0 = None;
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if let Some(wire) = self.0 {
            wire.mark(Mark::Abandoned);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(busy: u32, status: u8, marks: &[Mark], expected: Verdict) {
        let wire = Wire::default();
        wire.set_busy(busy);
        wire.set_status(status);
        for mark in marks {
            wire.mark(*mark);
        }
        assert_eq!(wire.verdict(), expected, "{busy} {} {marks:?}", char::from(status));
    }

    #[test]
    fn what_comes_back_is_judged() {
        check(0, b'I', &[], Verdict::Clean);
        check(0, b'I', &[Mark::Bare], Verdict::Clean);
        check(1, b'I', &[], Verdict::Unsettled);
        check(0, b'I', &[Mark::Abandoned], Verdict::Unsettled);
        check(0, b'T', &[], Verdict::InTransaction);
        check(0, b'E', &[], Verdict::InTransaction);
        check(0, b'T', &[Mark::Abandoned], Verdict::Unsettled);
        check(0, b'T', &[Mark::Bare], Verdict::Unsettled);
        check(0, b'T', &[Mark::RollingBack], Verdict::Unsettled);
        check(0, b'I', &[Mark::RollingBack], Verdict::Unsettled);
        check(0, b'I', &[Mark::Session], Verdict::Used);
        check(0, b'I', &[Mark::Named], Verdict::Used);
        check(0, b'I', &[Mark::Deallocated, Mark::RolledBack], Verdict::Clean);
        check(0, b'I', &[Mark::Typed], Verdict::Clean);
        check(0, b'I', &[Mark::Discarded], Verdict::Clean);
        check(0, b'I', &[Mark::Typed, Mark::Discarded], Verdict::Lost);
        check(0, b'T', &[Mark::Session], Verdict::InTransaction);
        check(0, b'I', &[Mark::Lost], Verdict::Lost);
        check(1, b'T', &[Mark::Lost, Mark::Abandoned], Verdict::Lost);
    }

    #[test]
    fn who_stops_waiting_leaves_a_mark() {
        let wire = Wire::default();
        Watch::new(&wire).done();
        assert!(!wire.has(Mark::Abandoned));
        drop(Watch::new(&wire));
        assert!(wire.clear(Mark::Abandoned) && !wire.clear(Mark::Abandoned));
    }
}
