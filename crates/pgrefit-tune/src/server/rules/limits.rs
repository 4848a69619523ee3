//! Bounds that keep one session from stopping all others.

use std::time::Duration;

use super::super::judge::Case;
use super::super::memory::active;
use super::super::setting::{Setting, Wish};
use super::{Rule, Verdict, set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "idle_in_transaction_session_timeout",
        source: "PostgreSQL manual, Client Connection Defaults: an open transaction keeps its locks, and vacuum from its work",
        judge: idle_in_transaction,
    },
    Rule {
        name: "max_locks_per_transaction",
        source: "PostgreSQL manual, Lock Management: each partition and each of its indexes is a lock",
        judge: max_locks,
    },
];

fn idle_in_transaction(_case: &Case<'_>, setting: &Setting) -> Verdict {
    if setting.value == "0" {
        return set(
            Wish::Time(Duration::from_mins(10)),
            "nothing bounds a forgotten transaction; give roles of applications less (60 s), and statement_timeout",
        );
    }
    Verdict::Keep
}

/// The table of locks is shared: all active backends may go through all partitions at once.
fn max_locks(case: &Case<'_>, setting: &Setting) -> Verdict {
    let relations = case.facts.partition_relations;
    let connections = case.facts.count("max_connections", 100).max(1);
    let Some(now) = setting.count() else { return Verdict::Keep };
    let needed = (active(case.facts, connections) * relations * 2).div_ceil(connections);
    if needed <= now {
        return Verdict::Keep;
    }
    let wanted = needed.next_power_of_two().min(1024);
    if wanted <= now {
        return Verdict::Keep;
    }
    set(Wish::Count(wanted), format!("{relations} partitions and indexes of partitions in this database"))
}
