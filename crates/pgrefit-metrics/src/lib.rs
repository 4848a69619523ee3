//! Names every Prometheus metric of pgrefit, and is the only crate that knows how they are registered and encoded.
//!
//! A family is data: its name, its help, its labels and buckets stand in one [`catalogue`], from which the registry, the
//! reference page ([`markdown`]) and the tests are made. Names follow OpenTelemetry's semantic conventions for database
//! clients in Prometheus' form where those have a name, and begin with `pgrefit_` where they have none.
//!
//! What may be many is bounded: labels are enumerations, or names of pools and queries up to a limit, after which they
//! share one series. Observing allocates nothing and takes no lock.

mod catalogue;
mod error;
pub mod exporter;
mod exposition;
mod family;
mod handle;
mod histogram;
mod levels;
mod markdown;
mod operation;
mod pool;
mod registry;
mod run;

#[cfg(test)]
mod tests;

pub use catalogue::catalogue;
pub use error::Error;
pub use exposition::Exposition;
pub use family::{Family, Kind, Label, Unit, Values};
pub use handle::{Counter, Gauge, Histogram};
pub use levels::{Levels, PoolLevels};
pub use markdown::markdown;
pub use operation::Operations;
pub use pool::{CloseReason, Outcome, Phase, PoolMetrics, RetryOutcome};
pub use registry::{Metrics, POOLS_MAX};
pub use run::{Run, Sample};
