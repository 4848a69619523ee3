//! What the log must have, to explain a bad night.

use std::time::Duration;

use super::super::judge::Case;
use super::super::memory::MIB;
use super::super::setting::{Setting, Wish};
use super::{Rule, Verdict, on, set};

const LOG: &str =
    "PostgreSQL manual, Error Reporting and Logging; PostgreSQL 15 release notes: log_checkpoints is on";

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "log_lock_waits",
        source: LOG,
        judge: |_, setting| {
            on(setting, "waits for locks of more than deadlock_timeout are named with who holds them")
        },
    },
    Rule {
        name: "log_checkpoints",
        source: LOG,
        judge: |_, setting| on(setting, "tells checkpoints that were forced"),
    },
    Rule { name: "log_temp_files", source: LOG, judge: log_temp_files },
    Rule { name: "log_autovacuum_min_duration", source: LOG, judge: log_autovacuum },
    Rule {
        name: "track_io_timing",
        source: "PostgreSQL manual, Run-time Statistics: see pg_test_timing first where the clock is slow",
        judge: |_, setting| on(setting, "tells waiting for storage from working"),
    },
];

fn log_temp_files(_case: &Case<'_>, setting: &Setting) -> Verdict {
    if setting.value == "-1" {
        return set(Wish::Bytes(10 * MIB), "names the statements that go to disk with 10 MB and more");
    }
    Verdict::Keep
}

fn log_autovacuum(_case: &Case<'_>, setting: &Setting) -> Verdict {
    let minute = Duration::from_mins(1);
    if setting.time().is_none_or(|now| now > minute) {
        return set(Wish::Time(minute), "names vacuums of more than a minute");
    }
    Verdict::Keep
}
