//! Autovacuum.

use super::super::judge::Case;
use super::super::memory::autovacuum_workers;
use super::super::setting::{Setting, Wish};
use super::{NO_STORAGE, Rule, Verdict, set};
use crate::server::Storage;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "autovacuum",
        source: "PostgreSQL manual, Routine Vacuuming",
        judge: |_, setting| {
            super::on(setting, "without it tables bloat, and at last the server stops to save them")
        },
    },
    Rule {
        name: "autovacuum_vacuum_cost_limit",
        source: "PostgreSQL manual, Automatic Vacuuming: the limit is shared by all workers; 200 is of the time of disks",
        judge: cost_limit,
    },
    Rule {
        name: "autovacuum_max_workers",
        source: "PGTune: a quarter of the CPUs, at least three; shares the cost limit and autovacuum_work_mem",
        judge: workers,
    },
];

fn cost_limit(case: &Case<'_>, setting: &Setting) -> Verdict {
    // -1 is vacuum_cost_limit.
    let now = setting.count().or_else(|| case.setting("vacuum_cost_limit")?.count());
    match case.facts.given.storage {
        None => Verdict::Blind(NO_STORAGE),
        Some(Storage::Ssd) if now.is_none_or(|now| now < 1000) => set(
            Wish::Count(2000),
            "at 200, all workers together dirty 40 MB a second at most; solid state takes ten times that",
        ),
        Some(_) => Verdict::Keep,
    }
}

fn workers(case: &Case<'_>, setting: &Setting) -> Verdict {
    let wanted = autovacuum_workers(case.facts);
    if setting.count().is_none_or(|now| now >= wanted) {
        return Verdict::Keep;
    }
    set(Wish::Count(wanted), "a quarter of the CPUs: large tables do not keep small ones waiting")
}
