//! What statements and writes cost with some of the candidates.

use std::collections::BTreeMap;

use super::Error;
use super::build::{Built, begin_without, end};
use super::choose::Choice;
use super::explain::{Plan, Timing};
use super::found::{Event, WriteCost};
use super::session::reason;
use super::verdict::Verdict;
use super::write_cost::write_cost;

/// How a statement runs with some set of indexes.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct State {
    pub(super) plan: Plan,
    pub(super) timing: Timing,
}

/// What a trial has shown: the statements whose plans differ, by position.
pub(super) type Trial = BTreeMap<usize, State>;

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

    /// Measures some statements.
    pub(super) async fn states_of(&mut self, statements: &[usize], shown: &[usize]) -> Result<Trial, Error> {
        self.begin(shown).await?;
        let mut found = Trial::new();
        for at in statements {
            found.insert(*at, self.state(*at, self.options.runs).await?);
        }
        end(self.session).await?;
        Ok(found)
    }

    /// Measures those statements whose plans differ from what is kept.
    pub(super) async fn trial(&mut self, shown: &[usize]) -> Result<Trial, Error> {
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

    /// What one costs on writes, measured once; none if it cannot be.
    pub(super) async fn cost(&mut self, at: usize) -> Result<Option<WriteCost>, Error> {
        if let Some(cost) = self.costs.get(&at) {
            return Ok(*cost);
        }
        let (own, options) = (&self.built[at], self.options);
        let cost = match self.facts.table(&own.candidate.table).filter(|table| table.kind != "m") {
            Some(table) => {
                let limit = options.statement_limit;
                write_cost(self.session, table, self.built, own, options.write_rows, limit).await?
            }
            None => Err("a materialized view is written as a whole".to_owned()),
        };
        if let Err(why) = &cost {
            self.unwritten.insert(own.candidate.table.to_string(), why.clone());
        }
        let cost = cost.ok();
        self.costs.insert(at, cost);
        Ok(cost)
    }

    /// What is to be judged: the statements of a trial beside all others, and what the new indexes cost.
    pub(super) fn verdict(&self, trial: &Trial, new: &[usize], costs: Vec<Option<WriteCost>>) -> Verdict {
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

    /// By what part of their cost without any candidate the writes of each one's table have become more expensive already.
    fn ratios(&self, new: &[usize]) -> Vec<f64> {
        let added = |at: &usize| {
            let table = &self.built[*at].candidate.table;
            let kept = self.kept.iter().filter(|(own, _)| self.built[*own].candidate.table == *table);
            let costs = kept.filter_map(|(own, _)| self.costs.get(own).copied().flatten());
            costs.map(|cost| cost.ratio() - 1.0).sum()
        };
        new.iter().map(added).collect()
    }
}
