//! Benchmarks: a workload is put on a database, closed or open, with a guard beside it, and everything that came back is kept.
//!
//! [`run`] measures one database; [`versus`] runs two sides in turn for [`crate::versus::judge`]. Both only read unless the load's
//! options say otherwise, and both end when the database suffers ([`crate::guard`]).

mod chart;
mod counters;
mod environment;
mod explain;
mod findings;
mod gate;
mod guarded;
mod options;
mod repeats;
mod result;
mod run;
mod set_up;
mod sides;
mod stored;
mod tables;

use std::time::Duration;

use pgrefit_load::Tick;

use crate::guard::Pressure;

pub use chart::charts;
pub use counters::{Counters, Numbers, Seen};
pub use environment::{Environment, Setting};
pub use explain::Explained;
pub use findings::findings;
pub use options::BenchOptions;
pub use result::{BenchResult, Ending, QueryResult};
pub use run::run;
pub use sides::{Side, SidePlans, Versus, VersusOptions, versus};
pub use stored::{Stored, compare_stored};
pub use tables::tables;

/// What happens while a benchmark runs.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// Something else begins.
    Phase(Phase),
    /// A round begins: its number from 1, of how many.
    Round {
        /// Which.
        number: usize,
        /// Of how many.
        total: usize,
        /// Whose, where there are two sides.
        side: Option<&'a str>,
    },
    /// A second of a load has passed.
    Tick(&'a Tick),
    /// The guard has looked.
    Look(&'a Pressure),
}

/// What a benchmark does at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It reads the settings, draws values and asks for plans.
    Preparing,
    /// The guard looks at the database in its quiet.
    LookingAtQuiet,
    /// The load runs.
    Running,
    /// It reads what the server counted, and has each query explained.
    Explaining,
}

impl Phase {
    /// In a few words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Preparing => "drawing values and asking for plans",
            Self::LookingAtQuiet => "looking at the database in its quiet",
            Self::Running => "running",
            Self::Explaining => "reading counters, explaining queries",
        }
    }
}

/// How long statistics take to reach the views: backends flush them when they end, and once a second at most; before PostgreSQL 15
/// a process of its own collected them.
const fn flush_time(version_num: u32) -> Duration {
    if version_num < 150_000 { Duration::from_millis(1200) } else { Duration::from_millis(300) }
}
