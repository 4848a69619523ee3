//! Queries that answer something else than before.

use pgrefit_report::{Finding, Status};

use super::{Tolerance, finding};
use crate::Measurement;

pub(super) fn judge(before: &Measurement, after: &Measurement, tolerance: &Tolerance) -> Option<Finding> {
    let status = if tolerance.same_rows { Status::Fail } else { Status::Info };
    counts(before, after, status).or_else(|| digests(before, after, status))
}

fn counts(before: &Measurement, after: &Measurement, status: Status) -> Option<Finding> {
    let pairs = before.rows.iter().zip(&after.rows).enumerate();
    let (list, old, new) = pairs
        .filter_map(|(list, (old, new))| Some((list, (*old)?, (*new)?)))
        .find(|(_, old, new)| old != new)?;
    let message = format!("{old} rows before, {new} now{}", of_list(list, before.rows.len()));
    let found = finding("query-rows-changed", status, &after.name, message);
    Some(found.number("rows_before", old).number("rows", new))
}

fn digests(before: &Measurement, after: &Measurement, status: Status) -> Option<Finding> {
    let mut pairs = before.digests.iter().zip(&after.digests);
    let list = pairs.position(|(old, new)| old != new)?;
    let message = format!("as many rows as before, but not the same{}", of_list(list, before.rows.len()));
    let hint = "a query with LIMIT needs an order that is total; now() and the like answer anew each time";
    Some(finding("query-answer-changed", status, &after.name, message).hint(hint))
}

fn of_list(list: usize, lists: usize) -> String {
    if lists < 2 { String::new() } else { format!(", with list {} of arguments", list + 1) }
}
