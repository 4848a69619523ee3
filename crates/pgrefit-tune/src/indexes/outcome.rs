//! From the choice to what is told.

use std::collections::{BTreeMap, BTreeSet};

use pgrefit_catalog::Name;

use super::build::Built;
use super::candidate::{Candidate, Method};
use super::explain::Ready;
use super::facts::{Facts, Leaf, Table};
use super::found::{Found, Kept, Rejected, StatementFound, Superseded, WriteCost};
use super::live::parts;
use super::merge::superseded;
use super::name::free_name;
use super::trial::State;

/// What a choice has come to.
pub(super) struct Outcome {
    pub(super) before: Vec<State>,
    pub(super) after: Vec<State>,
    pub(super) kept: Vec<(usize, f64)>,
    pub(super) reasons: BTreeMap<usize, String>,
    pub(super) costs: BTreeMap<usize, Option<WriteCost>>,
    pub(super) failed: BTreeMap<usize, String>,
    pub(super) unwritten: BTreeMap<String, String>,
    pub(super) is_out_of_time: bool,
}

impl Outcome {
    /// What is not kept, with the reason.
    pub(super) fn rejected(&self, built: &[Built]) -> Vec<Rejected> {
        let is_kept = |at: &usize| self.kept.iter().any(|(own, _)| own == at);
        let others = built.iter().enumerate().filter(|(at, _)| !is_kept(at));
        let reason = |at: &usize| match self.reasons.get(at) {
            Some(reason) => reason.clone(),
            None if self.is_out_of_time => "was not tried: the time is over".to_owned(),
            None => "does not pay beside those that are kept".to_owned(),
        };
        others
            .map(|(at, built)| Rejected {
                table: built.candidate.table.clone(),
                definition: built.candidate.definition(),
                reason: reason(&at),
            })
            .collect()
    }

    /// Takes back what no plan uses in the last measurement: what was kept after it may do its work as well.
    pub(super) fn drop_unused(&mut self, built: &[Built]) {
        let is_used =
            |at: usize| self.after.iter().any(|state| !state.plan.indexes.is_disjoint(&built[at].plan_names));
        let unused: Vec<usize> = self.kept.iter().map(|(at, _)| *at).filter(|at| !is_used(*at)).collect();
        self.kept.retain(|(at, _)| !unused.contains(at));
        let why = "no plan uses it beside those that were kept after it";
        self.reasons.extend(unused.into_iter().map(|at| (at, why.to_owned())));
    }

    /// What a reader should know.
    pub(super) fn notes(&self) -> Vec<String> {
        let late = "the time was over before every candidate was tried: more may pay".to_owned();
        let unwritten = self.unwritten.iter().map(|(table, why)| {
            format!(
                "what indexes of {table} cost on writes was not measured, and is taken for nothing: {why}"
            )
        });
        self.is_out_of_time.then_some(late).into_iter().chain(unwritten).collect()
    }
}

/// Everything but what was left out.
pub(super) fn assemble(facts: &Facts, ready: &[Ready], built: &[Built], outcome: &Outcome) -> Found {
    let mut taken: BTreeSet<String> = facts.names.iter().cloned().collect();
    let mut kept = Vec::with_capacity(outcome.kept.len());
    let mut names: BTreeMap<&String, String> = BTreeMap::new();
    for (at, saves_ms) in &outcome.kept {
        let own = &built[*at];
        let name = free_name(&own.candidate, &mut taken);
        names.extend(own.plan_names.iter().map(|plan_name| (plan_name, name.clone())));
        let mut told = told(facts, ready, own, outcome, name, *at, *saves_ms);
        told.partitions = parts(&told.name, leaves(facts, own), &mut taken);
        kept.push(told);
    }
    let statements: Vec<StatementFound> = ready
        .iter()
        .enumerate()
        .filter(|(at, _)| !outcome.failed.contains_key(at))
        .map(|(at, ready)| statement(ready, &outcome.before[at], &outcome.after[at], &names))
        .collect();
    let total = |pick: fn(&State) -> f64, states: &[State]| -> f64 {
        ready.iter().zip(states).map(|(ready, state)| ready.statement.weight * pick(state)).sum()
    };
    let mean = |state: &State| state.timing.mean_ms;
    Found {
        superseded: needless(facts, built, outcome, &kept),
        kept,
        rejected: Vec::new(),
        statements,
        unread: Vec::new(),
        notes: Vec::new(),
        before_ms: total(mean, &outcome.before),
        after_ms: total(mean, &outcome.after),
        took_ms: 0,
    }
}

/// The leaf partitions of a partitioned table.
fn leaves<'a>(facts: &'a Facts, own: &Built) -> &'a [Leaf] {
    let table = facts.table(&own.candidate.table).filter(|table| table.is_partitioned());
    table.map(Table::leaves).unwrap_or_default()
}

fn told(
    facts: &Facts,
    ready: &[Ready],
    own: &Built,
    outcome: &Outcome,
    name: String,
    at: usize,
    saves_ms: f64,
) -> Kept {
    let table = facts.table(&own.candidate.table);
    let uses = |at: &usize| !outcome.after[*at].plan.indexes.is_disjoint(&own.plan_names);
    let used_by = (0..ready.len()).filter(uses).map(|at| ready[at].statement.name.clone()).collect();
    Kept {
        name,
        table: own.candidate.table.clone(),
        partitions: Vec::new(),
        is_deep: leaves(facts, own).iter().any(|leaf| !leaf.is_direct),
        definition: own.candidate.definition(),
        purpose: own.candidate.purpose.clone(),
        used_by,
        size_bytes: own.bytes,
        table_bytes: table.and_then(|table| table.bytes).unwrap_or_default(),
        rows: table.and_then(|table| table.rows).unwrap_or_default(),
        build_ms: u64::try_from(own.took.as_millis()).unwrap_or(u64::MAX),
        write: outcome.costs.get(&at).copied().flatten(),
        saves_ms,
        long_key: long_key(&own.candidate),
    }
}

fn long_key(candidate: &Candidate) -> Option<String> {
    let long = candidate.keys.iter().find(|key| key.may_be_long && candidate.method == Method::Btree)?;
    Some(long.sql.clone())
}

fn statement(
    ready: &Ready,
    before: &State,
    after: &State,
    names: &BTreeMap<&String, String>,
) -> StatementFound {
    let name = |index: &String| names.get(index).cloned().unwrap_or_else(|| index.clone());
    let indexes: BTreeSet<String> = after.plan.indexes.iter().map(name).collect();
    StatementFound {
        name: ready.statement.name.clone(),
        weight: ready.statement.weight,
        budget_ms: ready.statement.budget.as_secs_f64() * 1000.0,
        before_ms: before.timing.worst_ms,
        after_ms: after.timing.worst_ms,
        blocks_before: before.timing.blocks,
        blocks_after: after.timing.blocks,
        cut_before: before.timing.is_cut,
        cut_after: after.timing.is_cut,
        indexes: indexes.into_iter().collect(),
    }
}

/// Existing indexes that a kept one begins with, and that no plan uses any more.
fn needless(facts: &Facts, built: &[Built], outcome: &Outcome, kept: &[Kept]) -> Vec<Superseded> {
    let is_used = |index: &str| outcome.after.iter().any(|state| state.plan.indexes.contains(index));
    let mut found = Vec::new();
    for ((at, _), kept) in outcome.kept.iter().zip(kept) {
        let candidate = &built[*at].candidate;
        let Some(table) = facts.table(&candidate.table) else { continue };
        for index in superseded(table, candidate).filter(|index| !is_used(&index.name)) {
            found.push(Superseded {
                index: Name::new(index.schema.clone(), index.name.clone()),
                by: kept.name.clone(),
            });
        }
    }
    found
}
