//! Rehearses migrations on a copy of a database, by the code that runs them, and writes down what each statement does to it:
//! locks and for how long, rewrites, scans, WAL, rows, temporary files, and what a connected application notices.
//!
//! [`trace`] does it and returns a [`Trace`], which is plain data. What it means is told by functions over that data:
//! [`stalls`] (how long reads and writes would stand still) and [`findings`]. [`sameness`] says how far a copy that somebody else made is the same as its source.

mod canary;
mod error;
mod findings;
mod intervals;
mod inventory;
mod look;
mod marker;
mod mode;
mod options;
mod run;
mod sameness;
mod sampler;
mod stall;
mod trace;
mod tracer;

pub use error::Error;
pub use findings::{Limits, findings};
pub use marker::{CopyMarker, read_marker, write_marker};
pub use options::{Options, Traffic};
pub use run::trace;
pub use sameness::{Sameness, SourceFacts, Tolerance, read_source_facts, sameness};
pub use stall::{Stall, Stalled, predicted_stall_ms, stalls};
pub use trace::{
    Batches, Blind, Canary, CanaryError, CanaryKind, Failure, FileTrace, LockTrace, Phase, Relation,
    RelationKind, Rewrite, Sampling, StatementTrace, StepTrace, StepWay, Trace, Work,
};
