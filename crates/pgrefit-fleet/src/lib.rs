//! Many databases, one after the other in waves: a few canaries first, then more and more at once, until all are done or a
//! rule says stop. What was reached is written to a journal, a line a step, so that a run that was killed goes on.
//!
//! What is done to one database is not known here: [`run`] is told by a closure. It opens no connection, and prints nothing.

mod error;
mod identity;
mod journal;
mod run;
mod schedule;
mod size;
mod stop_rule;
mod waves;

pub use error::Error;
pub use identity::{Identity, Part};
pub use journal::{Changed, Journal, Past, Record, Step, changed_since};
pub use run::{Ended, Event, Halt, Run, Verdict, run};
pub use schedule::Schedule;
pub use size::Size;
pub use stop_rule::StopRule;
pub use waves::{Wave, waves};
