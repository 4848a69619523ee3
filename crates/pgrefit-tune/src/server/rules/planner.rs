//! What the planner takes things to cost.

use super::super::judge::Case;
use super::super::setting::{Setting, Wish};
use super::{NO_STORAGE, Rule, Verdict, set};
use crate::server::{Purpose, Storage};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "random_page_cost",
        source: "PostgreSQL manual, Planner Cost Constants; PGTune: 1.1 for solid state, or where all of it is cached",
        judge: random_page_cost,
    },
    Rule {
        name: "jit",
        source: "PGTune: off but for long queries; compiling takes longer than most of them",
        judge: jit,
    },
];

fn random_page_cost(case: &Case<'_>, setting: &Setting) -> Verdict {
    let Some(now) = setting.real() else { return Verdict::Keep };
    let cached =
        case.memory.zip(case.facts.databases_bytes).is_some_and(|(memory, all)| all <= memory.shared_buffers);
    let reason = match case.facts.given.storage {
        _ if cached => "all databases fit into shared buffers",
        Some(Storage::Ssd) => "any block is read as fast as the next one",
        None if now > 2.0 => return Verdict::Blind(NO_STORAGE),
        Some(Storage::Hdd) | None => return Verdict::Keep,
    };
    if now > 2.0 { set(Wish::Real(1.1), reason) } else { Verdict::Keep }
}

fn jit(case: &Case<'_>, setting: &Setting) -> Verdict {
    if setting.is("on") && case.facts.given.purpose == Purpose::Mixed {
        return set(Wish::Word(&["off"]), "short queries are compiled when the planner overrates them");
    }
    Verdict::Keep
}
