//! Connections: as many as the pools need, and no more than the memory carries.

use super::super::judge::Case;
use super::super::setting::{Setting, Wish};
use super::{NO_LIMIT, NO_POOLS, Rule, Verdict, set};

pub(super) const RULES: &[Rule] = &[Rule {
    name: "max_connections",
    source: "all pools of all replicas, reserved ones and room for people, a fifth more; a fifth of the memory at most",
    judge: max_connections,
}];

fn max_connections(case: &Case<'_>, setting: &Setting) -> Verdict {
    let Some(memory) = case.memory else {
        return if case.facts.given.memory_bytes.is_some() {
            Verdict::Keep
        } else {
            Verdict::Blind(NO_LIMIT)
        };
    };
    // How many are open at one moment says nothing about the next.
    if memory.is_crowded {
        return Verdict::Blind(NO_POOLS);
    }
    match setting.count() {
        Some(now) if now == memory.max_connections => Verdict::Keep,
        Some(now) if now < memory.max_connections => {
            set(Wish::Count(memory.max_connections), "what the pools need together")
        }
        _ => set(
            Wish::Count(memory.max_connections),
            "more connections than the memory carries when each has its caches: use pools, or a pooler in front",
        ),
    }
}
