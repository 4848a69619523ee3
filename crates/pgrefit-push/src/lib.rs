//! Sends what a run has measured to somebody who keeps it: a Prometheus push gateway, or a receiver of OTLP over HTTP.
//!
//! One attempt, with a bound: a monitor that is down must not keep a migration waiting, and must not change how it ends. Where it
//! is sent to is a [`Target`], which is never printed with the password it may have in it.

mod error;
mod otlp;
mod pushgateway;
mod target;

pub use error::Error;
pub use otlp::to_otlp;
pub use pushgateway::to_pushgateway;
pub use target::Target;
