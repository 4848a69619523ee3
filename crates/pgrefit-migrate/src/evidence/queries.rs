//! The queries of the application before and after.

use pgrefit_bench::{Measured, Measurement};
use pgrefit_report::evidence::{Latency, PlanChange, Query};
use pgrefit_report::{Finding, Status};

use super::fractions;

/// One line a query, with what the comparison has found about it.
#[must_use]
pub fn queries(before: Option<&Measured>, after: &Measured, findings: &[Finding]) -> Vec<Query> {
    let line = |now: &Measurement| {
        let then = before.and_then(|before| before.query(&now.name));
        let about: Vec<&Finding> =
            findings.iter().filter(|finding| finding.object.as_deref() == Some(now.name.as_str())).collect();
        let status = about.iter().map(|finding| finding.status).max().unwrap_or(Status::Pass);
        let mut query = Query::new(&now.name, if status == Status::Info { Status::Pass } else { status });
        query.budget_ms = Some(fractions(now.budget));
        query.before = then.and_then(latency);
        query.after = latency(now);
        query.plan_change = about.iter().find_map(|finding| plan_change(finding));
        query.note = about.first().map(|finding| finding.message.clone());
        query
    };
    after.queries.iter().map(line).collect()
}

fn latency(measurement: &Measurement) -> Option<Latency> {
    let timing = measurement.timing.as_ref()?;
    Some(Latency {
        p50_ms: fractions(timing.p50),
        p95_ms: fractions(timing.p95),
        max_ms: fractions(timing.max),
        runs: timing.runs as u64,
    })
}

/// The comparison says it as `relation: how before → how now`.
fn plan_change(finding: &Finding) -> Option<PlanChange> {
    if !matches!(finding.check.as_ref(), "query-index-lost" | "query-index-changed" | "query-join-changed") {
        return None;
    }
    let (before, after) = finding.message.split_once(" → ")?;
    // The relation stands before, and what the query makes of it behind.
    let after = after.split_once("; ").map_or(after, |(after, _)| after);
    let is_worse = finding.status >= Status::Fail;
    Some(PlanChange { before: before.to_owned(), after: after.to_owned(), is_worse })
}
