//! The choice: the candidate that saves most for what it costs is kept, the others are measured again beside it, until none pays.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use super::build::Built;
use super::explain::Ready;
use super::facts::Facts;
use super::found::{Event, WriteCost};
use super::session::Session;
use super::trial::{State, Trial};
use super::verdict::{Saving, judge, saved_ms};
use super::{Error, Options};

/// Scores that differ by less are the same: they come from measured times.
const NEARLY: f64 = 0.8;
/// Why most candidates are not kept.
const UNUSED: &str = "no plan uses it";

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
    /// Tables whose writes could not be measured, and why.
    pub(super) unwritten: BTreeMap<String, String>,
    pub(super) is_out_of_time: bool,
}

/// What a unit saved when it was last tried, by its position: beside more indexes it is less, mostly.
type Worth = BTreeMap<usize, f64>;
/// What a unit saves, with the trial that has shown it; or why it does not pay.
type Tried = Result<(Saving, Trial), String>;

impl Choice<'_, '_> {
    /// Keeps what pays, one after the other.
    ///
    /// # Errors
    /// A lost session; [`Error::Stopped`].
    pub(super) async fn run(&mut self, on_event: &mut (dyn FnMut(Event) + Send)) -> Result<(), Error> {
        let units = self.units();
        let mut worth: Worth = (0..units.len()).map(|unit| (unit, f64::INFINITY)).collect();
        self.rounds(&units, &mut worth, on_event).await?;
        // Beside other plans, or at another moment of a busy machine, what did not pay may do.
        let may_pay = |at: &usize| self.reasons.get(at).is_some_and(|why| why != UNUSED);
        worth.extend(
            (0..units.len())
                .filter(|unit| units[*unit].iter().any(may_pay))
                .map(|unit| (unit, f64::INFINITY)),
        );
        self.rounds(&units, &mut worth, on_event).await?;
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

    async fn rounds(
        &mut self,
        units: &[Vec<usize>],
        worth: &mut Worth,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<(), Error> {
        while self.kept.len() < self.options.kept_max && !self.is_late() {
            let Some((unit, trial)) = self.best(units, worth).await? else { break };
            worth.remove(&unit);
            let new = self.not_kept(&units[unit]);
            match self.confirm(&new, &trial).await? {
                Ok((saving, trial)) => self.keep(&new, &saving, trial, on_event),
                Err(why) => self.refuse(&new, &why),
            }
        }
        Ok(())
    }

    /// Tries units, the most promising first, until one is better than what the others promise.
    async fn best(
        &mut self,
        units: &[Vec<usize>],
        worth: &mut Worth,
    ) -> Result<Option<(usize, Trial)>, Error> {
        let mut order: Vec<usize> = worth.keys().copied().collect();
        order.sort_by(|one, other| worth[other].total_cmp(&worth[one]));
        let mut tried: Vec<(usize, f64, Trial)> = Vec::new();
        let mut best = 0.0_f64;
        for unit in order {
            if best > 0.0 && best * NEARLY >= worth[&unit] || self.is_late() {
                break;
            }
            let new = self.not_kept(&units[unit]);
            match self.try_unit(&new).await? {
                Ok((saving, trial)) => {
                    worth.insert(unit, saving.score);
                    best = best.max(saving.score);
                    tried.push((unit, saving.score, trial));
                }
                Err(why) => {
                    worth.remove(&unit);
                    self.refuse(&new, &why);
                }
            }
        }
        // Of those that are as good as each other the smallest.
        let nearly = tried.into_iter().filter(|(_, score, _)| *score >= best * NEARLY);
        let bytes = |unit: &usize| units[*unit].iter().map(|at| self.built[*at].bytes).sum::<u64>();
        Ok(nearly.min_by_key(|(unit, ..)| bytes(unit)).map(|(unit, _, trial)| (unit, trial)))
    }

    async fn try_unit(&mut self, new: &[usize]) -> Result<Tried, Error> {
        if new.is_empty() {
            return Ok(Err("is kept already".to_owned()));
        }
        let shown: Vec<usize> = self.kept.iter().map(|(at, _)| *at).chain(new.iter().copied()).collect();
        let trial = self.trial(&shown).await?;
        let names: BTreeSet<&String> = new.iter().flat_map(|at| &self.built[*at].plan_names).collect();
        let uses = |state: &State| state.plan.indexes.iter().any(|index| names.contains(index));
        if !trial.values().any(uses) {
            return Ok(Err(UNUSED.to_owned()));
        }
        let saves = |this: &Self, trial: &Trial| saved_ms(&this.verdict(trial, new, Vec::new())) > 0.0;
        if !saves(self, &trial) && self.spares_blocks(&trial) {
            self.renew(&trial).await?;
        }
        if !saves(self, &trial) {
            return Ok(Err("plans use it, and no time is saved".to_owned()));
        }
        let mut costs = Vec::with_capacity(new.len());
        for at in new {
            costs.push(self.cost(*at).await?);
        }
        let verdict = judge(&self.verdict(&trial, new, costs), self.options);
        Ok(verdict.map(|saving| (saving, trial)))
    }

    /// Measures what a unit changes once more, without and with it, one directly after the other: between two trials a busy machine
    /// may have become faster or slower.
    async fn confirm(&mut self, new: &[usize], trial: &Trial) -> Result<Tried, Error> {
        self.renew(trial).await?;
        let changed: Vec<usize> = trial.keys().copied().collect();
        let kept = self.kept.iter().map(|(at, _)| *at);
        let with = self.states_of(&changed, &kept.chain(new.iter().copied()).collect::<Vec<_>>()).await?;
        let costs = new.iter().map(|at| self.costs.get(at).copied().flatten()).collect();
        let verdict = judge(&self.verdict(&with, new, costs), self.options);
        Ok(verdict.map(|saving| (saving, with)))
    }

    /// Measures the statements of a trial again as they are with what is kept: since they were measured, a busy machine may have
    /// become slower.
    async fn renew(&mut self, trial: &Trial) -> Result<(), Error> {
        let changed: Vec<usize> = trial.keys().copied().collect();
        let kept: Vec<usize> = self.kept.iter().map(|(at, _)| *at).collect();
        for (at, state) in self.states_of(&changed, &kept).await? {
            self.states[at] = state;
        }
        Ok(())
    }

    /// Whether a statement needs far fewer blocks, whatever the times say.
    fn spares_blocks(&self, trial: &Trial) -> bool {
        let spares = |(at, state): (&usize, &State)| {
            self.states[*at].timing.blocks >= 2 * state.timing.blocks + self.options.blocks_min
        };
        trial.iter().any(spares)
    }

    fn not_kept(&self, unit: &[usize]) -> Vec<usize> {
        unit.iter().copied().filter(|at| !self.kept.iter().any(|(own, _)| own == at)).collect()
    }

    /// That no plan uses it beside what was kept meanwhile tells less than why it did not pay before.
    fn refuse(&mut self, new: &[usize], why: &str) {
        for at in new {
            if why != UNUSED || !self.reasons.contains_key(at) {
                self.reasons.insert(*at, why.to_owned());
            }
        }
    }

    fn keep(
        &mut self,
        new: &[usize],
        saving: &Saving,
        trial: Trial,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) {
        for (at, state) in trial {
            self.states[at] = state;
        }
        for (number, at) in new.iter().copied().enumerate() {
            // What a bundle saves is told once.
            let saves_ms = if number == 0 { saving.saved_ms } else { 0.0 };
            self.reasons.remove(&at);
            self.kept.push((at, saves_ms));
            let name = self.built[at].candidate.definition();
            on_event(Event::Chosen { name, saves_ms });
        }
    }

    /// Takes back what is not needed any more beside what was chosen after it.
    async fn prune(&mut self) -> Result<(), Error> {
        let (mut at, count) = (0, self.kept.len());
        // One that was the only one to be chosen has been judged as such already.
        while at < self.kept.len() && count > 1 && !self.is_late() {
            let (own, _) = self.kept[at];
            if self.is_needed(own).await? {
                at += 1;
            } else {
                self.reasons.insert(own, "is not needed beside those that were kept after it".to_owned());
            }
        }
        Ok(())
    }

    /// Judges one as if it were the last to be chosen, and takes it back if it does not pay then.
    async fn is_needed(&mut self, own: usize) -> Result<bool, Error> {
        let others: Vec<usize> = self.kept.iter().map(|(it, _)| *it).filter(|it| *it != own).collect();
        let without = self.trial(&others).await?;
        let (states, kept) = (self.states.clone(), self.kept.clone());
        let with: Trial = without.keys().map(|at| (*at, states[*at].clone())).collect();
        for (at, state) in without {
            self.states[at] = state;
        }
        self.kept.retain(|(it, _)| *it != own);
        let cost = self.costs.get(&own).copied().flatten();
        // What it costs was accepted when it was chosen.
        let options =
            Options { write_ratio_max: f64::INFINITY, size_ratio_max: f64::INFINITY, ..self.options.clone() };
        if judge(&self.verdict(&with, &[own], vec![cost]), &options).is_ok() {
            (self.states, self.kept) = (states, kept);
            return Ok(true);
        }
        Ok(false)
    }

    fn is_late(&mut self) -> bool {
        self.is_out_of_time |= Instant::now() >= self.deadline;
        self.is_out_of_time
    }
}
