//! What to know before a setting is set, and what a standby cannot set.

use super::judge::Case;
use super::setting::Setting;

/// A standby with less than its primary does not start, or stops replaying.
pub(super) fn is_bound_to_primary(case: &Case<'_>, setting: &Setting, raw: &str) -> bool {
    let is_less = raw.parse::<u64>().ok().zip(setting.count()).is_some_and(|(new, now)| new < now);
    case.facts.is_standby && is_less && STANDBY_FOLLOWS.contains(&setting.name.as_str())
}

/// Those that a standby must have at least as large as its primary ("Hot Standby", "Administrator's Overview").
const STANDBY_FOLLOWS: [&str; 5] = [
    "max_connections",
    "max_locks_per_transaction",
    "max_prepared_transactions",
    "max_wal_senders",
    "max_worker_processes",
];

pub(super) fn caveats(case: &Case<'_>, setting: &Setting) -> Vec<String> {
    let mut caveats = Vec::new();
    if ["database", "user", "database user"].contains(&setting.source.as_str()) {
        caveats.push(format!(
            "ALTER DATABASE or ALTER ROLE has set it too ({}), and goes before it",
            setting.source
        ));
    }
    if !setting.is_reachable() {
        caveats.push(format!("it is set by the {}: change it there", setting.source));
    }
    if setting.pending_restart {
        caveats.push("another value waits for a restart already".to_owned());
    }
    if setting.name == "max_slot_wal_keep_size" {
        caveats.push(
            "a slot that falls behind by more is invalidated, which cannot be undone: what reads it must be made anew"
                .to_owned(),
        );
    }
    if STANDBY_FOLLOWS.contains(&setting.name.as_str())
        && (case.facts.is_standby || case.facts.replicas != Some(0))
    {
        caveats.push("raise it on standbys before the primary, and lower it on the primary first".to_owned());
    }
    caveats
}
