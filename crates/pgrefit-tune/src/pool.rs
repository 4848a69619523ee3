//! The size of a connection pool: measured by a sweep over sizes, not guessed by a formula.

mod error;
mod fleet;
mod sizes;
mod usl;

pub use error::Error;
pub use fleet::{Fleet, FleetBudget, Places};
pub use sizes::sizes;
pub use usl::Fit;
