//! The order of the steps: plan, lint, adopt, apply, verify. Each step is a file in `steps/`; its result is a type that only
//! it can make, so that no step can be left out: `apply` takes a [`Planned`], `verify` takes an [`Applied`].

mod content;
mod error;
pub mod evidence;
mod job;
mod load;
pub mod policy;
pub mod proof;
mod repair;
mod steps;
mod tables;

pub use content::Content;
pub use error::Error;
pub use job::{Job, Workshop};
pub use load::load;
pub use repair::repair;
pub use steps::adopt::{Adopted, Comparison, adopt, compare_with_baseline};
pub use steps::apply::{Applied, apply};
pub use steps::backup::{BackedUp, back_up};
pub use steps::drift::{Drifted, Maintained, drift, drift_from};
pub use steps::gate::{Cleared, Expected, Judged, clear, clear_disposable};
pub use steps::lint::{Linted, lint};
pub use steps::plan::{Planned, plan, preview};
pub use steps::preflight::{Preflight, preflight};
pub use steps::rehearse::{EXPECTED_FILE, Rehearsal, Rehearsed, Seen, rehearse};
pub use steps::settle::{Settled, settle};
pub use steps::staging::{Staged, staged};
pub use steps::standing::standing;
pub use steps::verify::{Verified, verify};
pub use tables::{
    difference_table, effort_table, migrations_table, pending_table, repairs_table, statements_table,
    verification_table,
};

pub use pgrefit_history::{Bounds, Event, Listener};
