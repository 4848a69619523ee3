//! The rules: one for each setting, with where it comes from.
//!
//! A rule for a setting that the server does not have is not asked, so that versions need no rules of their own: what was
//! added, renamed or taken out is told by `pg_settings`.

mod connections;
mod disk;
mod limits;
mod logging;
mod memory;
mod parallel;
mod planner;
mod vacuum;
mod wal;

use super::judge::Case;
use super::setting::{Setting, Wish};

/// One setting, and what is right for it.
pub(crate) struct Rule {
    /// The setting.
    pub(crate) name: &'static str,
    /// Where the rule comes from.
    pub(crate) source: &'static str,
    /// The judgement; the setting is there.
    pub(crate) judge: fn(&Case<'_>, &Setting) -> Verdict,
}

/// What a rule says.
pub(crate) enum Verdict {
    /// It is right as it is, or there is nothing to say.
    Keep,
    /// It cannot tell without this.
    Blind(&'static str),
    /// It should be this, because of that.
    Set(Wish, String),
    /// It should be this, because of that; but it would do harm now, as the last says.
    Later(Wish, String, String),
}

const GROUPS: [&[Rule]; 9] = [
    memory::RULES,
    connections::RULES,
    parallel::RULES,
    wal::RULES,
    planner::RULES,
    disk::RULES,
    vacuum::RULES,
    limits::RULES,
    logging::RULES,
];

/// All rules, in the order in which people read them.
pub(crate) fn all() -> impl Iterator<Item = &'static Rule> {
    GROUPS.into_iter().flatten()
}

/// Settings that rules look at besides those that they are about.
const ALSO: [&str; 14] = [
    "autovacuum_analyze_scale_factor",
    "autovacuum_vacuum_insert_scale_factor",
    "autovacuum_vacuum_scale_factor",
    "autovacuum_worker_slots",
    "checkpoint_timeout",
    "hash_mem_multiplier",
    "max_prepared_transactions",
    "max_wal_senders",
    "reserved_connections",
    "superuser_reserved_connections",
    "vacuum_cost_limit",
    "wal_buffers",
    "wal_segment_size",
    "shared_memory_size",
];

/// The names of all settings that the judgement rests on.
#[must_use]
pub fn setting_names() -> Vec<&'static str> {
    all().map(|rule| rule.name).chain(ALSO).collect()
}

/// Whether the rule for a setting needs the memory limit.
pub(crate) fn is_of_memory(name: &str) -> bool {
    memory::RULES.iter().chain(connections::RULES).any(|rule| rule.name == name)
}

/// What a rule that needs the memory limit says without it.
const NO_LIMIT: &str = "the memory that the server may use (--memory, such as the limit of its container)";
const NO_POOLS: &str = "the connections of all pools of all replicas together (--pools)";
const NO_CPUS: &str = "the CPUs that the server may use (--cpus)";
const NO_STORAGE: &str = "what the data is on (--storage ssd or hdd)";

fn set(wish: Wish, reason: impl Into<String>) -> Verdict {
    Verdict::Set(wish, reason.into())
}

/// For a switch that should be on.
fn on(setting: &Setting, reason: &str) -> Verdict {
    if setting.is("on") { Verdict::Keep } else { set(Wish::Word(&["on"]), reason) }
}
