//! Holds the facts against the rules.

use std::collections::BTreeMap;

use serde::Serialize;

use super::budget::Budget;
use super::caveats::{caveats, is_bound_to_primary};
use super::memory::{self, Memory, Use};
use super::rules::{self, Rule, Verdict};
use super::setting::{Setting, Wish};
use super::tables::{TableAdvice, advise};
use super::{Facts, Proposal, Takes};

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Judgement {
    /// What should be set: first what a reload is enough for.
    pub proposals: Vec<Proposal>,
    /// Where the memory goes with the proposals; `None` without a limit, or when it does not fit.
    pub budget: Option<Budget>,
    /// Why there is no budget although there is a limit. No proposal about memory stands beside it.
    pub refusal: Option<String>,
    /// What the limit would carry, where it refuses because nobody has said how many connections the pools have.
    pub carries: Option<Carries>,
    /// Rules that could not look.
    pub blind: Vec<Blind>,
    /// Large tables that autovacuum looks at too seldom. Theirs are no settings of the server: a migration makes them.
    pub tables: Vec<TableAdvice>,
    /// Settings that should be another, and that `ALTER SYSTEM` does not reach, a standby cannot lower below its primary's, or
    /// that would do harm now.
    pub out_of_reach: Vec<Proposal>,
    /// Settings that `ALTER SYSTEM` has made what they should be, and that wait for a restart. The budget counts them in.
    pub waiting: Vec<Proposal>,
}

/// So many connections, with the budget that there would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Carries {
    /// Connections of all pools together.
    pub pool_connections: u32,
    /// Where the memory would go then.
    pub budget: Budget,
}

/// A rule that could not look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Blind {
    /// The setting that it is about.
    pub name: String,
    /// What it needs to know, and how to say it.
    pub needs: String,
}

/// What a rule looks at.
pub(crate) struct Case<'a> {
    pub(crate) facts: &'a Facts,
    pub(crate) memory: Option<&'a Memory>,
    /// What is left for the page cache, once the memory is divided.
    pub(crate) page_cache: Option<u64>,
}

impl Case<'_> {
    pub(crate) fn setting(&self, name: &str) -> Option<&Setting> {
        self.facts.setting(name)
    }
}

/// Judges the facts. Nothing is asked and nothing is written; the same facts have the same judgement.
#[must_use]
pub fn judge(facts: &Facts) -> Judgement {
    let planned = facts.given.memory_bytes.map(|limit| Memory::plan(facts, limit));
    let (memory, mut refusal) = match planned {
        Some(Ok(memory)) => (Some(memory), None),
        Some(Err(why)) => (None, Some(why)),
        None => (None, None),
    };
    let mut judged = run(facts, memory.as_ref(), None);
    let budget = memory.and(facts.given.memory_bytes).map(|limit| with(facts, &judged).budget(limit));
    match budget {
        // Once more, for the rule that rests on what is left.
        Some(Ok(budget)) => {
            judged = run(facts, memory.as_ref(), Some(budget.page_cache_bytes()));
            judged.budget = Some(budget);
        }
        Some(Err(over)) => {
            let is_crowded = memory.is_some_and(|memory| memory.is_crowded);
            refusal = Some(over_by(over, &judged.out_of_reach, is_crowded));
            judged = run(facts, None, None);
            judged.carries = if is_crowded { carries(facts) } else { None };
        }
        None => {}
    }
    judged.tables = advise(facts);
    if let Some(why) = &refusal {
        // Not blind: there is a limit, and it is too small.
        judged.blind.retain(|blind| !rules::is_of_memory(&blind.name));
        judged.refusal = Some(why.clone());
    }
    judged
}

/// The most that the pools could have together.
fn carries(facts: &Facts) -> Option<Carries> {
    let limit = facts.given.memory_bytes?;
    let pool_connections = memory::pools_carried(facts, limit)?;
    let mut facts = facts.clone();
    facts.given.pool_connections = Some(pool_connections);
    let memory = Memory::plan(&facts, limit).ok()?;
    let budget = with(&facts, &run(&facts, Some(&memory), None)).budget(limit).ok()?;
    Some(Carries { pool_connections, budget })
}

fn over_by(over: u64, out_of_reach: &[Proposal], is_crowded: bool) -> String {
    let mut text = format!("what is set is {} MB more than the limit", over.div_ceil(super::memory::MIB));
    let of_memory = out_of_reach.iter().filter(|proposal| rules::is_of_memory(&proposal.name));
    let names: Vec<&str> = of_memory.map(|proposal| proposal.name.as_str()).collect();
    if !names.is_empty() {
        text = format!("{text}, and {} cannot be changed here", names.join(", "));
    }
    if is_crowded {
        text.push_str(
            "; say how many connections all pools have together (--pools), and max_connections is judged too",
        );
    }
    text
}

/// What uses memory once the proposals are in force, and what waits for a restart.
fn with(facts: &Facts, judged: &Judgement) -> Use {
    let to_be = judged.proposals.iter().chain(&judged.waiting);
    let raw: BTreeMap<&str, &str> = to_be.map(|p| (p.name.as_str(), p.raw.as_str())).collect();
    Use::of(facts, |name| {
        let now = facts.setting(name)?.clone();
        Some(match raw.get(name) {
            Some(raw) => Setting { value: (*raw).to_owned(), ..now },
            None => now,
        })
    })
}

fn run(facts: &Facts, memory: Option<&Memory>, page_cache: Option<u64>) -> Judgement {
    let case = Case { facts, memory, page_cache };
    let mut judged = Judgement::default();
    for rule in rules::all() {
        let Some(setting) = facts.setting(rule.name) else { continue };
        match (rule.judge)(&case, setting) {
            Verdict::Keep => {}
            Verdict::Blind(needs) => {
                judged.blind.push(Blind { name: rule.name.to_owned(), needs: needs.to_owned() });
            }
            Verdict::Set(wish, reason) => {
                let Some(proposal) = proposal(&case, rule, setting, &wish, reason) else { continue };
                list(&case, setting, &proposal, &mut judged).push(proposal);
            }
            Verdict::Later(wish, reason, why) => {
                let Some(mut proposal) = proposal(&case, rule, setting, &wish, reason) else { continue };
                proposal.caveats.insert(0, why);
                judged.out_of_reach.push(proposal);
            }
        }
    }
    judged.proposals.sort_by_key(|proposal| proposal.takes);
    judged
}

/// Nothing if the server has what comes nearest to the wish.
fn proposal(
    case: &Case<'_>,
    rule: &Rule,
    setting: &Setting,
    wish: &Wish,
    reason: String,
) -> Option<Proposal> {
    let raw = setting.nearest(wish).filter(|raw| !setting.is_same(raw, &setting.value))?;
    let takes = if setting.needs_restart() { Takes::Restart } else { Takes::Reload };
    Some(Proposal {
        name: rule.name.to_owned(),
        now: setting.spoken(&setting.value),
        value: setting.spoken(&raw),
        raw,
        takes,
        reason,
        source: rule.source,
        caveats: caveats(case, setting),
    })
}

/// Where a proposal belongs.
fn list<'a>(
    case: &Case<'_>,
    setting: &Setting,
    proposal: &Proposal,
    judged: &'a mut Judgement,
) -> &'a mut Vec<Proposal> {
    if !setting.is_reachable() || is_bound_to_primary(case, setting, &proposal.raw) {
        return &mut judged.out_of_reach;
    }
    if is_waiting(case, setting, proposal) { &mut judged.waiting } else { &mut judged.proposals }
}

/// Whether it is set already, and only not in force yet. To set it once more would make our own value what is gone back to.
fn is_waiting(case: &Case<'_>, setting: &Setting, proposal: &Proposal) -> bool {
    let is_set = |prior: &String| *prior == proposal.value || setting.is_same(prior, &proposal.raw);
    setting.pending_restart && case.facts.prior.values.get(&setting.name).is_some_and(is_set)
}
