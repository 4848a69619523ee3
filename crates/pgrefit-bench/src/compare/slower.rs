//! Queries that became slower by more than noise. The rule is told at [`super::compare`].

use pgrefit_report::{Finding, Status};

use super::{Tolerance, finding};
use crate::{Measurement, Timing, milliseconds};

/// With fewer, quartiles say little.
const RUNS_MIN: usize = 5;

pub(super) fn judge(before: &Measurement, after: &Measurement, tolerance: &Tolerance) -> Option<Finding> {
    let (old, new) = (before.timing.as_ref()?, after.timing.as_ref()?);
    if !is_slower(old, new, tolerance) {
        return None;
    }
    let factor = new.p50.as_secs_f64() / old.p50.as_secs_f64().max(f64::MIN_POSITIVE);
    let message = format!(
        "became slower: the median went from {} to {}",
        milliseconds::text(old.p50),
        milliseconds::text(new.p50)
    );
    let found = finding("query-slower", Status::Warn, &after.name, message)
        .number("p50_before_ms", milliseconds::of(old.p50))
        .number("p50_ms", milliseconds::of(new.p50))
        .number("factor", (factor * 10.0).round() / 10.0)
        .number("runs_before", old.runs)
        .number("runs", new.runs);
    Some(found.confidence(if old.runs.min(new.runs) >= 20 { "likely" } else { "estimate" }))
}

/// A lost index is no failure while the query takes no longer without it: the planner may be right.
pub(super) fn softened(flip: Finding, before: &Measurement, after: &Measurement) -> Finding {
    let (Some(old), Some(new)) = (&before.timing, &after.timing) else { return flip };
    let is_sure = old.runs.min(new.runs) >= RUNS_MIN && new.p95 <= after.budget;
    if flip.status < Status::Fail || !is_sure || new.p50.as_secs_f64() > 1.1 * old.p50.as_secs_f64() {
        return flip;
    }
    let (then, now) = (milliseconds::text(old.p50), milliseconds::text(new.p50));
    let message = format!("{}; it is no slower (median {then} before, {now} now)", flip.message);
    Finding { status: Status::Warn, message, ..flip }
}

pub(super) fn is_slower(old: &Timing, new: &Timing, tolerance: &Tolerance) -> bool {
    let grown = new.p50.saturating_sub(old.p50);
    let is_enough = new.p50.as_secs_f64() >= tolerance.slower_factor * old.p50.as_secs_f64()
        && !grown.is_zero()
        && grown >= tolerance.slower_by;
    let is_more_than_noise = new.p25 > old.p75 && grown > old.spread().max(new.spread());
    old.runs.min(new.runs) >= RUNS_MIN && is_enough && is_more_than_noise
}
