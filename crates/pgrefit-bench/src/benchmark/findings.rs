//! What a benchmark's result says about the database and about the benchmark itself.

use std::time::Duration;

use pgrefit_load::FailureKind;
use pgrefit_report::{Finding, Status};

use super::{BenchResult, Ending, gate};
use crate::milliseconds;

/// The driver's own lateness, from which on it is part of what was measured.
const LAG_NOTABLE: Duration = Duration::from_millis(5);
/// Fewer seconds than this do not tell whether they are steady.
const STEADY_SECONDS_MIN: usize = 5;

/// All findings, the worst first.
///
/// | check | level | when |
/// |---|---|---|
/// | `bench-over-budget` | fail | p95 or p99 of a query, from when it was meant to be sent, exceeds its budget |
/// | `bench-fails` | fail | runs of a query failed |
/// | `bench-database-suffers` | fail | the guard ended the run |
/// | `bench-requests-lost` | fail | requests of an open loop were dropped, or had no answer: the server did not keep up |
/// | `bench-not-measured` | blind | a query of the mix was not run |
/// | `bench-stopped` | blind | somebody stopped it |
/// | `bench-driver-late` | warn | the driver itself was late: p99 of its lag is above 5 ms and a tenth of p99 of all times |
/// | `bench-not-steady` | warn | the throughput did not settle |
/// | `bench-plan-unknown` | warn | a query could not be explained |
/// | `bench-closed-loop` | info | percentiles of a closed loop are blind to stalls |
/// | `bench-left-out` | info | statements that write were left out |
/// | `bench-not-counted` | info | counters that this server does not have or show |
/// | `bench-guard-blind` | info | what the guard could not see |
#[must_use]
pub fn findings(result: &BenchResult) -> Vec<Finding> {
    let mut findings: Vec<Finding> = result.queries.iter().flat_map(gate::judge).collect();
    findings.extend(ending(&result.ending));
    findings.extend(lost(result));
    findings.extend(late(result));
    findings.extend(unsteady(result));
    findings.extend(unexplained(result));
    findings.extend(notes(result));
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.status));
    findings
}

fn ending(ending: &Ending) -> Option<Finding> {
    match ending {
        Ending::Completed => None,
        Ending::Stopped => Some(Finding::new(
            "bench-stopped",
            Status::Blind,
            "it was stopped before its end: the figures are of the time until then",
        )),
        Ending::Suffered(suffering) => {
            let message =
                format!("the run was ended after {}: {suffering}", milliseconds::text(suffering.at));
            let hint = "lower --rate or --connections, or run it on a copy; look at pg_stat_activity for what else is there";
            Some(Finding::new("bench-database-suffers", Status::Fail, message).hint(hint))
        }
    }
}

fn lost(result: &BenchResult) -> Option<Finding> {
    let load = &result.load;
    if load.dropped + load.unfinished == 0 {
        return None;
    }
    let message = format!(
        "{} requests were not sent because the queue was full, {} had no answer in the end: the server does not keep up with \
         this rate",
        load.dropped, load.unfinished
    );
    let found = Finding::new("bench-requests-lost", Status::Fail, message);
    Some(found.number("dropped", load.dropped).number("unfinished", load.unfinished))
}

fn late(result: &BenchResult) -> Option<Finding> {
    let (lag, all) = (result.load.lag.quantile(0.99), result.load.all.total.quantile(0.99));
    if lag < LAG_NOTABLE || lag.mul_f64(10.0) < all {
        return None;
    }
    let message = format!(
        "the driver itself was late, by {} at p99: that is part of the times",
        milliseconds::text(lag)
    );
    let hint = "its machine is busy: give it cores of its own, or lower the rate";
    Some(
        Finding::new("bench-driver-late", Status::Warn, message)
            .number("lag_p99_ms", milliseconds::of(lag))
            .hint(hint),
    )
}

fn unsteady(result: &BenchResult) -> Option<Finding> {
    if result.steady_from.is_some()
        || result.load.windows.len() < STEADY_SECONDS_MIN
        || result.ending != Ending::Completed
    {
        return None;
    }
    let message =
        "the throughput did not settle: caches were still being filled, or something else was going on";
    Some(
        Finding::new("bench-not-steady", Status::Warn, message)
            .hint("a longer --warm-up, and a longer --duration"),
    )
}

fn unexplained(result: &BenchResult) -> impl Iterator<Item = Finding> {
    result.plans.iter().filter_map(|plan| {
        let trouble = plan.trouble.as_ref()?;
        let message = format!("it could not be explained: {trouble}");
        Some(Finding::new("bench-plan-unknown", Status::Warn, message).about(&plan.name).kind("query"))
    })
}

fn notes(result: &BenchResult) -> Vec<Finding> {
    let info = |check: &str, message: String| Finding::new(check, Status::Info, message);
    let mut notes = Vec::new();
    if result.is_closed_loop() {
        notes.push(
            info("bench-closed-loop", CLOSED.to_owned())
                .hint("--rate measures as users come, whether they are answered or not"),
        );
    }
    if !result.left_out.is_empty() {
        let names = result.left_out.join(", ");
        notes.push(info("bench-left-out", format!("not run, because only reading was allowed: {names}")));
    }
    let missing = result.counters.missing();
    notes.extend(
        missing
            .into_iter()
            .map(|(view, why)| info("bench-not-counted", why.to_owned()).about(view).kind("view")),
    );
    notes.extend(result.watched.blind.iter().map(|what| info("bench-guard-blind", what.clone())));
    let kinds = result.load.failures.iter().filter(|(kind, _)| matches!(kind, FailureKind::NotConnected));
    notes.extend(kinds.map(|(kind, count)| {
        info("bench-reconnecting", format!("{kind}: {count} attempts to connect again"))
    }));
    notes
}

const CLOSED: &str = "a closed loop: users wait for an answer before they ask again, so that a database which stands still gets no \
                      requests meanwhile, and p95 and p99 do not show it";
