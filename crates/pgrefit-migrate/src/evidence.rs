//! What a run has measured, as evidence: pure functions from the results of the steps to the forms that people read. Nothing is
//! judged here that a step has not judged, and nothing is said to be so without a number.

mod checklist;
mod proofs;
mod queries;
mod steps;
mod traffic;

pub use checklist::{Lines, checklist};
pub use proofs::{policy, proof, source};
pub use queries::queries;
pub use steps::{longest_lock_ms, predicted_ms, steps};
pub use traffic::traffic;

use pgrefit_report::evidence::{Check, Quantity};
use pgrefit_report::{Cell, Finding};
use std::time::Duration;

/// A finding as a line of the verification.
#[must_use]
pub fn check(finding: &Finding) -> Check {
    let message = match &finding.object {
        Some(object) => format!("{object}: {}", finding.message),
        None => finding.message.clone(),
    };
    let check = Check::new(finding.check.replace('-', " "), finding.status, message);
    let number = finding.numbers.values().find_map(|cell| match cell {
        Cell::Integer(count) => u64::try_from(*count).ok().map(Quantity::Count),
        Cell::DurationMs(ms) => Some(Quantity::Ms(*ms)),
        Cell::Bytes(bytes) => Some(Quantity::Bytes(*bytes)),
        _ => None,
    });
    match number {
        Some(number) => check.number(number),
        None => check,
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn fractions(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
