//! The pool.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use deadpool::managed::{Pool as Slots, PoolError, QueueMode, Timeouts};
use pgrefit_metrics::{CloseReason, Metrics, Phase, PoolMetrics};
use pgrefit_pg::{Connector, Limits, Settings};
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use crate::core::{Core, Counts};
use crate::gate::Refused;
use crate::manager::Manager;
use crate::{Connection, Error, PoolConfig, keeper};

/// A pool of connections to one database. Clones are the same pool.
///
/// Dropping the last clone closes idle connections at once; those in use are closed when they come back.
#[derive(Clone, Debug)]
pub struct Pool(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) slots: Slots<Manager>,
    pub(crate) filling: tokio::sync::Mutex<()>,
    /// One change of the size at a time.
    resizing: Mutex<()>,
    keeper: AbortHandle,
}

/// The connections of a pool at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// How many there may be.
    pub max: usize,
    /// How many are open.
    pub open: usize,
    /// How many somebody has, or are being made clean after that.
    pub used: usize,
    /// How many requests wait for others to give one back.
    pub waiting: usize,
}

impl Pool {
    /// A pool; nothing is opened yet. Works on the Tokio runtime it is made on.
    ///
    /// # Errors
    /// [`Error::Config`], [`Error::NoRuntime`], and [`Error::Metrics`] when there is a pool of that name already.
    pub fn new(connection: Settings, config: PoolConfig, metrics: &Metrics) -> Result<Self, Error> {
        config.validate()?;
        let limits = Limits { connect: config.create_timeout, ..Limits::default() };
        let connector = Connector::new(connection, config.session_name(), limits);
        Self::with_connector(connector, config, metrics)
    }

    /// The same with a connector of your own: for notices, or start settings. Its limit for connecting holds for each address.
    ///
    /// # Errors
    /// As [`Pool::new`].
    pub fn with_connector(
        connector: Connector,
        config: PoolConfig,
        metrics: &Metrics,
    ) -> Result<Self, Error> {
        config.validate()?;
        let runtime = Handle::try_current().map_err(|_| Error::NoRuntime)?;
        let start = config.start_settings();
        let start: Vec<(&str, &str)> = start.iter().map(|(name, value)| (*name, value.as_str())).collect();
        // PgBouncer refuses even an empty `options`.
        let connector = if start.is_empty() { connector } else { connector.with_start_settings(&start) };
        let counts = Arc::new(Counts::new(&config));
        let watched: Weak<Counts> = Arc::downgrade(&counts);
        let metrics = metrics.pool(&config.name, watched)?;
        let period = keeper::period(&config);
        let core = Arc::new(Core::new(config, connector, metrics, counts, runtime.clone()));
        let slots = slots(core)?;
        Ok(Self(Arc::new_cyclic(|pool: &Weak<Inner>| {
            let keeper = runtime.spawn(keeper::keep(Weak::clone(pool), period)).abort_handle();
            Inner { slots, filling: tokio::sync::Mutex::default(), resizing: Mutex::default(), keeper }
        })))
    }

    /// A connection: an idle one, a new one if there may be more, or the next that comes back.
    ///
    /// Waits at most [`PoolConfig::wait_timeout`] for others and [`PoolConfig::create_timeout`] for a new one. When the future is
    /// dropped, its place goes to the next.
    ///
    /// # Errors
    /// [`Error::WaitTimeout`], [`Error::CreateTimeout`], [`Error::Create`], [`Error::Closed`].
    pub async fn get(&self) -> Result<Connection, Error> {
        self.get_within(self.config().wait_timeout).await
    }

    /// The same with another limit for waiting for others; zero is not to wait at all.
    ///
    /// # Errors
    /// As [`Pool::get`].
    pub async fn get_within(&self, wait: Duration) -> Result<Connection, Error> {
        let asked = Instant::now();
        let core = self.0.core();
        if !core.counts.gate.try_enter().map_err(|refused| self.refused(refused, wait))? {
            self.queue(asked, wait).await?;
        }
        let place = self.0.place();
        let lent = match self.0.slots.get().await {
            Ok(lent) => lent,
            Err(error) => return Err(self.failed(error)),
        };
        place.keep();
        core.metrics.wait.observe(lent.touched.saturating_duration_since(asked));
        Ok(Connection::new(lent))
    }

    async fn queue(&self, asked: Instant, wait: Duration) -> Result<(), Error> {
        let core = self.0.core();
        let entered = core.counts.gate.enter(wait).await;
        if entered.is_ok() {
            core.metrics.queue.observe(asked.elapsed());
        }
        entered.map_err(|refused| self.refused(refused, wait))
    }

    fn refused(&self, refused: Refused, limit: Duration) -> Error {
        let core = self.0.core();
        let pool = core.config.name.clone();
        match refused {
            Refused::Shut => Error::Closed { pool },
            Refused::Timeout => {
                core.metrics.timeouts(Phase::Wait).add_one();
                let Status { max, waiting, .. } = self.status();
                Error::WaitTimeout { pool, max, waiting, limit }
            }
        }
    }

    fn failed(&self, error: PoolError<Error>) -> Error {
        match error {
            PoolError::Backend(error) => error,
            // deadpool is given neither time limits nor hooks.
            _ => Error::Closed { pool: self.config().name.clone() },
        }
    }

    /// Opens connections until [`PoolConfig::connections_min`] are open; tells how many are. A new connection costs as much as a
    /// hundred small queries, so call this before saying that the application is ready.
    ///
    /// # Errors
    /// [`Error::CreateTimeout`], [`Error::Create`].
    pub async fn warm_up(&self) -> Result<usize, Error> {
        keeper::fill(&self.0).await?;
        Ok(self.status().open)
    }

    /// Changes how many connections there may be. Connections in use are left alone, but no more are handed out until fewer than
    /// the new number are; the surplus is closed as it comes back, idle ones at once.
    ///
    /// # Errors
    /// [`Error::Config`] when it is none, or more than [`PoolConfig::CONNECTIONS_MAX`].
    pub fn resize(&self, connections_max: usize) -> Result<(), Error> {
        let connections_min = self.config().connections_min.min(connections_max);
        PoolConfig { connections_max, connections_min, ..self.config().clone() }.validate()?;
        self.0.resize(connections_max);
        keeper::sweep(&self.0, Instant::now());
        Ok(())
    }

    /// Closes the pool: whoever waits or comes is sent away, idle connections are closed, and those in use as they come back, for
    /// which this waits up to `limit`. Returns how many are still in use then, or being opened for somebody who came before.
    pub async fn close(&self, limit: Duration) -> usize {
        let gate = &self.0.core().counts.gate;
        gate.shut();
        keeper::sweep(&self.0, Instant::now());
        let began = Instant::now();
        while gate.inside() > 0 && began.elapsed() < limit {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // Those that were on their way when the gate was shut.
        keeper::sweep(&self.0, Instant::now());
        gate.inside()
    }

    /// The connections now.
    #[must_use]
    pub fn status(&self) -> Status {
        let counts = &self.0.core().counts;
        Status {
            max: counts.gate.max(),
            open: counts.open(),
            used: counts.used(),
            waiting: counts.gate.waiting(),
        }
    }

    /// The configuration it was made with; [`Pool::status`] has the size after a [`Pool::resize`].
    #[must_use]
    pub fn config(&self) -> &PoolConfig {
        &self.0.core().config
    }

    /// The metrics.
    #[must_use]
    pub fn metrics(&self) -> &PoolMetrics {
        &self.0.core().metrics
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        self.0.core()
    }
}

/// deadpool's pool: the connection used last is handed out first, so that the others idle and can be closed.
fn slots(core: Arc<Core>) -> Result<Slots<Manager>, Error> {
    let max = core.config.connections_max;
    let builder = Slots::builder(Manager::new(core)).max_size(max).queue_mode(QueueMode::Lifo);
    let built = builder.timeouts(Timeouts::default()).build();
    // It fails only for time limits without a runtime, and there are none.
    built.map_err(|_| Error::NoRuntime)
}

impl Inner {
    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.slots.manager().core
    }

    /// deadpool must have room for all whom the gate lets in: who is inside of the gate waits there without a limit. It is never made
    /// smaller: it does that wrong.
    fn resize(&self, connections_max: usize) {
        let _alone = self.resizing.lock().unwrap_or_else(PoisonError::into_inner);
        if connections_max > self.slots.status().max_size {
            self.slots.resize(connections_max);
        }
        self.core().counts.gate.resize(connections_max);
    }

    /// The place of somebody who is inside of the gate.
    pub(crate) fn place(&self) -> Place<'_> {
        Place(Some(&self.core().counts))
    }
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").field("config", &self.core().config).finish_non_exhaustive()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.keeper.abort();
        self.core().counts.gate.shut();
        for mut slot in self.slots.manager().take_spare() {
            slot.retire(CloseReason::Shutdown);
        }
    }
}

/// A place inside of the gate; given back when it is dropped without a connection.
pub(crate) struct Place<'a>(Option<&'a Counts>);

impl Place<'_> {
    /// Somebody has a connection now, which gives the place back.
    pub(crate) fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(counts) = self.0 {
            counts.gate.leave();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two that change the size in turns could leave less room than are let in, and who is let in where there is none waits for ever.
    #[tokio::test]
    async fn one_change_of_the_size_waits_for_the_other() {
        let metrics = Metrics::new().expect("metrics");
        let settings = Settings::resolve(Some("postgres://u:p@h/d"), &|_| None).expect("settings");
        let pool = Pool::new(settings, PoolConfig::named("test", 1), &metrics).expect("a pool");
        let size = || (pool.0.slots.status().max_size, pool.status().max);
        std::thread::scope(|scope| {
            let other = pool.0.resizing.lock();
            scope.spawn(|| pool.0.resize(5));
            std::thread::sleep(Duration::from_millis(20));
            assert_eq!(size(), (1, 1));
            drop(other);
        });
        assert_eq!(size(), (5, 5));
    }
}
