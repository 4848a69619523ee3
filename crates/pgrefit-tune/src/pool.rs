//! The size of a connection pool: measured by a sweep over sizes, not guessed by a formula.
//!
//! [`sweep`] runs a workload with each size, in rounds; [`choose`] is a function of its points; [`Places`] says how much of
//! `max_connections` is left for how many replicas; [`validate`] runs the chosen size against its neighbours, with no more
//! connections than the sweep had.

mod choice;
mod error;
mod fleet;
mod point;
mod report;
mod sizes;
mod sweep;
mod usl;
mod validate;

pub use choice::{Choice, CurvePoint, Refusal, Verdict, choose};
pub use error::Error;
pub use fleet::{Connected, Fleet, FleetBudget, Places};
pub use point::{Little, Point, Span};
pub use report::{outcome, tell, tell_unvalidated};
pub use sizes::sizes;
pub use sweep::{Sweep, SweepEvent, SweepOptions, sweep};
pub use usl::Fit;
pub use validate::{Rival, Validation, validate};
