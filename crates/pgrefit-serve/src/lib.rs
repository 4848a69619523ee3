//! The exporter: watches databases, and answers with metrics for Prometheus, a status for programs and a page for people.
//!
//! Every database has tasks of its own that read it in rounds, each with a limit of time, over at most two sessions that cannot write.
//! What was read is kept, and answered from: a request never asks a database anything. So one that hangs, is gone or refuses the
//! password costs neither the others nor a scrape anything; its last values stay, with their age. Audits run on a schedule of their
//! own, one at a time in the whole process.
//!
//! All that is kept is bounded: rings of samples, findings of the last audit up to a number, the newest runs and migrations.

mod audit;
mod board;
mod error;
mod http;
mod metrics;
mod page;
mod records;
mod ring;
mod round;
mod serve;
mod shelves;
mod status;
mod target;
mod watch;

pub use error::Error;
pub use http::TlsFiles;
pub use pgrefit_metrics::exporter::DATABASES_MAX;
pub use serve::{Options, Served, serve};
pub use target::{AuditPlan, Connect, Environment, MakeOptions, Target};
