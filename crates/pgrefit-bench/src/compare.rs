//! What became of the queries: judged by two measurements, with no server.

mod answers;
mod budget;
mod flips;
mod slower;
mod table;
mod trouble;

use std::time::Duration;

use pgrefit_report::{Finding, Status};

use crate::benchmark::Explained;
use crate::{Measured, Measurement};

pub use table::comparison_table;

/// What is let pass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerance {
    /// A query became slower only if its median is at least so many times what it was.
    pub slower_factor: f64,
    /// … and has grown by at least so much.
    pub slower_by: Duration,
    /// A sequential scan in place of an index is told of relations with more rows than this.
    pub seq_scan_rows: u64,
    /// Whether both measurements are of the same rows, such as those of a copy on which nobody works: then other rows in an answer are
    /// a failure, not only something to know.
    pub same_rows: bool,
}

impl Default for Tolerance {
    /// Half as slow again, and by 5 ms; sequential scans of more than 10,000 rows; rows may have changed.
    fn default() -> Self {
        Self {
            slower_factor: 1.5,
            slower_by: Duration::from_millis(5),
            seq_scan_rows: 10_000,
            same_rows: false,
        }
    }
}

/// Judges each query of `after`, and what became of those of `before`; the worst first. Without `before`, only budgets and errors.
///
/// | check | level | when |
/// |---|---|---|
/// | `query-over-budget` | fail | p95 exceeds the budget; a warning if it did before and the query did not become slower |
/// | `query-slower` | warn | see below |
/// | `query-index-lost` | fail | a relation of more than [`Tolerance::seq_scan_rows`] rows was read by an index and is read whole now; a warning if how many rows it has is not known, or if the query was measured and did not become slower by more than a tenth |
/// | `query-reads-whole` | warn | a relation of more than so many rows that was not in the plan before is read whole |
/// | `query-index-changed` | info | a relation is read by another index, or in another way |
/// | `query-join-changed` | info | relations are joined in another way |
/// | `query-rows-changed` | info | another number of rows; fail with [`Tolerance::same_rows`] |
/// | `query-answer-changed` | info | as many rows, but others; fail with [`Tolerance::same_rows`] |
/// | `query-fails` | fail | it fails and did not before; a warning if it failed before too |
/// | `query-not-measured` | blind | it was not run, or is not in `after` |
/// | `query-few-runs` | info | a time limit left fewer runs than were asked for; blind if the measurement was stopped |
///
/// **Slower** means all of three: the median is at least [`Tolerance::slower_factor`] times what it was; it has grown by at least
/// [`Tolerance::slower_by`], so that 0.3 ms → 0.6 ms is nothing; and it has grown by more than noise: the middle halves of the runs
/// do not overlap (the new lower quartile is above the old upper one), and the medians lie further apart than either middle half is
/// wide. Of fewer than five runs on either side nothing is said.
#[must_use]
pub fn compare(before: Option<&Measured>, after: &Measured, tolerance: &Tolerance) -> Vec<Finding> {
    let of = |name: &str| before.and_then(|before| before.query(name));
    let judged = after.queries.iter().flat_map(|now| judge(of(&now.name), now, tolerance));
    let mut findings: Vec<Finding> = judged.collect();
    let gone = before.map_or(&[][..], |before| &before.queries);
    let gone = gone.iter().filter(|query| after.query(&query.name).is_none());
    findings.extend(gone.map(|query| trouble::absent(&query.name)));
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.status));
    findings
}

/// How the plan of a statement differs, as [`compare`] tells it: `query-index-lost` and the like.
pub(crate) fn plan_changes(before: &Explained, after: &Explained, tolerance: &Tolerance) -> Vec<Finding> {
    let of = |explained: &Explained| Measurement {
        plans: explained.shape.iter().cloned().collect(),
        relation_rows: explained.relation_rows.clone(),
        ..Measurement::new(&explained.name, Duration::ZERO, 0)
    };
    flips::judge(&of(before), &of(after), tolerance)
}

fn judge(before: Option<&Measurement>, after: &Measurement, tolerance: &Tolerance) -> Vec<Finding> {
    let mut findings: Vec<Finding> = trouble::judge(before, after).into_iter().collect();
    let slower = before.and_then(|before| slower::judge(before, after, tolerance));
    findings.extend(budget::judge(before, after, slower.is_some()));
    findings.extend(slower);
    if let Some(before) = before {
        let flips = flips::judge(before, after, tolerance);
        findings.extend(flips.into_iter().map(|flip| slower::softened(flip, before, after)));
        findings.extend(answers::judge(before, after, tolerance));
    }
    findings
}

fn finding(check: &str, status: Status, query: &str, message: impl Into<String>) -> Finding {
    Finding::new(check, status, message).about(query).kind("query")
}

#[cfg(test)]
mod tests;
