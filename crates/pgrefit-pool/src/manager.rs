//! What deadpool asks for: opening a connection, and looking at an idle one before it is handed out.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use deadpool::managed::{self, Metrics as ObjectMetrics, RecycleError};
use pgrefit_metrics::{CloseReason, Phase};
use pgrefit_pg::{MakeTap, TappedSession};
use tokio::time::timeout;

use crate::Error;
use crate::core::{Core, Creating};
use crate::slot::Slot;
use crate::wire::{Mark, Verdict, Watcher, Wire};

type Opening<'a> = Pin<Box<dyn Future<Output = Result<TappedSession, pgrefit_pg::Error>> + Send + 'a>>;

/// In their boxes, as deadpool gets them.
type Spare = Vec<Box<Slot>>;

/// Opens connections.
pub(crate) struct Manager {
    pub(crate) core: Arc<Core>,
    /// Opened before anybody asked; the next request for a new connection gets one of these.
    spare: Mutex<Spare>,
}

impl std::fmt::Debug for Manager {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Manager").field("config", &self.core.config).finish_non_exhaustive()
    }
}

impl Manager {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self { core, spare: Mutex::default() }
    }

    /// The spare ones, taken out.
    pub(crate) fn take_spare(&self) -> Spare {
        std::mem::take(&mut *self.spare())
    }

    /// Opens one for later. The caller is inside of the gate.
    pub(crate) async fn add_spare(&self, creating: Creating<'_>) -> Result<(), Error> {
        let slot = self.open(creating).await?;
        self.put_back(slot);
        Ok(())
    }

    pub(crate) fn put_back(&self, slot: Box<Slot>) {
        self.spare().push(slot);
        // The pool may have been closed, and its spare connections with it, while this one was opened or looked at.
        if self.core.counts.gate.is_shut() {
            drop(self.take_spare());
        }
    }

    /// Not for the length of a loop's body: the guard is gone when this returns.
    fn next_spare(&self) -> Option<Box<Slot>> {
        self.spare().pop()
    }

    fn spare(&self) -> std::sync::MutexGuard<'_, Spare> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn open(&self, _creating: Creating<'_>) -> Result<Box<Slot>, Error> {
        let core = &self.core;
        let (limit, pool) = (core.config.create_timeout, &core.config.name);
        let started = Instant::now();
        let latest = Arc::<Mutex<Arc<Wire>>>::default();
        // Boxed: a future of many layers, for something rare.
        let opening: Opening<'_> = Box::pin(core.connector.tapped(watched(&latest)));
        let opened = timeout(limit, opening).await;
        let failed = match opened {
            Ok(Ok(session)) => return Ok(self.opened(session, &latest, started)),
            Ok(Err(source)) => {
                core.metrics.connect_errors(source.server().map(|server| &*server.sqlstate)).add_one();
                Error::Create { pool: pool.clone(), source }
            }
            Err(_) => {
                core.metrics.connect_errors(None).add_one();
                Error::CreateTimeout { pool: pool.clone(), limit }
            }
        };
        if failed.is_timeout() {
            core.metrics.timeouts(Phase::Create).add_one();
        }
        Err(failed)
    }

    fn opened(&self, session: TappedSession, latest: &Mutex<Arc<Wire>>, started: Instant) -> Box<Slot> {
        self.core.metrics.create.observe(started.elapsed());
        let wire = Arc::clone(&latest.lock().unwrap_or_else(PoisonError::into_inner));
        Box::new(Slot::new(session, wire, Arc::clone(&self.core)))
    }
}

/// Watches each connection that is tried, and keeps the state of the last one, which is the one that succeeds if any does.
fn watched(latest: &Arc<Mutex<Arc<Wire>>>) -> MakeTap {
    let latest = Arc::clone(latest);
    Arc::new(move || {
        let wire = Arc::<Wire>::default();
        *latest.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&wire);
        Box::new(Watcher::new(wire))
    })
}

impl managed::Manager for Manager {
    /// Boxed, because it is moved several times in each use.
    type Type = Box<Slot>;
    type Error = Error;

    async fn create(&self) -> Result<Box<Slot>, Error> {
        if let Some(slot) = self.good_spare().await {
            return Ok(slot);
        }
        self.open(Creating::new(&self.core.counts)).await
    }

    /// Nothing but a look at what is known, unless the connection has idled for long or its bare client was handed out.
    async fn recycle(&self, slot: &mut Box<Slot>, _: &ObjectMetrics) -> Result<(), RecycleError<Error>> {
        let now = Instant::now();
        let reason = self.fault(slot, now).await;
        let Some(reason) = reason else {
            // A check that took its time is part of the wait, not of the use.
            slot.touched = slot.touched.max(now);
            return Ok(());
        };
        slot.doom(reason);
        Err(RecycleError::message(reason.word()))
    }
}

impl Manager {
    /// A connection that was opened for later, if one is still good. Others are closed before a new one is opened.
    async fn good_spare(&self) -> Option<Box<Slot>> {
        while let Some(mut slot) = self.next_spare() {
            let now = Instant::now();
            let reason = match slot.reason_to_close(now) {
                None => self.fault(&mut slot, now).await,
                reason => reason,
            };
            let Some(reason) = reason else {
                slot.touched = slot.touched.max(now);
                return Some(slot);
            };
            slot.doom(reason);
        }
        None
    }

    async fn fault(&self, slot: &mut Slot, now: Instant) -> Option<CloseReason> {
        if slot.client.is_closed() || !self.core.trusts(slot.touched) {
            return Some(CloseReason::Broken);
        }
        let has_idled = now.saturating_duration_since(slot.touched) > self.core.config.check_after;
        // A request that nobody waits for may still be on its way to the task that sends it, and so may the end of a COPY. They are
        // answered before what is asked now.
        let was_bare = slot.wire.clear(Mark::Bare);
        let is_asked = has_idled || was_bare && slot.wire.verdict() != Verdict::Unsettled;
        if is_asked && let Err(reason) = slot.check().await {
            return Some(reason);
        }
        match slot.wire.verdict() {
            Verdict::Clean => None,
            Verdict::Used if self.core.config.pooling == crate::Pooling::Transaction => None,
            Verdict::Unsettled => Some(CloseReason::DirtyBusy),
            Verdict::InTransaction => Some(CloseReason::DirtyTransaction),
            Verdict::Used | Verdict::Lost => Some(CloseReason::RecycleFailed),
        }
    }
}
