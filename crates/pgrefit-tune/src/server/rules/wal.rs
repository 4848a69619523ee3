//! WAL and checkpoints: by how much is written.

use std::time::Duration;

use super::super::judge::Case;
use super::super::memory::{GIB, MIB};
use super::super::setting::{Setting, Wish};
use super::{Rule, Verdict, set};

const CHECKPOINTS: &str = "PostgreSQL manual, WAL Configuration: checkpoints by the clock, not by size";

pub(super) const RULES: &[Rule] = &[
    Rule { name: "max_wal_size", source: CHECKPOINTS, judge: max_wal_size },
    Rule { name: "min_wal_size", source: "PGTune: a quarter of max_wal_size", judge: min_wal_size },
    Rule { name: "checkpoint_timeout", source: CHECKPOINTS, judge: checkpoint_timeout },
    Rule {
        name: "checkpoint_completion_target",
        source: "PostgreSQL 14 release notes: the default became 0.9",
        judge: completion_target,
    },
    Rule {
        name: "wal_compression",
        source: "PostgreSQL 15 release notes: lz4 and zstd; what this build accepts is in enumvals",
        judge: wal_compression,
    },
    Rule {
        name: "max_slot_wal_keep_size",
        source: "PostgreSQL manual, Replication: a slot that nobody reads keeps WAL until the disk is full",
        judge: slot_wal,
    },
];

const WATCH: &str = "how much WAL is written: watch the server for a while (--observe), best at its busiest";
/// What is not known to fit on the disk is not proposed.
const UNKNOWN_DISK_MAX: u64 = 16 * GIB;
const TIMEOUT: Duration = Duration::from_mins(15);

/// What is written between two checkpoints, and while one is being written.
fn wanted(case: &Case<'_>) -> Option<u64> {
    let rate = case.facts.wal?;
    let between = TIMEOUT.as_secs_f64().max(case.setting("checkpoint_timeout")?.time()?.as_secs_f64());
    let mebibytes = rate.bytes_a_second * between * 1.9 / 1_048_576.0;
    let mebibytes: u64 = format!("{:.0}", mebibytes.ceil().clamp(0.0, 1e9)).parse().ok()?;
    let most = case.facts.given.wal_disk_bytes.map_or(UNKNOWN_DISK_MAX, |disk| disk / 10 * 3);
    Some((mebibytes.div_ceil(256) * 256 * MIB).clamp(GIB.min(most), most))
}

/// Whether more than a tenth of the checkpoints did not wait for the clock.
fn are_forced(case: &Case<'_>) -> bool {
    case.facts
        .checkpoints
        .is_some_and(|c| c.timed + c.requested >= 10 && c.requested * 10 > c.timed + c.requested)
}

fn max_wal_size(case: &Case<'_>, setting: &Setting) -> Verdict {
    let Some(now) = setting.bytes() else { return Verdict::Keep };
    let disk = case.facts.given.wal_disk_bytes.map(|disk| disk / 10 * 3);
    if let Some(disk) = disk.filter(|disk| *disk < now) {
        let wanted = (disk / (64 * MIB) * (64 * MIB)).max(least(case));
        return set(
            Wish::Bytes(wanted),
            "three tenths of the disk that has the WAL, and no less than the server starts with",
        );
    }
    match wanted(case) {
        None if are_forced(case) => {
            let doubled = (now * 2).min(disk.unwrap_or(UNKNOWN_DISK_MAX)).max(now);
            set(Wish::Bytes(doubled), "more than a tenth of the checkpoints were forced by max_wal_size")
        }
        None => Verdict::Blind(WATCH),
        Some(wanted) if wanted > now => set(Wish::Bytes(wanted), reason(case)),
        Some(_) => Verdict::Keep,
    }
}

/// Twice the size of a segment is the least that the server starts with.
fn least(case: &Case<'_>) -> u64 {
    case.setting("wal_segment_size").and_then(Setting::bytes).unwrap_or(16 * MIB) * 2
}

fn reason(case: &Case<'_>) -> String {
    let Some(rate) = case.facts.wal else { return String::new() };
    let kind = if rate.is_mean { "in the mean" } else { "at the time of the look" };
    format!(
        "{:.0} kB of WAL a second {kind}, times 15 min and the time of writing the checkpoint",
        rate.bytes_a_second / 1024.0
    )
}

fn min_wal_size(case: &Case<'_>, setting: &Setting) -> Verdict {
    let max_wal = case.setting("max_wal_size").map(|max| max_wal_size(case, max));
    let (Some(Verdict::Set(Wish::Bytes(most), _)), Some(now)) = (max_wal, setting.bytes()) else {
        return Verdict::Keep;
    };
    let wanted = (most / 4 / MIB * MIB).max(least(case));
    if wanted > now || now > most {
        return set(Wish::Bytes(wanted), "a quarter of max_wal_size: segments are used again, not made anew");
    }
    Verdict::Keep
}

fn checkpoint_timeout(_case: &Case<'_>, setting: &Setting) -> Verdict {
    if setting.time().is_some_and(|now| now < TIMEOUT) {
        return set(
            Wish::Time(TIMEOUT),
            "fewer full pages in the WAL; in return up to 15 min of WAL to redo after a crash",
        );
    }
    Verdict::Keep
}

fn completion_target(_case: &Case<'_>, setting: &Setting) -> Verdict {
    if setting.real().is_some_and(|now| now < 0.9) {
        return set(
            Wish::Real(0.9),
            "the writes of a checkpoint are spread over the time until the next one",
        );
    }
    Verdict::Keep
}

fn wal_compression(_case: &Case<'_>, setting: &Setting) -> Verdict {
    if setting.is("off") {
        return set(
            Wish::Word(&["lz4", "zstd", "pglz", "on"]),
            "full pages are most of the WAL, and compress well",
        );
    }
    Verdict::Keep
}

fn slot_wal(case: &Case<'_>, setting: &Setting) -> Verdict {
    if setting.value != "-1" || case.facts.slots == 0 {
        return Verdict::Keep;
    }
    let Some(disk) = case.facts.given.wal_disk_bytes else {
        return Verdict::Blind("the size of the disk that has the WAL (--wal-disk)");
    };
    let wanted = disk / 10 * 4 / MIB * MIB;
    let reason =
        "four tenths of the disk that has the WAL: there are slots, and nothing else bounds what they keep";
    // The next checkpoint invalidates what keeps more.
    match case.facts.slots_keep_bytes.filter(|kept| *kept > wanted / 2) {
        Some(kept) => Verdict::Later(Wish::Bytes(wanted), reason.to_owned(), behind(kept)),
        None => set(Wish::Bytes(wanted), reason),
    }
}

fn behind(kept: u64) -> String {
    format!(
        "a slot keeps {} MB of WAL now, more than half of that: see that it is read, or drop it, then judge again",
        kept / MIB
    )
}
