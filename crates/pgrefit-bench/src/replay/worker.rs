//! What one session of the replay does until it ends.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use pgrefit_pg::{Answer, Connector, Error};
use tokio::time::{sleep, timeout};

use super::session::Session;
use super::{Pace, Shared};
use crate::Trouble;
use crate::traffic::{Outcome, Transaction};

/// How long the server may take beyond its own limit before it counts as gone.
const GRACE: Duration = Duration::from_secs(5);
/// Pauses between attempts to connect.
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));
/// Keeps a closed loop from asking thousands of times a second for what fails at once.
const AFTER_FAILURE: Duration = Duration::from_millis(10);
/// A timer wakes so much later than it should at most; that is not the server's doing.
const TIMER_SLACK: Duration = Duration::from_millis(2);
/// What was due so shortly before the end is not overdue: a session that was just done would have taken it.
const OVERDUE_BY: Duration = Duration::from_millis(10);

pub(super) struct Worker {
    connector: Connector,
    session: Session,
    shared: Arc<Shared>,
}

/// A transaction that is to begin now.
#[derive(Debug, Clone, Copy)]
struct Turn {
    query: usize,
    list: usize,
    /// When it was to begin, from the beginning of the replay.
    due: Duration,
}

impl Worker {
    pub(super) fn new(connector: Connector, session: Session, shared: Arc<Shared>) -> Self {
        Self { connector, session, shared }
    }

    pub(super) async fn run(mut self) {
        while let Some(turn) = self.next().await {
            let answer = self.transaction(&turn).await;
            let has_failed = answer.is_err();
            let is_usable = self.take_down(&turn, answer);
            if !is_usable && !self.reconnect().await {
                return;
            }
            if has_failed && self.shared.options.pace == Pace::Closed {
                sleep(AFTER_FAILURE).await;
            }
        }
    }

    /// Waits until the next transaction is due; none when the replay has ended.
    async fn next(&self) -> Option<Turn> {
        let shared = &self.shared;
        if shared.has_ended() {
            return None;
        }
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        let (query, list) = shared.mix.pick(number);
        let Some(due) = shared.options.pace.due(number) else {
            return Some(Turn { query, list, due: shared.elapsed() });
        };
        let wait = due.saturating_sub(shared.elapsed());
        if !wait.is_zero() {
            tokio::select! {
                () = sleep(wait) => {}
                () = shared.ended() => return None,
            }
        }
        let late = shared.elapsed().saturating_sub(due);
        let is_timer = !wait.is_zero() && late <= TIMER_SLACK;
        Some(Turn { query, list, due: if is_timer { due + late } else { due } })
    }

    /// Runs one transaction, within its limit; cancels it when the replay has ended and the time for that is over.
    async fn transaction(&mut self, turn: &Turn) -> Result<Answer, Error> {
        let shared = Arc::clone(&self.shared);
        let cancel = self.session.cancel_handle();
        let limit = shared.options.statement_limit.saturating_add(GRACE);
        let mut work =
            pin!(timeout(limit, self.session.run(turn.query, &shared.queries[turn.query], turn.list)));
        let late = |_| Err(Error::Timeout { what: "hear from the server again".to_owned(), limit });
        let drained = async {
            shared.ended().await;
            sleep(shared.options.drain_limit).await;
        };
        tokio::select! {
            answer = &mut work => return answer.unwrap_or_else(late),
            () = drained => {}
        }
        if let Err(error) = cancel.cancel().await {
            tracing::debug!("the server was not told to cancel: {error}");
        }
        timeout(GRACE, work).await.map_or_else(late, |answer| answer.unwrap_or_else(late))
    }

    /// Takes down how it ended; says whether the session can go on.
    fn take_down(&mut self, turn: &Turn, answer: Result<Answer, Error>) -> bool {
        let Turn { query, due, .. } = *turn;
        let is_usable = answer.as_ref().err().is_none_or(|error| !is_gone(error));
        let outcome = match answer {
            Ok(_) => Outcome::Served,
            Err(error) if self.shared.has_drained() && is_ended_early(&error) => {
                tracing::debug!("a transaction was cut off: {error}");
                Outcome::CutOff
            }
            Err(error) => {
                self.session.forget_after(query, &error);
                failed(&error)
            }
        };
        let prepared_again = self.session.take_prepared_again();
        self.shared.record(|recorder| {
            recorder.prepared_again += prepared_again;
            // Taken while no other session can take one, so that they come in their order.
            let ended = self.shared.elapsed();
            recorder.record(Transaction { query, due, ended, outcome }, &self.shared.queries);
        });
        is_usable
    }

    /// Connects again; says whether that was done, and not given up or ended.
    async fn reconnect(&mut self) -> bool {
        let shared = Arc::clone(&self.shared);
        let (begun, mut pause) = (Instant::now(), PAUSE.0);
        loop {
            let opening = Session::open(&self.connector, &shared.options, shared.queries.len());
            let opened = tokio::select! {
                opened = opening => opened,
                () = shared.ended() => return false,
            };
            match opened {
                Ok(session) => {
                    self.session = session;
                    shared.record(|recorder| recorder.reconnects += 1);
                    return true;
                }
                Err(error) => tracing::debug!("a session of the replay could not connect again: {error}"),
            }
            if begun.elapsed() + pause > shared.options.reconnect_limit {
                shared.record(|recorder| recorder.gave_up += 1);
                return false;
            }
            tokio::select! {
                () = sleep(pause) => {}
                () = shared.ended() => return false,
            }
            pause = (pause * 2).min(PAUSE.1);
        }
    }
}

fn is_ended_early(error: &Error) -> bool {
    matches!(error, Error::Cancelled(_) | Error::LockTimeout(_) | Error::Timeout { .. })
}

fn is_gone(error: &Error) -> bool {
    let by_server = error.server().is_some_and(|server| server.ends_session);
    by_server || matches!(error, Error::Lost { .. } | Error::Timeout { .. } | Error::NotReadOnly)
}

fn failed(error: &Error) -> Outcome {
    Outcome::Failed {
        key: Trouble::key_of(error),
        trouble: Trouble::of(error),
        timed_out: Trouble::is_timeout(error),
        lost: matches!(error, Error::Lost { .. }),
    }
}

impl Shared {
    /// Whether no more transaction may begin.
    fn has_ended(&self) -> bool {
        let has_ended = self.stop.is_requested() || self.elapsed() >= self.options.run_limit;
        if has_ended {
            self.ended_at();
        }
        has_ended
    }

    /// Waits for that.
    async fn ended(&self) {
        tokio::select! {
            () = self.stop.requested() => {}
            () = sleep(self.options.run_limit.saturating_sub(self.elapsed())) => {}
        }
        self.ended_at();
    }

    /// When that was first noticed.
    fn ended_at(&self) -> Duration {
        *self.ended_at.get_or_init(|| self.elapsed())
    }

    /// Whether those under way have had their time.
    fn has_drained(&self) -> bool {
        let ended_at = self.ended_at.get();
        ended_at.is_some_and(|at| self.elapsed() >= at.saturating_add(self.options.drain_limit))
    }

    /// How it all fared; all sessions have ended.
    pub(super) fn finish(&self) -> crate::Traffic {
        // A session that is free has taken a number and waits for its moment: what nobody has taken came too late for all of them.
        let late = self.ended_at().checked_sub(OVERDUE_BY);
        let due = late.and_then(|late| self.options.pace.due_by(late));
        let taken = self.next.load(Ordering::Relaxed);
        let overdue = due.map_or(0, |due| due.saturating_sub(taken));
        let elapsed = self.elapsed();
        let mut recorder = self.recorder.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        recorder.finish(elapsed, overdue, &self.queries)
    }
}
