//! A gap to ask for a strong lock in: nobody with a long transaction holds what is in its way.
//!
//! A request for a strong lock that has to wait keeps out everybody who comes after it, readers too. So the holders are
//! looked at first, on the relations that the statements name, their partitions, and the tables at the other ends of
//! their foreign keys; only when nobody is there who will stay, the lock is asked for, and not for long.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use pgrefit_pg::activity::{self, Blocker, Wanted};
use pgrefit_sql::{Effect, LockMode, Relation};
use tokio::time::sleep;

use super::Event;
use super::crew::Crew;
use super::patience::Patience;
use crate::Error;
use crate::table::quoted;

/// Whoever's transaction is older will probably stay longer than a short attempt.
const LONG: Duration = Duration::from_millis(200);
const LOOK_INTERVAL: Duration = Duration::from_millis(100);
/// An autovacuum may finish for so long. The server would end it for whoever waits in the queue behind it, but only after
/// `deadlock_timeout`, and all that time an application would wait, too.
const AUTOVACUUM_PATIENCE: Duration = Duration::from_secs(20);
/// Between two reports of the same wait.
const REPORT_INTERVAL: Duration = Duration::from_secs(5);

/// What the statements of one transaction want, and who was seen in the way.
#[derive(Debug, Default)]
pub(super) struct Gap {
    wanted: Vec<Wanted>,
    /// Whether readers, too, are kept out: then standbys replay the lock as well.
    is_exclusive: bool,
    /// When a transaction was first seen: for a role that may not see when it began.
    first_seen: HashMap<(i32, String), Instant>,
    /// Who was in the way at the last look.
    seen: Vec<Blocker>,
    /// Since when only autovacuums are in the way, and whether one was asked to end.
    autovacuum: Option<(Instant, bool)>,
}

impl Gap {
    /// The gap that statements with these effects need: they ask for locks that keep out an application's work.
    pub(super) fn of(effects: &[Effect]) -> Self {
        let locks = effects.iter().flat_map(|effect| &effect.locks).filter(|lock| is_strong(lock.mode));
        let mut gap = Self::default();
        for lock in locks {
            gap.is_exclusive |= lock.mode == LockMode::AccessExclusive;
            gap.wanted.push(Wanted {
                relation: name(&lock.relation),
                conflicts: LockMode::ALL
                    .into_iter()
                    .filter(|other| lock.mode.conflicts_with(*other))
                    .map(LockMode::pg_locks)
                    .collect(),
                partitions: lock.reach.reaches_partitions(),
                partners: lock.reach.reaches_partners(),
            });
        }
        gap
    }

    /// Whether there is anything to wait for.
    pub(super) fn is_needed(&self) -> bool {
        !self.wanted.is_empty()
    }

    /// Who is in the way now, after an attempt in vain.
    pub(super) async fn look_again(&mut self, crew: &mut Crew<'_, '_>) -> Vec<Blocker> {
        if self.is_needed() {
            self.look(crew).await;
        }
        self.seen.clone()
    }

    /// Waits for a gap. A look that is not possible is no reason to wait: the attempt that follows is short.
    ///
    /// # Errors
    /// The patience is spent; a request to stop.
    pub(super) async fn wait(
        &mut self,
        crew: &mut Crew<'_, '_>,
        title: &str,
        patience: &mut Patience,
    ) -> Result<(), Error> {
        let mut reported: Option<Instant> = None;
        loop {
            let start = Instant::now();
            let Some(mut long) = self.look(crew).await else { return Ok(()) };
            if long.is_empty() {
                long = self.autovacuums(crew).await;
            }
            let lag = if self.is_exclusive { crew.replica_lag().await } else { Duration::ZERO };
            let replicas_are_behind = lag > crew.bounds.replica_lag_max;
            if long.is_empty() && !replicas_are_behind {
                return Ok(());
            }
            if patience.left().is_zero() {
                return Err(if long.is_empty() {
                    Error::ReplicasBehind { title: title.to_owned(), lag }
                } else {
                    Error::NoGap { title: title.to_owned(), blockers: long, waited: patience.waited() }
                });
            }
            if reported.is_none_or(|at| at.elapsed() >= REPORT_INTERVAL) {
                reported = Some(Instant::now());
                (crew.listener)(if long.is_empty() {
                    Event::WaitingForReplicas { title, lag }
                } else {
                    Event::WaitingForGap { title, blockers: &long }
                });
            }
            crew.pause(title, LOOK_INTERVAL.mul_f64(0.75 + fastrand::f64() / 2.0)).await?;
            patience.spend_since(start);
        }
    }

    /// Those in the way who will probably stay; nothing when one cannot look.
    async fn look(&mut self, crew: &mut Crew<'_, '_>) -> Option<Vec<Blocker>> {
        let own = [crew.session.backend_pid()];
        let scout = crew.scout.session().await.ok()?;
        let Ok(holders) = activity::holders(scout, &self.wanted, &own).await else {
            crew.scout.forget();
            return None;
        };
        let now = Instant::now();
        let key = |blocker: &Blocker| (blocker.pid, blocker.transaction.clone().unwrap_or_default());
        let current: Vec<_> = holders.iter().map(key).collect();
        self.first_seen.retain(|seen, _| current.contains(seen));
        let mut long = Vec::new();
        for holder in &holders {
            let first = *self.first_seen.entry(key(holder)).or_insert(now);
            let age = holder.transaction_age.unwrap_or_default().max(now - first);
            if age >= LONG && !holder.is_yielding_autovacuum() {
                long.push(holder.clone());
            }
        }
        self.seen = holders;
        Some(long)
    }

    /// The autovacuums that are worth waiting for. After a while they are asked to end, once, if this role may; then an
    /// attempt has to outlast `deadlock_timeout`.
    async fn autovacuums(&mut self, crew: &mut Crew<'_, '_>) -> Vec<Blocker> {
        let found: Vec<Blocker> =
            self.seen.iter().filter(|holder| holder.is_yielding_autovacuum()).cloned().collect();
        if found.is_empty() {
            self.autovacuum = None;
            return found;
        }
        let (since, is_asked) = *self.autovacuum.get_or_insert((Instant::now(), false));
        if since.elapsed() < AUTOVACUUM_PATIENCE {
            return found;
        }
        if is_asked {
            return Vec::new();
        }
        self.autovacuum = Some((since, true));
        for worker in &found {
            // A role that may not do this is refused: then the server does it.
            let _ =
                crew.session.simple(&format!("SELECT pg_catalog.pg_cancel_backend({})", worker.pid)).await;
        }
        found
    }

    /// Whether an autovacuum that would give way is among those in the way: an attempt must then outlast
    /// `deadlock_timeout` for the server to end it.
    pub(super) fn meets_autovacuum(&self) -> bool {
        self.seen.iter().any(Blocker::is_yielding_autovacuum)
    }
}

impl Crew<'_, '_> {
    /// Pauses, unless asked to stop.
    pub(super) async fn pause(&mut self, title: &str, pause: Duration) -> Result<(), Error> {
        tokio::select! {
            () = sleep(pause) => Ok(()),
            () = self.stop.requested() => Err(Error::Stopped { title: title.to_owned() }),
        }
    }

    /// How far replicas are behind; zero when one cannot look.
    pub(super) async fn replica_lag(&mut self) -> Duration {
        let Ok(scout) = self.scout.session().await else { return Duration::ZERO };
        let Ok(replicas) = activity::replicas(scout).await else {
            self.scout.forget();
            return Duration::ZERO;
        };
        self.lag.take(Instant::now(), &replicas)
    }
}

/// Modes that keep out what applications do all day: reading, or at least writing.
fn is_strong(mode: LockMode) -> bool {
    mode.blocks_writes()
}

fn name(relation: &Relation) -> String {
    match &relation.schema {
        Some(schema) => format!("{}.{}", quoted(schema), quoted(&relation.name)),
        None => quoted(&relation.name),
    }
}
