//! Somebody attends while the server works: looks from a second session who is in the way and how far it has come,
//! hears a request to stop, ends waiting that outlasts its budget, and notices when nobody answers any more.

use std::pin::pin;
use std::time::{Duration, Instant};

use pgrefit_pg::activity::{self, Blocker, Watched};
use pgrefit_pg::{CancelHandle, Connector, Error as PgError, ReadOnly, Stop};
use tokio::time::{sleep, timeout};

use super::{Event, Listener};

/// Work that is over sooner is not looked at.
const FIRST_LOOK: Duration = Duration::from_millis(150);
const LOOK_INTERVAL: Duration = Duration::from_millis(500);
/// One look takes no longer, or was in vain.
const LOOK_LIMIT: Duration = Duration::from_secs(5);
/// When looks have been in vain for so long, the network is taken for cut.
const SILENCE_MAX: Duration = Duration::from_secs(20);
/// When the backend has not been at work for so long, and no answer has come, the connection to it is taken for lost.
const IDLE_MAX: Duration = Duration::from_secs(5);
/// How long the server may take to obey a cancel request.
const CANCEL_LIMIT: Duration = Duration::from_secs(10);

/// The second session, opened when it is first needed. It only reads.
#[derive(Debug)]
pub(super) struct Scout<'a> {
    connector: &'a Connector,
    session: Option<ReadOnly>,
}

impl<'a> Scout<'a> {
    pub(super) fn new(connector: &'a Connector) -> Self {
        Self { connector, session: None }
    }

    /// The session. Whoever gets an error from it gives it up by [`Self::forget`].
    pub(super) async fn session(&mut self) -> Result<&ReadOnly, PgError> {
        if self.session.is_none() {
            self.session = Some(self.connector.read_only().await?);
        }
        self.session.as_ref().ok_or_else(|| PgError::Lost { server: None, source: None })
    }

    /// Closes the session, so that the next look has a fresh one.
    pub(super) fn forget(&mut self) {
        self.session = None;
    }

    /// The backend that works; none when it is done, or nobody knows.
    async fn find(&mut self, who: &Who<'_>) -> Result<Option<i32>, PgError> {
        Ok(match who {
            Who::Backend(pid) => Some(*pid),
            Who::Mark(mark) => {
                activity::running(self.session().await?, mark).await?.first().map(|found| found.pid)
            }
            Who::Unknown => None,
        })
    }

    /// A look at a backend, within its limit.
    async fn watch(&mut self, who: &Who<'_>) -> Result<Watched, PgError> {
        let look = async {
            let Some(pid) = self.find(who).await? else { return Ok(Watched::default()) };
            activity::watch(self.session().await?, pid).await
        };
        let seen = timeout(LOOK_LIMIT, look).await;
        let seen = seen.unwrap_or_else(|_| Err(PgError::Timeout { what: "look".into(), limit: LOOK_LIMIT }));
        if seen.is_err() {
            self.forget();
        }
        seen
    }
}

/// Why work was ended from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// On request.
    Stopped,
    /// It had waited for others for longer than it may.
    OverBudget,
    /// The server did not answer any more.
    Silent,
}

/// What became of attended work.
#[derive(Debug)]
pub(super) struct Attended<T> {
    /// Its result; none when it was given up.
    pub(super) result: Option<T>,
    /// Whom it waited for when that was last seen.
    pub(super) blockers: Vec<Blocker>,
    /// Why it was ended from here, if so. Its result may be a success all the same.
    pub(super) ended: Option<Ended>,
}

/// Which backend works.
#[derive(Debug, Clone, Copy)]
pub(super) enum Who<'x> {
    /// The one with this process id.
    Backend(i32),
    /// The one whose statement begins so: behind a pooler, which gives any.
    Mark(&'x str),
    /// Nobody knows, and `lock_timeout` bounds its waiting.
    Unknown,
}

/// Everything needed to attend.
pub(super) struct Attendant<'x, 'a> {
    pub(super) scout: &'x mut Scout<'a>,
    pub(super) listener: &'x mut Listener<'x>,
    pub(super) stop: &'x Stop,
    pub(super) cancel: CancelHandle,
    pub(super) who: Who<'x>,
    pub(super) title: &'x str,
    /// How long it may wait for others without a break; none where `lock_timeout` sees to that.
    pub(super) wait_max: Option<Duration>,
}

impl Attendant<'_, '_> {
    /// Drives `work` to its end, or gives it up.
    pub(super) async fn attend<T>(mut self, work: impl Future<Output = T>) -> Attended<T> {
        let mut work = pin!(work);
        let start = Instant::now();
        let mut seen = Seen::default();
        let mut pause = FIRST_LOOK;
        loop {
            let ended = tokio::select! {
                biased;
                result = &mut work => {
                    return Attended { result: Some(result), blockers: seen.blockers, ended: None };
                }
                ended = self.next(&mut seen, start, pause) => ended,
            };
            pause = LOOK_INTERVAL;
            let Some(ended) = ended else { continue };
            // A cancel request for work that has just ended does nothing.
            let result = if ended == Ended::Silent {
                None
            } else {
                let obey = async {
                    // What could not be asked for does not happen, which the limit shows.
                    let _ = self.cancel_work().await;
                    (&mut work).await
                };
                timeout(CANCEL_LIMIT, obey).await.ok()
            };
            return Attended { result, blockers: seen.blockers, ended: Some(ended) };
        }
    }

    /// Cancels the statement. Behind a pooler by SQL: a cancel request may be dropped there, because its connection is closed
    /// as soon as it is sent.
    async fn cancel_work(&mut self) -> Result<(), PgError> {
        if let Who::Backend(_) = self.who {
            return self.cancel.cancel().await;
        }
        let Some(pid) = self.scout.find(&self.who).await? else { return Ok(()) };
        let mut session = self.scout.connector.migrator().await?;
        session.simple(&format!("SELECT pg_catalog.pg_cancel_backend({pid})")).await.map(|_| ())
    }

    /// The next look; returns when there is a reason to end the work.
    async fn next(&mut self, seen: &mut Seen, start: Instant, pause: Duration) -> Option<Ended> {
        tokio::select! {
            () = self.stop.requested() => return Some(Ended::Stopped),
            () = sleep(pause) => {}
        }
        if matches!(self.who, Who::Unknown) {
            return None;
        }
        let watched = tokio::select! {
            () = self.stop.requested() => return Some(Ended::Stopped),
            watched = self.scout.watch(&self.who) => watched,
        };
        let watched = match watched {
            Ok(watched) => watched,
            Err(error) => return seen.nothing(&error).then_some(Ended::Silent),
        };
        if seen.idle(watched.is_active) {
            return Some(Ended::Silent);
        }
        let over = seen.take(&watched.blockers, self.wait_max);
        (self.listener)(Event::Progress {
            title: self.title,
            progress: watched.progress.as_ref(),
            blockers: &watched.blockers,
            elapsed: start.elapsed(),
        });
        over.then_some(Ended::OverBudget)
    }
}

/// What the looks have seen so far.
#[derive(Debug, Default)]
struct Seen {
    blockers: Vec<Blocker>,
    blocked_since: Option<Instant>,
    silent_since: Option<Instant>,
    idle_since: Option<Instant>,
}

impl Seen {
    /// Takes in whether the backend is at work; whether it has not been for too long.
    fn idle(&mut self, is_active: bool) -> bool {
        if is_active {
            self.idle_since = None;
            return false;
        }
        self.idle_since.get_or_insert_with(Instant::now).elapsed() > IDLE_MAX
    }

    /// Takes in who is in the way; whether that has lasted too long.
    fn take(&mut self, blockers: &[Blocker], wait_max: Option<Duration>) -> bool {
        self.silent_since = None;
        if blockers.is_empty() {
            self.blocked_since = None;
            return false;
        }
        self.blockers = blockers.to_vec();
        let since = *self.blocked_since.get_or_insert_with(Instant::now);
        wait_max.is_some_and(|wait_max| since.elapsed() > wait_max)
    }

    /// Takes in a look in vain; whether nobody has answered for too long. An answer that is no help is an answer.
    fn nothing(&mut self, error: &PgError) -> bool {
        if !matches!(error, PgError::Timeout { .. } | PgError::Unreachable { .. } | PgError::Lost { .. }) {
            self.silent_since = None;
            return false;
        }
        self.silent_since.get_or_insert_with(Instant::now).elapsed() > SILENCE_MAX
    }
}
