//! Measures queries against budgets: how long they take and by which plan, what changed between two measurements, and how a
//! mix of transactions fares while something else happens to the database.
//!
//! [`measure`] runs read-only queries a number of times, and [`compare`] says what became of them. [`replay`] runs a weighted mix
//! over several sessions until it is told to stop. [`top`] drafts the queries from what the server has seen.
//!
//! [`benchmark`] puts the workload of a file on a database, guarded by [`guard`]; [`versus`] judges which of two is faster.
//!
//! ```no_run
//! # use std::time::Duration;
//! # use pgrefit_bench::{Error, Options, Query, Tolerance, compare, measure};
//! # use pgrefit_pg::{Connector, Stop};
//! # async fn example(connector: &Connector) -> Result<(), Error> {
//! let by_id = Query::new("by-id", "SELECT * FROM documents WHERE id = $1", Duration::from_millis(20)).with(&["7"]);
//! let (queries, options, stop) = ([by_id], Options::default(), Stop::default());
//! let before = measure(connector, &queries, &options, &stop, &|_| {}).await?;
//! // … the database is migrated …
//! let after = measure(connector, &queries, &options, &stop, &|_| {}).await?;
//! let findings = compare(Some(&before), &after, &Tolerance::default());
//! # Ok(())
//! # }
//! ```

pub mod benchmark;
mod brief;
mod compare;
mod error;
pub mod guard;
mod histogram;
mod measure;
mod measured;
mod milliseconds;
mod outcome;
mod percentile;
mod plan;
mod query;
mod replay;
mod statements;
mod traffic;
pub mod versus;

pub use compare::{Tolerance, compare, comparison_table};
pub use error::Error;
pub use measure::{Event, Options, measure};
pub use measured::{Buffers, Cut, Measured, Measurement, Timing};
pub use outcome::Trouble;
pub use percentile::nearest_rank;
pub use plan::{PlanNode, PlanShape};
pub use query::{Arguments, Query};
pub use replay::{Pace, ReplayOptions, replay, replay_telling};
pub use statements::{Draft, top};
pub use traffic::{Bucket, Failures, Longest, QueryTraffic, Stall, Traffic, TrafficTolerance};
