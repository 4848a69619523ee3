//! The choice: the candidate that saves most for what it costs is kept, the others are measured again beside it, until none pays.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use super::build::{Built, begin_without, end};
use super::explain::{Plan, Ready, Timing};
use super::facts::Facts;
use super::found::{Event, WriteCost};
use super::session::{Session, reason};
use super::verdict::{Saving, Verdict, judge};
use super::write_cost::write_cost;
use super::{Error, Options};

/// How a statement runs with some set of indexes.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct State {
    pub(super) plan: Plan,
    pub(super) timing: Timing,
}

/// The statements, the candidates on the copy, and what is known so far.
pub(super) struct Choice<'a, 's> {
    pub(super) session: &'a mut Session<'s>,
    pub(super) facts: &'a Facts,
    pub(super) options: &'a Options,
    pub(super) statements: &'a [Ready],
    pub(super) built: &'a [Built],
    /// When the search must end.
    pub(super) deadline: Instant,
    /// How each statement runs with what is kept.
    pub(super) states: Vec<State>,
    /// What is kept, by position in `built`, in order, with what each saves.
    pub(super) kept: Vec<(usize, f64)>,
    /// Why a candidate is not kept.
    pub(super) reasons: BTreeMap<usize, String>,
    /// What each costs on writes, once measured.
    pub(super) costs: BTreeMap<usize, Option<WriteCost>>,
    /// Statements that failed in a measurement, and why.
    pub(super) failed: BTreeMap<usize, String>,
    pub(super) is_out_of_time: bool,
}

/// What a trial has shown: the statements whose plans differ, by position.
type Trial = BTreeMap<usize, State>;

impl Choice<'_, '_> {
    /// Measures every statement with the indexes at these positions, and no other candidate.
    pub(super) async fn measure_all(
        &mut self,
        shown: &[usize],
        runs: usize,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Vec<State>, Error> {
        self.begin(shown).await?;
        let mut states = Vec::with_capacity(self.statements.len());
        for (at, ready) in self.statements.iter().enumerate() {
            on_event(Event::Measuring { statement: ready.statement.name.clone() });
            states.push(self.state(at, runs).await?);
        }
        end(self.session).await?;
        Ok(states)
    }

    /// Keeps what pays, one after the other.
    pub(super) async fn run(&mut self, on_event: &mut (dyn FnMut(Event) + Send)) -> Result<(), Error> {
        let mut units = self.units();
        // What a unit was worth when it was last tried: beside more indexes it is worth less, mostly.
        let mut worth: BTreeMap<usize, f64> = (0..units.len()).map(|unit| (unit, f64::INFINITY)).collect();
        while self.kept.len() < self.options.kept_max && !self.is_late() {
            let Some((unit, saving, trial)) = self.best(&units, &mut worth).await? else { break };
            let indexes = std::mem::take(&mut units[unit]);
            worth.remove(&unit);
            self.keep(&indexes, &saving, trial, on_event);
        }
        self.prune().await
    }

    /// Single candidates, and those that help only together.
    fn units(&self) -> Vec<Vec<usize>> {
        let mut units: Vec<Vec<usize>> = (0..self.built.len()).map(|at| vec![at]).collect();
        let mut bundles: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, built) in self.built.iter().enumerate() {
            if let Some(bundle) = built.candidate.bundle {
                bundles.entry(bundle).or_default().push(at);
            }
        }
        units.extend(bundles.into_values().filter(|all| all.len() > 1));
        units
    }

    /// Tries units, the most promising first, until one is better than what the others promise.
    async fn best(
        &mut self,
        units: &[Vec<usize>],
        worth: &mut BTreeMap<usize, f64>,
    ) -> Result<Option<(usize, Saving, Trial)>, Error> {
        let mut order: Vec<usize> = worth.keys().copied().collect();
        order.sort_by(|one, other| worth[other].total_cmp(&worth[one]));
        let mut best: Option<(usize, Saving, Trial)> = None;
        for unit in order {
            let is_beaten = best.as_ref().is_some_and(|(_, saving, _)| saving.score >= worth[&unit]);
            if is_beaten || self.is_late() {
                break;
            }
            let new: Vec<usize> = units[unit]
                .iter()
                .copied()
                .filter(|at| !self.kept.iter().any(|(own, _)| own == at))
                .collect();
            match self.try_unit(&new).await? {
                Ok((saving, trial)) => {
                    worth.insert(unit, saving.score);
                    if best.as_ref().is_none_or(|(_, other, _)| saving.score > other.score) {
                        best = Some((unit, saving, trial));
                    }
                }
                Err(why) => {
                    worth.remove(&unit);
                    for at in new {
                        self.reasons.insert(at, why.clone());
                    }
                }
            }
        }
        Ok(best)
    }

    /// What a unit saves beside what is kept; or why it does not pay.
    async fn try_unit(&mut self, new: &[usize]) -> Result<Result<(Saving, Trial), String>, Error> {
        if new.is_empty() {
            return Ok(Err("is kept already".to_owned()));
        }
        let shown: Vec<usize> = self.kept.iter().map(|(at, _)| *at).chain(new.iter().copied()).collect();
        let trial = self.trial(&shown).await?;
        let names: BTreeSet<&String> = new.iter().flat_map(|at| &self.built[*at].plan_names).collect();
        let uses = |state: &State| state.plan.indexes.iter().any(|index| names.contains(index));
        if !trial.values().any(uses) {
            return Ok(Err("no plan uses it".to_owned()));
        }
        let saved = self.saved_ms(&trial);
        if saved <= 0.0 {
            return Ok(Err("plans use it, and no time is saved".to_owned()));
        }
        let mut costs = Vec::with_capacity(new.len());
        for at in new {
            costs.push(self.cost(*at).await?);
        }
        let verdict = judge(&self.verdict(&trial, new, costs), self.options);
        Ok(verdict.map(|saving| (saving, trial)))
    }

    fn verdict(&self, trial: &Trial, new: &[usize], costs: Vec<Option<WriteCost>>) -> Verdict {
        let all = self.statements.iter().enumerate().map(|(at, ready)| {
            let before = &self.states[at].timing;
            let after = trial.get(&at).map_or(before, |state| &state.timing);
            (ready.statement.clone(), before.clone(), after.clone())
        });
        let sizes = new.iter().map(|at| {
            let built = &self.built[*at];
            let table = self.facts.table(&built.candidate.table).and_then(|table| table.bytes);
            (built.bytes, table.unwrap_or_default())
        });
        Verdict { statements: all.collect(), costs, sizes: sizes.collect(), kept_ratios: self.ratios(new) }
    }

    /// What writes cost already with what is kept on the tables of these candidates, as a multiple of the cost without.
    fn ratios(&self, new: &[usize]) -> Vec<f64> {
        let added = |table| {
            let own = self.kept.iter().filter(move |(at, _)| self.built[*at].candidate.table == table);
            own.filter_map(|(at, _)| self.costs.get(at).copied().flatten())
                .map(|cost| cost.ratio() - 1.0)
                .sum::<f64>()
        };
        new.iter().map(|at| added(self.built[*at].candidate.table.clone())).collect()
    }

    fn saved_ms(&self, trial: &Trial) -> f64 {
        let one = |(at, state): (&usize, &State)| {
            let weight = self.statements[*at].statement.weight.max(0.001);
            weight * (self.states[*at].timing.mean_ms - state.timing.mean_ms)
        };
        trial.iter().map(one).sum()
    }

    /// The states of those statements whose plans differ from what is kept.
    async fn trial(&mut self, shown: &[usize]) -> Result<Trial, Error> {
        self.begin(shown).await?;
        let mut trial = Trial::new();
        for (at, ready) in self.statements.iter().enumerate() {
            if self.failed.contains_key(&at) {
                continue;
            }
            match ready.plan(self.session).await? {
                Ok(plan) if plan.is_like(&self.states[at].plan) => (),
                Ok(_) => drop(trial.insert(at, self.state(at, self.options.runs).await?)),
                Err(refused) => drop(self.failed.insert(at, reason(&refused))),
            }
        }
        end(self.session).await?;
        Ok(trial)
    }

    async fn state(&mut self, at: usize, runs: usize) -> Result<State, Error> {
        if self.failed.contains_key(&at) {
            return Ok(State::default());
        }
        let ready = &self.statements[at];
        let plan = ready.plan(self.session).await?;
        let timing = ready.measure(self.session, runs, self.options.statement_limit).await?;
        match (plan, timing) {
            (Ok(plan), Ok(timing)) => Ok(State { plan, timing }),
            (Err(refused), _) | (_, Err(refused)) => {
                self.failed.insert(at, reason(&refused));
                Ok(State::default())
            }
        }
    }

    async fn begin(&mut self, shown: &[usize]) -> Result<(), Error> {
        let is_hidden = |(at, built)| (!shown.contains(&at)).then_some(built);
        let hidden: Vec<&Built> = self.built.iter().enumerate().filter_map(is_hidden).collect();
        begin_without(self.session, &hidden, self.options.statement_limit).await
    }

    async fn cost(&mut self, at: usize) -> Result<Option<WriteCost>, Error> {
        if let Some(cost) = self.costs.get(&at) {
            return Ok(*cost);
        }
        let (own, options) = (&self.built[at], self.options);
        let cost = match self.facts.table(&own.candidate.table).filter(|table| table.kind != "m") {
            Some(table) => {
                let limit = options.statement_limit;
                write_cost(self.session, table, self.built, own, options.write_rows, limit).await?.ok()
            }
            None => None,
        };
        self.costs.insert(at, cost);
        Ok(cost)
    }

    fn keep(
        &mut self,
        indexes: &[usize],
        saving: &Saving,
        trial: Trial,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) {
        for (at, state) in trial {
            self.states[at] = state;
        }
        let new: Vec<usize> =
            indexes.iter().copied().filter(|at| !self.kept.iter().any(|(own, _)| own == at)).collect();
        for (number, at) in new.into_iter().enumerate() {
            let saves_ms = if number == 0 { saving.saved_ms } else { 0.0 };
            self.reasons.remove(&at);
            self.kept.push((at, saves_ms));
            let name = self.built[at].candidate.definition();
            on_event(Event::Chosen { name, saves_ms });
        }
    }

    /// Takes back what is not needed any more beside what was chosen after it.
    async fn prune(&mut self) -> Result<(), Error> {
        let mut at = 0;
        while at < self.kept.len() && self.kept.len() > 1 && !self.is_late() {
            let (own, _) = self.kept[at];
            let others: Vec<usize> = self.kept.iter().map(|(it, _)| *it).filter(|it| *it != own).collect();
            let trial = self.trial(&others).await?;
            let cost = self.costs.get(&own).copied().flatten();
            // Judged as if it were the last to be chosen.
            let without: Vec<State> = self.states.clone();
            let with: Trial = trial.keys().map(|key| (*key, without[*key].clone())).collect();
            for (key, state) in &trial {
                self.states[*key] = state.clone();
            }
            let (kept, saved) = (self.kept.clone(), self.saved_ms(&with));
            self.kept.retain(|(it, _)| *it != own);
            let verdict = self.verdict(&with, &[own], vec![cost]);
            if saved > 0.0 && judge(&verdict, self.options).is_ok() {
                (self.states, self.kept) = (without, kept);
                at += 1;
            } else {
                self.reasons.insert(own, "is not needed beside those that were kept after it".to_owned());
            }
        }
        Ok(())
    }

    fn is_late(&mut self) -> bool {
        self.is_out_of_time |= Instant::now() >= self.deadline;
        self.is_out_of_time
    }
}
