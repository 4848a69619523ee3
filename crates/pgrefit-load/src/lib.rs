//! Puts a workload on a PostgreSQL server and records what came back.
//!
//! A [`Workload`] is a weighted mix of statements with the values of their parameters; [`draw`] has the database give those
//! values, and [`run`] has some connections run the mix for a while, in a closed loop (users who wait for an answer before they
//! ask again) or in an open one (requests come when they come). In the open loop every time counts from the moment at which the
//! request was meant to be sent, so that a server that stands still is not spared the requests which it kept from being sent
//! (what Gil Tene calls coordinated omission).
//!
//! ```no_run
//! # use std::time::Duration;
//! # use pgrefit_load::{Arrivals, Error, LoadOptions, Pace, Workload, draw, run};
//! # use pgrefit_pg::{Connector, Stop};
//! # async fn example(connector: &Connector, text: &str) -> Result<(), Error> {
//! let workload = Workload::parse(text, &|path| std::fs::read_to_string(path))?;
//! let session = connector.read_only().await.map_err(Error::Connect)?;
//! let drawn = draw(&session, &workload).await?;
//! let pace = Pace::Open { per_second: 500.0, arrivals: Arrivals::Poisson };
//! let options = LoadOptions { connections: 8, pace, duration: Duration::from_secs(30), ..LoadOptions::default() };
//! let outcome = run(connector, &drawn, &options, &Stop::default(), |_| {}).await?;
//! let p99 = outcome.all.total.quantile(0.99);
//! # Ok(())
//! # }
//! ```

mod draw;
mod error;
mod failure;
mod generate;
mod latency;
mod options;
mod outcome;
mod param;
mod run;
pub mod statistics;
mod workload;

pub use draw::{Drawn, draw};
pub use error::Error;
pub use failure::FailureKind;
pub use latency::{Latencies, Latency};
pub use options::{Arrivals, LoadOptions, Pace};
pub use outcome::{LoadRun, StatementRun, Tick, Window};
pub use param::{ParamSource, Params};
pub use run::run;
pub use workload::{LoadStatement, Results, Workload};
