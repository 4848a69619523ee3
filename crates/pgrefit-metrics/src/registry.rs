//! The registry: ours, not the process' own, so that two of them do not meet.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use prometheus::core::Collector;
use prometheus::{IntCounterVec, IntGaugeVec, Opts, Registry, TextEncoder};

use crate::catalogue::pools;
use crate::error::Error;
use crate::family::{Family, Kind};
use crate::handle::{Counter, Gauge, Histogram};
use crate::histogram::Table;
use crate::levels::{LevelGauges, Levels, PoolLevels};
use crate::operation::Operations;
use crate::pool::PoolMetrics;

/// How many pools a registry takes.
pub const POOLS_MAX: usize = 64;

/// All metrics of a process. Clones share them.
#[derive(Debug, Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    tables: Tables,
    operations: Operations,
    pools: Mutex<BTreeMap<String, Watched>>,
}

/// The gauges of a pool, and whoever knows their levels.
type Watched = (LevelGauges, Weak<dyn Levels>);

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Metrics {
    /// A registry with every family of pools and no series yet.
    ///
    /// # Errors
    /// [`Error::Register`] when the catalogue has a name that Prometheus does not take, which a test excludes.
    pub fn new() -> Result<Self, Error> {
        let registry = Registry::new();
        let tables = Tables::new(&registry)?;
        let operations = Operations::new(tables.clone());
        Ok(Self(Arc::new(Inner { registry, tables, operations, pools: Mutex::default() })))
    }

    /// The metrics of a pool; `levels` is asked at each scrape for as long as it lives. The counters of a name go on where an
    /// earlier pool of that name left them.
    ///
    /// # Errors
    /// [`Error::NameTaken`] while another pool of the name lives, [`Error::TooManyPools`] after [`POOLS_MAX`] names.
    pub fn pool(&self, name: &str, levels: Weak<dyn Levels>) -> Result<PoolMetrics, Error> {
        let mut pools = self.pools();
        match pools.get(name) {
            Some((_, earlier)) if earlier.strong_count() > 0 => {
                return Err(Error::NameTaken { name: name.to_owned() });
            }
            None if pools.len() >= POOLS_MAX => {
                return Err(Error::TooManyPools { name: name.to_owned(), max: POOLS_MAX });
            }
            _ => {}
        }
        let metrics = PoolMetrics::new(&self.0.tables, name)?;
        pools.insert(name.to_owned(), (metrics.gauges.clone(), levels));
        Ok(metrics)
    }

    /// The durations of operations.
    #[must_use]
    pub fn operations(&self) -> &Operations {
        &self.0.operations
    }

    /// Everything in Prometheus' text format, version 0.0.4. Asks no server anything.
    ///
    /// # Errors
    /// [`Error::Encode`].
    pub fn encode(&self) -> Result<String, Error> {
        self.read_levels();
        let families = self.0.registry.gather();
        TextEncoder::new().encode_to_string(&families).map_err(|error| Error::Encode(Box::new(error)))
    }

    /// The `Content-Type` of what [`Metrics::encode`] makes.
    pub const CONTENT_TYPE: &'static str = "text/plain; version=0.0.4; charset=utf-8";

    fn read_levels(&self) {
        // The levels are read outside of the lock: whoever drops the last pool of a name runs code of its own.
        let pools: Vec<Watched> = self.pools().values().cloned().collect();
        for (gauges, levels) in pools {
            gauges.set(levels.upgrade().map_or_else(PoolLevels::default, |levels| levels.levels()));
        }
    }

    fn pools(&self) -> MutexGuard<'_, BTreeMap<String, Watched>> {
        self.0.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The registered families by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tables {
    histograms: BTreeMap<&'static str, Table>,
    counters: BTreeMap<&'static str, IntCounterVec>,
    gauges: BTreeMap<&'static str, IntGaugeVec>,
}

impl Tables {
    fn new(registry: &Registry) -> Result<Self, Error> {
        let mut tables = Self::default();
        for family in pools() {
            tables.add(family, registry).map_err(|error| Error::register(family.name, error))?;
        }
        Ok(tables)
    }

    fn add(&mut self, family: &'static Family, registry: &Registry) -> Result<(), prometheus::Error> {
        let Family { name, help, kind, labels, .. } = *family;
        let labels: Vec<&str> = labels.iter().map(|label| label.name).collect();
        let collector: Box<dyn Collector> = match kind {
            Kind::Histogram => {
                let table = Table::new(family)?;
                self.histograms.insert(name, table.clone());
                Box::new(table)
            }
            Kind::Counter => {
                let table = IntCounterVec::new(Opts::new(name, help), &labels)?;
                self.counters.insert(name, table.clone());
                Box::new(table)
            }
            Kind::Gauge => {
                let table = IntGaugeVec::new(Opts::new(name, help), &labels)?;
                self.gauges.insert(name, table.clone());
                Box::new(table)
            }
        };
        registry.register(collector)
    }

    pub(crate) fn histogram(&self, family: &Family, labels: &[&str]) -> Result<Histogram, Error> {
        let table = self.histograms.get(family.name).ok_or_else(|| missing(family))?;
        Ok(Histogram(table.series(labels)))
    }

    pub(crate) fn counter(&self, family: &Family, labels: &[&str]) -> Result<Counter, Error> {
        let table = self.counters.get(family.name).ok_or_else(|| missing(family))?;
        let series = table.get_metric_with_label_values(labels);
        series.map(Counter).map_err(|error| Error::register(family.name, error))
    }

    /// A counter for each word of the second label.
    pub(crate) fn counters<const N: usize>(
        &self,
        family: &Family,
        first: &str,
        words: &[&str],
    ) -> Result<[Counter; N], Error> {
        let all: Vec<Counter> =
            words.iter().map(|word| self.counter(family, &[first, word])).collect::<Result<_, _>>()?;
        all.try_into().map_err(|_| missing(family))
    }

    pub(crate) fn gauge(&self, family: &Family, labels: &[&str]) -> Result<Gauge, Error> {
        let table = self.gauges.get(family.name).ok_or_else(|| missing(family))?;
        let series = table.get_metric_with_label_values(labels);
        series.map(Gauge).map_err(|error| Error::register(family.name, error))
    }
}

fn missing(family: &Family) -> Error {
    Error::register(family.name, prometheus::Error::Msg("it is not in the catalogue".to_owned()))
}
