//! Looks at the database, on a connection of its own that nothing else uses.

use std::pin::pin;
use std::time::{Duration, Instant};

use pgrefit_pg::{Connector, Error as PgError, ReadOnly, Stop};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::{Baseline, GuardLimits, Judge, Pressure, Sign, Suffering, Watched};

const LOOK: &str = include_str!("pressure.sql");
/// A run is ended by what the guard sees; it need not remember more than two hours of it.
const LOOKS_MAX: usize = 15_000;

/// A guard with its session, and the quiet that it has seen. Others are those under another `application_name` than its connector's:
/// see [`own_name`](super::own_name).
pub struct Watch {
    connector: Connector,
    session: ReadOnly,
    limits: GuardLimits,
    may_see_others: bool,
    began: Instant,
    watched: Watched,
}

impl Watch {
    /// Opens the session and looks at the quiet.
    ///
    /// # Errors
    /// Any of connecting; what the server says.
    pub async fn begin(connector: &Connector, limits: GuardLimits) -> Result<Self, PgError> {
        let connector = connector.clone();
        let session = connector.read_only().await?;
        let facts = session.facts().await?;
        let may_see_others = facts.is_superuser || facts.has_pg_monitor;
        let blind = if may_see_others { Vec::new() } else { vec![BLIND.to_owned()] };
        let watched = Watched { baseline: Baseline::default(), looks: Vec::new(), suffering: None, blind };
        let mut watch = Self { connector, session, limits, may_see_others, began: Instant::now(), watched };
        let looks = watch.quiet().await?;
        watch.watched.baseline = Baseline::of(&looks);
        Ok(watch)
    }

    /// Looks more often than later, so that a short quiet has a median too.
    async fn quiet(&self) -> Result<Vec<Pressure>, PgError> {
        let mut ticks = interval(self.limits.every.div_f64(4.0).max(Duration::from_millis(10)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut looks = Vec::new();
        while looks.len() < 5 || self.began.elapsed() < self.limits.quiet {
            ticks.tick().await;
            looks.push(self.look().await?);
        }
        // The first one has read the catalogs for the first time.
        Ok(looks.split_off(1))
    }

    /// What it cannot see, and why.
    #[must_use]
    pub fn blind(&self) -> &[String] {
        &self.watched.blind
    }

    /// Runs `work` until it is done, the database suffers, or somebody asks to stop; in the last two cases `work` is asked to stop by
    /// `inner`, and waited for. Each look goes to `on_look`.
    pub async fn beside<T>(
        &mut self,
        work: impl Future<Output = T>,
        inner: &Stop,
        stop: &Stop,
        on_look: impl FnMut(&Pressure),
    ) -> (T, Option<Suffering>) {
        let mut work = pin!(work);
        let suffering = tokio::select! {
            outcome = &mut work => return (outcome, None),
            suffering = self.until_it_suffers(on_look) => Some(suffering),
            () = stop.requested() => None,
        };
        inner.request();
        (work.await, suffering)
    }

    /// Looks until the database suffers; each look goes to `on_look`. Never returns without suffering: whoever calls it drops it when
    /// the run is over, and takes what was seen by [`Self::end`].
    async fn until_it_suffers(&mut self, mut on_look: impl FnMut(&Pressure)) -> Suffering {
        let mut judge = Judge::new(self.limits, self.watched.baseline.clone());
        let mut ticks = interval(self.limits.every.max(Duration::from_millis(10)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let suffering = match self.look_again().await {
                Ok(pressure) => {
                    on_look(&pressure);
                    let suffering = judge.look(&pressure);
                    if self.watched.looks.len() < LOOKS_MAX {
                        self.watched.looks.push(pressure);
                    }
                    suffering
                }
                Err(error) => Some(self.no_answer(&error)),
            };
            if let Some(suffering) = suffering {
                self.watched.suffering = Some(suffering.clone());
                return suffering;
            }
        }
    }

    pub(crate) fn end(self) -> Watched {
        self.watched
    }

    /// A session that was lost is opened anew once: somebody may have ended it alone.
    async fn look_again(&mut self) -> Result<Pressure, PgError> {
        match self.look().await {
            Err(PgError::Lost { .. }) => {
                let opened =
                    timeout(self.limits.probe_most.max(Duration::from_secs(1)), self.connector.read_only());
                self.session = opened.await.map_err(|_| self.late())??;
                self.look().await
            }
            answer => answer,
        }
    }

    async fn look(&self) -> Result<Pressure, PgError> {
        let begun = Instant::now();
        let rows =
            timeout(self.limits.probe_most, self.session.simple(LOOK)).await.map_err(|_| self.late())??;
        let row = rows.into_iter().next().unwrap_or_default();
        let number = |at: usize| -> Option<u64> { row.get(at)?.as_deref()?.parse::<f64>().ok().map(whole) };
        Ok(Pressure {
            at: begun.duration_since(self.began),
            probe: begun.elapsed(),
            active: number(0).filter(|_| self.may_see_others),
            waiting: number(1),
            lag_bytes: number(2),
        })
    }

    fn late(&self) -> PgError {
        PgError::Timeout { what: "look at the database".to_owned(), limit: self.limits.probe_most }
    }

    fn no_answer(&self, error: &PgError) -> Suffering {
        let allowed = crate::milliseconds::text(self.limits.probe_most);
        let (sign, measured) = match error {
            PgError::Timeout { .. } => (Sign::ProbeLatency, format!("more than {allowed}")),
            other => (Sign::NoAnswer, crate::Trouble::of(other).message),
        };
        Suffering { sign, at: self.began.elapsed(), measured, limit: allowed }
    }
}

const BLIND: &str = "active backends of others: this role may not see them; GRANT pg_monitor lets it";

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count; cut to the range on purpose"
)]
fn whole(number: f64) -> u64 {
    number.max(0.0) as u64
}
