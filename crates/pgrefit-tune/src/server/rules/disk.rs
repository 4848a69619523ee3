//! How storage is asked.

use super::super::judge::Case;
use super::super::setting::{Setting, Wish};
use super::{NO_STORAGE, Rule, Verdict, set};
use crate::server::Storage;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "effective_io_concurrency",
        source: "PGTune: 200 for solid state, 2 for disks; PostgreSQL 18 release notes: asynchronous reads, default 16",
        judge: effective_io_concurrency,
    },
    Rule {
        name: "io_method",
        source: "PostgreSQL 18 manual; pgsql-hackers (T. Vondra): worker, as io_uring is barred in many containers",
        judge: io_method,
    },
    Rule { name: "io_workers", source: "PGTune: a quarter of the CPUs, at least three", judge: io_workers },
    Rule {
        name: "default_toast_compression",
        source: "PostgreSQL 14 release notes: lz4; what this build accepts is in enumvals",
        judge: toast_compression,
    },
];

fn effective_io_concurrency(case: &Case<'_>, setting: &Setting) -> Verdict {
    let Some(now) = setting.count() else { return Verdict::Keep };
    if case.facts.major() >= 18 {
        return Verdict::Keep;
    }
    let (wanted, reason) = match case.facts.given.storage {
        Some(Storage::Ssd) => (200, "solid state serves many reads at once"),
        Some(Storage::Hdd) => (2, "a disk has few heads"),
        None => return Verdict::Blind(NO_STORAGE),
    };
    if now < wanted { set(Wish::Count(wanted), reason) } else { Verdict::Keep }
}

fn io_method(_case: &Case<'_>, setting: &Setting) -> Verdict {
    if setting.is("sync") {
        return set(Wish::Word(&["worker"]), "reads ahead without waiting");
    }
    Verdict::Keep
}

fn io_workers(case: &Case<'_>, setting: &Setting) -> Verdict {
    let worker = case.setting("io_method").is_none_or(|method| method.is("worker"));
    let (Some(cpus), Some(now), true) = (case.facts.given.cpus, setting.count(), worker) else {
        return Verdict::Keep;
    };
    let wanted = u64::from(cpus / 4).max(3);
    if now < wanted { set(Wish::Count(wanted), "a quarter of the CPUs") } else { Verdict::Keep }
}

fn toast_compression(_case: &Case<'_>, setting: &Setting) -> Verdict {
    if setting.is("pglz") {
        return set(Wish::Word(&["lz4"]), "several times faster, at about the same size; of new values only");
    }
    Verdict::Keep
}
