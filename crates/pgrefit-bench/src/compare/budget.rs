//! Queries that take longer than they may.

use pgrefit_report::{Finding, Status};

use super::finding;
use crate::{Measurement, milliseconds};

pub(super) fn judge(before: Option<&Measurement>, after: &Measurement, is_slower: bool) -> Option<Finding> {
    let timing = after.timing.as_ref().filter(|timing| timing.p95 > after.budget)?;
    let was_over = before.and_then(|it| it.timing.as_ref()).filter(|timing| timing.p95 > after.budget);
    let (p95, budget) = (milliseconds::text(timing.p95), milliseconds::text(after.budget));
    let before = was_over
        .map_or_else(String::new, |was| format!(", as it was before ({})", milliseconds::text(was.p95)));
    let message = format!("p95 of {p95} is over its budget of {budget}{before}");
    let is_old = was_over.is_some() && !is_slower;
    let status = if is_old { Status::Warn } else { Status::Fail };
    let found = finding("query-over-budget", status, &after.name, message)
        .number("p95_ms", milliseconds::of(timing.p95))
        .number("budget_ms", milliseconds::of(after.budget))
        .number("runs", timing.runs);
    Some(match was_over {
        Some(was_over) => found.number("p95_before_ms", milliseconds::of(was_over.p95)),
        None => found,
    })
}
