//! Runs a mix of an application's transactions while something else happens to the database.

mod pace;
mod session;
mod worker;

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use pgrefit_pg::{Connector, Stop};
use tokio::task::JoinSet;

use crate::traffic::Recorder;
use crate::{Error, Query, Traffic};
use pace::Mix;
use session::Session;
use worker::Worker;

/// When transactions begin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// Closed loop: each session begins the next when it has the answer to the last, so that a slow server is asked less. A stall
    /// counts once for each session; how many users it would have hurt is not seen. After a failure a session pauses for 10 ms.
    Closed,
    /// Open loop: so many a second over all sessions together, whatever the server does. The time of each is measured from when it
    /// was due, not from when a session was free for it: a stall counts for everybody whom it would have kept waiting ("coordinated
    /// omission" is avoided).
    PerSecond(f64),
}

/// How [`replay`] works.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReplayOptions {
    /// Sessions, each with a connection of its own.
    pub sessions: usize,
    /// When transactions begin.
    pub pace: Pace,
    /// Whether the target may be written. If not, each transaction is `READ ONLY`, and a statement that writes fails with SQLSTATE
    /// 25006. If so, each statement is a transaction of its own that is committed.
    pub write: bool,
    /// Whether a statement that does not fit any more as it was prepared (SQLSTATE 0A000: its result has another type; 42883: a
    /// parameter has) is prepared anew and run once more, as some drivers do (pgJDBC, Active Record) and others leave to the application. Such a transaction has not failed;
    /// how many there were is told.
    pub prepare_again: bool,
    /// Decides which transaction comes when: the same for the same seed and mix.
    pub seed: u64,
    /// `statement_timeout`: how long a user would wait.
    pub statement_limit: Duration,
    /// `lock_timeout`; zero is none, as most applications have it.
    pub lock_limit: Duration,
    /// How long a session tries to connect again after its connection was lost.
    pub reconnect_limit: Duration,
    /// It ends after so long, even if nobody asks for it.
    pub run_limit: Duration,
    /// How long the transactions under way at the end may take before they are cancelled.
    pub drain_limit: Duration,
    /// Length of the pieces of time in the result. It doubles as often as needed to keep them at 600 at most.
    pub bucket: Duration,
}

impl Default for ReplayOptions {
    /// 4 sessions in a closed loop that only read; 30 s for a statement, none for a lock, 30 s to connect again, an hour in all, 2 s
    /// at the end; pieces of 250 ms.
    fn default() -> Self {
        Self {
            sessions: 4,
            pace: Pace::Closed,
            write: false,
            prepare_again: false,
            seed: 1,
            statement_limit: Duration::from_secs(30),
            lock_limit: Duration::ZERO,
            reconnect_limit: Duration::from_secs(30),
            run_limit: Duration::from_hours(1),
            drain_limit: Duration::from_secs(2),
            bucket: Duration::from_millis(250),
        }
    }
}

impl ReplayOptions {
    /// Sessions that may be asked for.
    pub const SESSIONS_MAX: usize = 256;

    fn check(&self, through_pooler: bool) -> Result<(), Error> {
        if self.sessions == 0 || self.sessions > Self::SESSIONS_MAX {
            return Err(Error::Options("sessions must be between 1 and 256"));
        }
        if let Pace::PerSecond(rate) = self.pace
            && !(0.001..=1_000_000.0).contains(&rate)
        {
            return Err(Error::Options("a rate must be between 0.001 and 1000000 per second"));
        }
        if !(Duration::from_millis(100)..=Duration::from_secs(1)).contains(&self.bucket) {
            return Err(Error::Options("a bucket must be between 100 ms and 1 s long"));
        }
        if self.statement_limit < Duration::from_millis(1) {
            return Err(Error::Options("a statement must be given at least 1 ms"));
        }
        // A session that must set nothing for itself has no statement_timeout.
        if self.write && through_pooler {
            return Err(Error::Options("statements that write cannot be replayed through a pooler"));
        }
        Ok(())
    }
}

/// Runs the weighted mix of `queries` over several sessions until `stop` is requested or the limit is over, and says how it fared.
///
/// Each transaction is one statement, prepared once for each session under a name and executed by it, as drivers and their statement
/// caches do it; so `cached plan must not change result type` (SQLSTATE 0A000) shows when a migration changes a table under them. After
/// that failure, and after 26000 and 42883, the statement is prepared anew. After a lost connection the session connects again, with pauses that
/// grow from 50 ms to 1 s; transactions that are due meanwhile wait for it, in an open loop.
///
/// With [`ReplayOptions::write`] statements are committed: only where the caller knows that the target may be written. Without, the
/// server is asked in each transaction whether it is read-only, which costs a round trip that is part of the measured time.
///
/// `stop` ends the traffic; it is the caller's business to request it when the work beside it is done, or a person wants to stop.
/// What was prepared and opened ends with the sessions. Memory does not grow with time: latencies are kept as histograms. Times are
/// taken on this machine: whoever blocks the threads of the runtime is measured too.
///
/// # Errors
/// No first session, no query with a weight, options out of range. What happens later is part of the result.
pub async fn replay(
    connector: &Connector,
    queries: &[Query],
    options: &ReplayOptions,
    stop: &Stop,
) -> Result<Traffic, Error> {
    replay_telling(connector, queries, options, stop, || {}).await
}

/// As [`replay`]; calls `on_begun` when all sessions are open and the first transactions begin: the moment from which the result
/// counts, and before which it would be too early to do anything that is to be seen in it.
///
/// # Errors
/// As [`replay`]; `on_begun` has not been called then.
pub async fn replay_telling(
    connector: &Connector,
    queries: &[Query],
    options: &ReplayOptions,
    stop: &Stop,
    on_begun: impl FnOnce() + Send,
) -> Result<Traffic, Error> {
    options.check(connector.is_through_pooler())?;
    let _heed = stop.heed();
    let mix = Mix::new(queries, options.seed).ok_or(Error::EmptyMix)?;
    let sessions = tokio::select! {
        sessions = open_all(connector, options, queries.len()) => sessions?,
        () = stop.requested() => Vec::new(),
    };
    let shared = Arc::new(Shared {
        queries: queries.to_vec(),
        mix,
        options: *options,
        stop: stop.clone(),
        begun: Instant::now(),
        ended_at: OnceLock::new(),
        next: AtomicU64::new(0),
        recorder: Mutex::new(Recorder::new(queries.len(), options.bucket)?),
    });
    on_begun();
    let mut workers = JoinSet::new();
    for session in sessions {
        workers.spawn(Worker::new(connector.clone(), session, Arc::clone(&shared)).run());
    }
    while let Some(ended) = workers.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a session of the replay broke");
            shared.record(|recorder| recorder.gave_up += 1);
        }
    }
    Ok(shared.finish())
}

async fn open_all(
    connector: &Connector,
    options: &ReplayOptions,
    queries: usize,
) -> Result<Vec<Session>, Error> {
    let mut sessions = Vec::with_capacity(options.sessions);
    for _ in 0..options.sessions {
        sessions.push(Session::open(connector, options, queries).await?);
    }
    Ok(sessions)
}

/// What the sessions of one replay share.
struct Shared {
    queries: Vec<Query>,
    mix: Mix,
    options: ReplayOptions,
    stop: Stop,
    begun: Instant,
    /// From the beginning to when the end was noticed.
    ended_at: OnceLock<Duration>,
    /// The number of the next transaction.
    next: AtomicU64,
    recorder: Mutex<Recorder>,
}

impl Shared {
    fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    fn record(&self, change: impl FnOnce(&mut Recorder)) {
        change(&mut self.recorder.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
