//! What happens while migrations are applied.

use std::time::Duration;

use pgrefit_pg::LockHolder;
use pgrefit_pg::activity::{Blocker, Progress};

/// Something that happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// Another runner is at work; who, if it could be seen.
    RunnerBusy(Option<&'a LockHolder>),
    /// A migration begins; `index` of `count`, from 0.
    Begin {
        /// The migration.
        title: &'a str,
        /// Its place among those to be applied.
        index: usize,
        /// How many are to be applied.
        count: usize,
    },
    /// A migration waits until somebody who is in its way has gone, before it asks for its locks.
    WaitingForGap {
        /// The migration.
        title: &'a str,
        /// Who is in the way, oldest transaction first.
        blockers: &'a [Blocker],
    },
    /// A strong lock, or a backfill, waits until replicas have caught up.
    WaitingForReplicas {
        /// The migration.
        title: &'a str,
        /// How far the last of them is behind.
        lag: Duration,
    },
    /// A migration did not get its locks in time and will be tried again.
    LockedOut {
        /// The migration.
        title: &'a str,
        /// The pause until the next attempt.
        pause: Duration,
        /// Who was in the way, as far as that was seen.
        blockers: &'a [Blocker],
    },
    /// A step of a migration that runs in steps begins.
    Step {
        /// The migration.
        title: &'a str,
        /// The step, from 1.
        index: usize,
        /// Of how many.
        count: usize,
        /// `on its own`, `in batches`, `in a transaction`.
        kind: &'static str,
    },
    /// How far a statement has come.
    Progress {
        /// The migration.
        title: &'a str,
        /// What the server tells of its command, if it tells anything.
        progress: Option<&'a Progress>,
        /// Whom it waits for.
        blockers: &'a [Blocker],
        /// How long the statement has been running.
        elapsed: Duration,
    },
    /// A batch of a backfill is committed.
    Batch {
        /// The migration.
        title: &'a str,
        /// Rows that the batches of this run have looked at.
        scanned: u64,
        /// The server's estimate of all rows to look at; 0 when it has none.
        total: u64,
        /// Rows written, by earlier runs too.
        written: u64,
        /// How many rows the next batch looks at.
        batch: u32,
        /// How long it will still take, if that can be told.
        remaining: Option<Duration>,
        /// The pause until the next batch, when the server is under pressure.
        pause: Duration,
        /// How long this way through the table has taken so far.
        elapsed: Duration,
    },
    /// The connection was lost; it is tried again.
    Reconnecting {
        /// The migration.
        title: &'a str,
        /// How it was lost.
        cause: &'a str,
    },
    /// What a failed statement had left behind was removed.
    Swept {
        /// The migration.
        title: &'a str,
        /// What was removed.
        what: &'a str,
    },
    /// A migration is committed and recorded.
    Done {
        /// The migration.
        title: &'a str,
        /// How long it took, as seen from here.
        duration: Duration,
    },
}

/// Receives events.
pub type Listener<'a> = dyn FnMut(Event<'_>) + Send + 'a;
