//! What a run works with.

use std::path::Path;
use std::time::Duration;

use pgrefit_pg::{Connector, Stop};

use crate::{Error, Event, Store};

/// Bounds of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long one statement that reads or writes a whole table may take.
    pub statement: Duration,
    /// How long a strong lock is waited for, each time: everybody else waits behind it.
    pub lock: Duration,
    /// How often it is tried, with pauses that grow from a tenth of a second to five seconds.
    pub lock_tries: u32,
    /// How often a table is exported when its rows go on changing.
    pub rounds: u32,
    /// How long one request to the store may take, without its retries.
    pub store: Duration,
    /// At most so many bytes may be used in the work folder, whatever room the disk has.
    pub work_bytes: Option<u64>,
}

impl Default for Limits {
    /// 6 h for a statement, 20 tries of 1 s for a lock, 3 rounds, 5 min for a request; as many bytes as the disk has.
    fn default() -> Self {
        Self {
            statement: Duration::from_hours(6),
            lock: Duration::from_secs(1),
            lock_tries: 20,
            rounds: 3,
            store: Duration::from_mins(5),
            work_bytes: None,
        }
    }
}

/// What a run works with.
pub struct Job<'a> {
    /// The database. The role owns the table, and its parent.
    pub source: &'a Connector,
    /// The name of the history table, beside which the ledger stands; as `search_path` finds it.
    pub history: &'a str,
    /// Where archives are kept.
    pub store: &'a Store,
    /// A folder for files in the making; made where it is missing.
    pub work: &'a Path,
    /// For manifest and ledger: `pgrefit/0.1.0`.
    pub tool: &'a str,
    /// Bounds.
    pub limits: Limits,
    /// Ends the run in order.
    pub stop: &'a Stop,
    /// Is told what happens, from several threads.
    pub on_event: &'a (dyn Fn(Event) + Send + Sync),
}

impl std::fmt::Debug for Job<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { source, history, store, work, .. } = self;
        let mut debug = f.debug_struct("Job");
        debug.field("source", source).field("history", history).field("store", store).field("work", work);
        debug.finish_non_exhaustive()
    }
}

impl Job<'_> {
    pub(crate) fn tell(&self, event: Event) {
        (self.on_event)(event);
    }

    pub(crate) fn check_stop(&self) -> Result<(), Error> {
        if self.stop.is_requested() { Err(Error::Stopped) } else { Ok(()) }
    }

    /// Does `work`, unless somebody asks to stop; then it is dropped where it is.
    pub(crate) async fn unless_stopped<T>(
        &self,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        tokio::select! {
            biased;
            () = self.stop.requested() => Err(Error::Stopped),
            done = work => done,
        }
    }
}
