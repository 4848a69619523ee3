//! Whether a mix of transactions fared well enough.

use std::time::Duration;

use pgrefit_report::{Cell, Column, Finding, Status, Table, counted};

use super::{Failures, Traffic};
use crate::milliseconds;

/// What is let pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrafficTolerance {
    /// Transactions that may fail or be overdue.
    pub not_served: u64,
    /// The longest time without a completed transaction, and the longest that one transaction may take: what users would bear.
    pub stall: Duration,
}

impl Default for TrafficTolerance {
    /// No failure; 2 s.
    fn default() -> Self {
        Self { not_served: 0, stall: Duration::from_secs(2) }
    }
}

impl Traffic {
    /// Judges it: `traffic-fails` (one for each kind of failure), `traffic-overdue`, `traffic-stalls`, `traffic-slow` (p95 of a query
    /// over its budget), and `traffic-not-seen` if no transaction was completed or sessions gave up.
    #[must_use]
    pub fn findings(&self, tolerance: &TrafficTolerance) -> Vec<Finding> {
        let mut findings = self.failed_findings(tolerance);
        findings.extend(self.overdue_finding(tolerance));
        findings.extend(self.stall_finding(tolerance));
        findings.extend(self.longest_finding(tolerance));
        findings.extend(self.queries.iter().filter(|query| query.p95 > query.budget).map(|query| {
            let (p95, budget) = (milliseconds::text(query.p95), milliseconds::text(query.budget));
            let message = format!("p95 of {p95} under load is over its budget of {budget}");
            Finding::new("traffic-slow", Status::Warn, message).about(&query.name).kind("query")
        }));
        findings.extend(self.blind_finding());
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.status));
        findings
    }

    fn failed_findings(&self, tolerance: &TrafficTolerance) -> Vec<Finding> {
        let status = if self.not_served() > tolerance.not_served { Status::Fail } else { Status::Info };
        let found = |(kind, failures): (&String, &Failures)| {
            let count = counted(usize::try_from(failures.count).unwrap_or(usize::MAX), "transaction");
            let message = format!("{count} failed: {}", failures.first);
            Finding::new("traffic-fails", status, message)
                .about(kind)
                .number("count", failures.count)
                .number("first_at_ms", milliseconds::of(failures.first_at))
                .number("last_at_ms", milliseconds::of(failures.last_at))
        };
        self.failures.iter().map(found).collect()
    }

    fn overdue_finding(&self, tolerance: &TrafficTolerance) -> Option<Finding> {
        let status = if self.not_served() > tolerance.not_served { Status::Fail } else { Status::Info };
        let message = format!("{} transactions were due and had not begun when it ended", self.overdue);
        let found = Finding::new("traffic-overdue", status, message).number("count", self.overdue);
        (self.overdue > 0).then_some(found)
    }

    fn stall_finding(&self, tolerance: &TrafficTolerance) -> Option<Finding> {
        let stall = self.longest_stall;
        let message = format!("no transaction was completed for {}", milliseconds::text(stall.lasted));
        let found = Finding::new("traffic-stalls", Status::Fail, message)
            .number("began_at_ms", milliseconds::of(stall.began_at))
            .number("lasted_ms", milliseconds::of(stall.lasted));
        (stall.lasted > tolerance.stall).then_some(found)
    }

    fn longest_finding(&self, tolerance: &TrafficTolerance) -> Option<Finding> {
        let longest = self.longest.as_ref().filter(|longest| longest.took > tolerance.stall)?;
        let message = format!("one transaction took {}", milliseconds::text(longest.took));
        let found = Finding::new("traffic-stalls", Status::Fail, message).about(&longest.query).kind("query");
        Some(found.number("began_at_ms", milliseconds::of(longest.began_at)))
    }

    fn blind_finding(&self) -> Option<Finding> {
        let message = match (self.served, self.gave_up) {
            (0, _) => "no transaction was completed, so nothing is known of how users would fare".to_owned(),
            (_, 0) => return None,
            (_, gave_up) => {
                format!("{gave_up} sessions could not connect again, and saw nothing from then on")
            }
        };
        Some(Finding::new("traffic-not-seen", Status::Blind, message))
    }

    /// One row for each query of the mix.
    #[must_use]
    pub fn queries_table(&self) -> Table {
        let columns = [
            Column::text("query", "Query"),
            Column::number("served", "Served"),
            Column::number("failed", "Failed"),
            Column::number("p50_ms", "p50").in_unit("ms"),
            Column::number("p95_ms", "p95").in_unit("ms"),
            Column::number("p99_ms", "p99").in_unit("ms"),
            Column::number("max_ms", "Max").in_unit("ms"),
        ];
        let mut table = Table::new("traffic_queries", "Traffic by query", columns);
        for query in &self.queries {
            let times = [query.p50, query.p95, query.p99, query.max].map(milliseconds::of);
            let counts: [Cell; 3] = [query.name.clone().into(), query.served.into(), query.failed.into()];
            table.push(counts.into_iter().chain(times.map(Cell::from)).collect::<Vec<_>>());
        }
        table
    }
}
