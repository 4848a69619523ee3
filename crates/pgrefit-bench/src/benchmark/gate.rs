//! The budget gate: each query's p95 and p99 against the time that it may take.

use pgrefit_report::{Finding, Status};

use super::QueryResult;
use crate::milliseconds;

/// What is wrong with one query of a result.
pub(super) fn judge(query: &QueryResult) -> Vec<Finding> {
    if query.done == 0 && query.failed == 0 {
        let message = if query.weight == 0 { "its weight is 0" } else { "it was not run once" };
        let status = if query.weight == 0 { Status::Skip } else { Status::Blind };
        return vec![finding("bench-not-measured", status, query, message.to_owned())];
    }
    failing(query).into_iter().chain(over_budget(query)).collect()
}

fn failing(query: &QueryResult) -> Option<Finding> {
    if query.failed == 0 {
        return None;
    }
    let message = format!("{} of {} runs failed", query.failed, query.done + query.failed);
    Some(finding("bench-fails", Status::Fail, query, message).number("failed", query.failed))
}

fn over_budget(query: &QueryResult) -> Option<Finding> {
    let (word, time) =
        [("p95", query.p95), ("p99", query.p99)].into_iter().find(|(_, time)| *time > query.budget)?;
    let (shown, budget) = (milliseconds::text(time), milliseconds::text(query.budget));
    let message = format!("{word} of {shown} is over its budget of {budget}");
    let found = finding("bench-over-budget", Status::Fail, query, message)
        .number("p95_ms", milliseconds::of(query.p95))
        .number("p99_ms", milliseconds::of(query.p99))
        .number("budget_ms", milliseconds::of(query.budget))
        .number("runs", query.done);
    Some(match query.server_mean_ms {
        Some(mean) => found.number("server_mean_ms", mean),
        None => found,
    })
}

fn finding(check: &str, status: Status, query: &QueryResult, message: String) -> Finding {
    Finding::new(check, status, message).about(&query.name).kind("query")
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use super::*;

    pub(in crate::benchmark) fn query(done: u64, failed: u64, p95_ms: u64, p99_ms: u64) -> QueryResult {
        let ms = Duration::from_millis;
        QueryResult {
            name: "q".to_owned(),
            weight: 1,
            budget: ms(100),
            done,
            failed,
            rows: done,
            mean: ms(p95_ms / 2),
            p50: ms(p95_ms / 2),
            p95: ms(p95_ms),
            p99: ms(p99_ms),
            max: ms(p99_ms),
            service_p50: ms(p95_ms / 2),
            service_p99: ms(p99_ms),
            server_mean_ms: None,
        }
    }

    #[test]
    fn budgets_are_for_both_percentiles() {
        let check = |query: QueryResult, expected: &[&str]| {
            let said = |it: &Finding| format!("{} {}: {}", it.status, it.check, it.message);
            let found: Vec<String> = judge(&query).iter().map(said).collect();
            assert_eq!(found, expected);
        };
        check(query(50, 0, 100, 100), &[]);
        check(
            query(50, 0, 101, 250),
            &["fail bench-over-budget: p95 of 101 ms is over its budget of 100 ms"],
        );
        check(query(50, 0, 90, 2500), &["fail bench-over-budget: p99 of 2.5 s is over its budget of 100 ms"]);
        check(query(50, 2, 90, 90), &["fail bench-fails: 2 of 52 runs failed"]);
        check(query(0, 7, 0, 0), &["fail bench-fails: 7 of 7 runs failed"]);
        check(query(0, 0, 0, 0), &["blind bench-not-measured: it was not run once"]);
        check(QueryResult { weight: 0, ..query(0, 0, 0, 0) }, &["skip bench-not-measured: its weight is 0"]);
    }
}
