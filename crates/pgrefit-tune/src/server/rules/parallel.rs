//! Parallel queries: by the CPUs that the server may use.

use super::super::judge::Case;
use super::super::setting::{Setting, Wish};
use super::{NO_CPUS, Rule, Verdict, set};
use crate::server::Purpose;

const PGTUNE: &str = "PGTune: half of the CPUs for one query, at most four; all of them together";

pub(super) const RULES: &[Rule] = &[
    Rule { name: "max_worker_processes", source: PGTUNE, judge: max_worker_processes },
    Rule { name: "max_parallel_workers", source: PGTUNE, judge: max_parallel_workers },
    Rule { name: "max_parallel_workers_per_gather", source: PGTUNE, judge: max_parallel_workers_per_gather },
    Rule {
        name: "max_parallel_maintenance_workers",
        source: PGTUNE,
        judge: max_parallel_maintenance_workers,
    },
];

fn by_cpus(case: &Case<'_>, setting: &Setting, wanted: impl Fn(u64) -> u64, reason: &str) -> Verdict {
    let Some(cpus) = case.facts.given.cpus else { return Verdict::Blind(NO_CPUS) };
    let wanted = wanted(u64::from(cpus).max(1));
    if setting.count() == Some(wanted) { Verdict::Keep } else { set(Wish::Count(wanted), reason) }
}

/// Never lowered: extensions have workers too.
fn max_worker_processes(case: &Case<'_>, setting: &Setting) -> Verdict {
    let now = setting.count().unwrap_or(8);
    by_cpus(
        case,
        setting,
        |cpus| now.max(cpus),
        "a worker for each CPU; others than those of parallel queries count too",
    )
}

fn max_parallel_workers(case: &Case<'_>, setting: &Setting) -> Verdict {
    by_cpus(case, setting, |cpus| cpus, "more workers than CPUs take turns, and each has its work_mem")
}

fn max_parallel_workers_per_gather(case: &Case<'_>, setting: &Setting) -> Verdict {
    let most = if case.facts.given.purpose == Purpose::Analytic { u64::MAX } else { 4 };
    by_cpus(
        case,
        setting,
        |cpus| (cpus / 2).min(most),
        "one query should not have more than half of the CPUs",
    )
}

fn max_parallel_maintenance_workers(case: &Case<'_>, setting: &Setting) -> Verdict {
    by_cpus(case, setting, |cpus| (cpus / 2).clamp(1, 4), "an index build may have half of the CPUs")
}
