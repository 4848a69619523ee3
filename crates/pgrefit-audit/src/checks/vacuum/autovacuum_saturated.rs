//! Autovacuum whose workers are all busy for long.

use pgrefit_catalog::census::{Backend, Source};
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::facts::activity::{MINUTE_S, said, span};
use crate::{Facts, Ruling};

/// From which age of the youngest worker on it is told: that all are busy for a moment is as it should be.
const BUSY_S: f64 = 10.0 * MINUTE_S;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "autovacuum-saturated",
    code: "VAC-06",
    group: Group::Vacuum,
    title: "All workers of autovacuum are busy: other tables wait for their turn.",
    level: Status::Warn,
    required: false,
    matters: "While each of the autovacuum_max_workers works on a large table, small tables that change much get no VACUUM and \
              no ANALYZE. Told if all of them are busy, and the one that began last did so ten minutes ago. More workers \
              alone do not help: they share one limit of cost.",
    cure: "Raise autovacuum_vacuum_cost_limit first, or lower autovacuum_vacuum_cost_delay. Then raise autovacuum_max_workers.",
    sources: &[Source::Backends, Source::Settings],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    // A process that has a database and no role may be a worker.
    let may_be = |it: &&Backend| it.hidden && it.user.is_none() && it.database.is_some();
    for _ in facts.census.backends.iter().filter(may_be) {
        ruling.missed("the kind of server processes is hidden from this role", Some(facts.grant_monitor()));
    }
    ruling.saw();
    let is_worker = |it: &&Backend| it.kind.as_deref() == Some("autovacuum worker");
    let workers: Vec<&Backend> = facts.census.backends.iter().filter(is_worker).collect();
    let ages: Option<Vec<f64>> = workers.iter().map(|it| it.transaction_age_s.or(it.backend_age_s)).collect();
    let (Some(most), Some(ages)) = (facts.number("autovacuum_max_workers"), ages) else { return };
    let youngest = ages.iter().copied().fold(f64::INFINITY, f64::min);
    let oldest = ages.iter().copied().fold(0.0, f64::max);
    let count = u32::try_from(workers.len()).unwrap_or(u32::MAX);
    if count > 0 && f64::from(count) >= most && youngest >= BUSY_S {
        let all = if count == 1 { "the one worker".to_owned() } else { format!("all {count} workers") };
        ruling
            .warn(
                "autovacuum_max_workers",
                format!("{all} of autovacuum are busy, the longest for {}", said(oldest)),
            )
            .number("workers", count)
            .number("longest_ms", span(oldest))
            .number("shortest_ms", span(youngest))
            .number("autovacuum_vacuum_cost_limit", facts.number("autovacuum_vacuum_cost_limit"))
            .hint("raise autovacuum_vacuum_cost_limit; a higher autovacuum_max_workers needs a restart before version 18");
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    fn worker(sample: Sample, pid: i32, age_s: f64) -> Sample {
        sample.backend(pid, |it| {
            (it.user, it.kind) = (None, Some("autovacuum worker".to_owned()));
            it.transaction_age_s = Some(age_s);
        })
    }

    #[test]
    fn workers_are_counted() {
        let check = |ages: &[f64], expected: Status| {
            let none = Sample::new(18).setting("autovacuum_max_workers", "2");
            let sample = (1..).zip(ages).fold(none, |sample, (pid, age)| worker(sample, pid, *age));
            assert_eq!(sample.status(&CHECK), expected, "{ages:?}");
        };
        check(&[], Status::Pass);
        check(&[7_200.0], Status::Pass);
        check(&[7_200.0, 3_600.0], Status::Warn);
        // The other one has just taken a new table.
        check(&[7_200.0, 5.0], Status::Pass);
    }

    #[test]
    fn hidden_processes_may_be_workers() {
        let hidden = || Sample::new(18).setting("autovacuum_max_workers", "1").hidden_backend(7);
        assert_eq!(hidden().status(&CHECK), Status::Pass, "a session of a role");
        assert_eq!(hidden().with(|it| it.backends[0].user = None).status(&CHECK), Status::Blind);
    }
}
