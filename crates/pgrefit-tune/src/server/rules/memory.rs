//! Memory: shares of the limit, see `memory.rs` one floor up.

use super::super::judge::Case;
use super::super::memory::{MIB, Memory, rounded};
use super::super::setting::{Setting, Wish};
use super::{NO_LIMIT, NO_POOLS, Rule, Verdict, set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "shared_buffers",
        source: "PostgreSQL manual, Resource Consumption: 25 % of the memory, more than 40 % is unlikely to help",
        judge: shared_buffers,
    },
    Rule {
        name: "effective_cache_size",
        source: "PostgreSQL manual, Planner Cost Constants: shared buffers and the kernel's page cache together",
        judge: effective_cache_size,
    },
    Rule {
        name: "work_mem",
        source: "PostgreSQL manual, Resource Consumption: work_mem for each sort and hash of each process, times \
                 hash_mem_multiplier for hashes",
        judge: work_mem,
    },
    Rule {
        name: "maintenance_work_mem",
        source: "PGTune: 1/16 of the memory; PostgreSQL 17 release notes: vacuum may use more than 1 GB",
        judge: maintenance_work_mem,
    },
    Rule {
        name: "autovacuum_work_mem",
        source: "PostgreSQL manual, Resource Consumption: each of autovacuum_max_workers takes that much",
        judge: autovacuum_work_mem,
    },
    Rule {
        name: "huge_pages",
        source: "PostgreSQL manual, Managing Kernel Resources: page tables of large shared buffers",
        judge: huge_pages,
    },
];

/// Sets a size when it is too large, or less than four fifths of what it may be.
fn size(
    case: &Case<'_>,
    setting: &Setting,
    wanted: fn(&Memory) -> u64,
    reason: fn(&Memory) -> String,
) -> Verdict {
    let Some(memory) = case.memory else { return Verdict::Blind(NO_LIMIT) };
    let wanted = wanted(memory);
    match setting.bytes() {
        Some(now) if now <= wanted && now >= wanted / 5 * 4 => Verdict::Keep,
        _ => set(Wish::Bytes(wanted), reason(memory)),
    }
}

fn shared_buffers(case: &Case<'_>, setting: &Setting) -> Verdict {
    let Some(memory) = case.memory else { return Verdict::Blind(NO_LIMIT) };
    let verdict = size(case, setting, |memory| memory.shared_buffers, |_| String::new());
    let Verdict::Set(wish, _) = verdict else { return verdict };
    let limit = case.facts.given.memory_bytes.unwrap_or_default() / MIB;
    let share = if memory.shared_buffers < rounded(limit / 6 * MIB) {
        format!("the databases are only {} MB", case.facts.databases_bytes.unwrap_or_default() / MIB)
    } else if limit >= 1024 {
        format!("a quarter of {limit} MB")
    } else {
        format!("a sixth of {limit} MB: below 1 GB the kernel's page cache needs the rest")
    };
    set(wish, share)
}

fn effective_cache_size(case: &Case<'_>, setting: &Setting) -> Verdict {
    let Some(memory) = case.memory else { return Verdict::Blind(NO_LIMIT) };
    // Known in the second pass only.
    let Some(page_cache) = case.page_cache else { return Verdict::Keep };
    if memory.is_crowded {
        return Verdict::Blind(NO_POOLS);
    }
    let wanted = rounded(memory.shared_buffers + page_cache);
    match setting.bytes() {
        Some(now) if now >= wanted / 4 * 3 && now <= wanted / 4 * 5 => Verdict::Keep,
        _ => set(Wish::Bytes(wanted), "shared buffers, and what the budget leaves for the page cache"),
    }
}

fn work_mem(case: &Case<'_>, setting: &Setting) -> Verdict {
    if case.memory.is_some_and(|memory| memory.is_crowded) {
        return Verdict::Blind(NO_POOLS);
    }
    let verdict = size(case, setting, |memory| memory.work_mem, |_| String::new());
    let (Verdict::Set(wish, _), Some(memory)) = (&verdict, case.memory) else { return verdict };
    let why = match setting.bytes() {
        Some(now) if now > memory.work_mem => "it is more now",
        _ if memory.spills => "temporary files of more than 1 % of the databases are written a day",
        _ => "nothing shows that sorts go to disk",
    };
    set(wish.clone(), format!("what the budget leaves to all processes that may sort at once; {why}"))
}

fn maintenance_work_mem(case: &Case<'_>, setting: &Setting) -> Verdict {
    size(
        case,
        setting,
        |memory| memory.maintenance_work_mem,
        |_| "a sixteenth of the memory: fewer passes of vacuum, faster index builds".to_owned(),
    )
}

fn autovacuum_work_mem(case: &Case<'_>, setting: &Setting) -> Verdict {
    size(
        case,
        setting,
        |memory| memory.autovacuum_work_mem,
        |_| {
            "a sixteenth of the memory for all workers: without it each may take maintenance_work_mem"
                .to_owned()
        },
    )
}

fn huge_pages(case: &Case<'_>, setting: &Setting) -> Verdict {
    let Some(memory) = case.memory else { return Verdict::Keep };
    if setting.is("off") && memory.shared_buffers >= 2048 * MIB {
        return set(Wish::Word(&["try"]), "page tables of 2 GB and more cost each backend megabytes");
    }
    Verdict::Keep
}
