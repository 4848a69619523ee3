//! Which of two is faster: rounds of A and B in turn, judged as paired measurements. Plain data and statistics, no server.
//!
//! Each pair of rounds gives one ratio for each question, so that what the machine did meanwhile is in both sides of it. Asked is,
//! for each statement, for its typical time (the median of a round), its unhindered time (p10, which work of others on the machine moves least) and its
//! slow end (p95), and for the whole mix. The probability
//! is that of an exact signed-rank test, adjusted by Holm's method over all questions; the effect is the mean of the middle half of
//! the log ratios, with a seeded bootstrap interval. A difference is declared only if all three agree: the adjusted
//! probability is at most [`Terms::alpha`], the interval leaves out 1, and the effect is at least [`Terms::smallest`].
//!
//! Times are those of runs that succeeded. Where B loses more of them than A ([`Compared::loses_more`]), the slow ones may be those
//! that are missing: then it is not called faster.

mod chart;
mod holm;
mod interval;
mod lost;
mod order;
mod report;
mod signed_rank;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::milliseconds;
use signed_rank::as_f64;

pub use chart::comparison_charts;
pub use order::{Turn, order};
pub use report::{comparison_findings, comparison_rows, summary};

pub(crate) use holm::adjusted as holm;
pub(crate) use lost::{Runs, loses_more};

/// Fewer runs of a statement in a round than this have no slow end to speak of.
const TAIL_RUNS_MIN: u64 = 20;

/// What counts as a difference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    /// How probable any false difference, anywhere in the comparison, may be: 0.05.
    pub alpha: f64,
    /// Effects below this share are not called a difference, however sure they are: 0.02.
    pub smallest: f64,
    /// Seed of the intervals.
    pub seed: u64,
    /// Resamples of each interval: 2000 tell its ends to about a twentieth of its width.
    pub resamples: usize,
}

impl Default for Terms {
    fn default() -> Self {
        Self { alpha: 0.05, smallest: 0.02, seed: 1, resamples: 2000 }
    }
}

/// One statement in one round of one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// Runs that succeeded.
    pub done: u64,
    /// Runs that failed.
    pub failed: u64,
    /// Runs that were not sent because the queue was full, or had no answer in the end. A round that was saved without it has none.
    #[serde(default)]
    pub unanswered: u64,
    /// What a tenth of its times stayed below: nearly what it takes when nothing is in its way.
    #[serde(rename = "p10_ms", with = "milliseconds")]
    pub p10: Duration,
    /// The median of its times.
    #[serde(rename = "p50_ms", with = "milliseconds")]
    pub p50: Duration,
    /// What 95 of a hundred stayed below.
    #[serde(rename = "p95_ms", with = "milliseconds")]
    pub p95: Duration,
}

/// One side of a round: its statements by name.
pub type Round = BTreeMap<String, Sample>;

/// A round of A and the one of B beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// One side.
    pub a: Round,
    /// The other.
    pub b: Round,
}

impl Pair {
    fn side(&self, turn: Turn) -> &Round {
        match turn {
            Turn::A => &self.a,
            Turn::B => &self.b,
        }
    }
}

/// How B is to A.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// B takes less time.
    Faster,
    /// B takes more time.
    Slower,
    /// What was seen may be chance, or is too small to matter. It does not say that there is none.
    NoDifferenceShown,
    /// Too few rounds in which both sides ran it: with [`Comparison::pairs_needed`] pairs, and no fewer, the clearest outcome is
    /// unlikely enough.
    NotMeasured,
}

impl Verdict {
    /// The verdict in words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Faster => "faster",
            Self::Slower => "slower",
            Self::NoDifferenceShown => "no difference shown",
            Self::NotMeasured => "not measured",
        }
    }
}

/// How much B differs from A, and how sure that is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// The time of B as a multiple of that of A: 1.1 is a tenth slower.
    pub ratio: f64,
    /// The lower end of its 95 % interval; zero with fewer than two pairs.
    pub low: f64,
    /// The upper end; the greatest number with fewer than two pairs, as JSON has no infinity.
    pub high: f64,
    /// Pairs of rounds it rests on.
    pub pairs: usize,
    /// In how many of them B took more time.
    pub pairs_slower: usize,
    /// The probability of as clear a difference by chance, of this question alone.
    pub p: f64,
    /// The same, adjusted for the number of questions.
    pub p_adjusted: f64,
    /// What follows.
    pub verdict: Verdict,
}

/// One statement compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// Its name.
    pub name: String,
    /// The median of the rounds' medians of A.
    #[serde(rename = "a_p50_ms", with = "milliseconds")]
    pub a_p50: Duration,
    /// The same of B.
    #[serde(rename = "b_p50_ms", with = "milliseconds")]
    pub b_p50: Duration,
    /// Runs of A that failed.
    pub a_failed: u64,
    /// Runs of B that failed.
    pub b_failed: u64,
    /// Runs of A that were not sent because the queue was full, or had no answer in the end.
    pub a_unanswered: u64,
    /// The same of B.
    pub b_unanswered: u64,
    /// Whether B lost a larger part of its runs than A, failed or unanswered, beyond chance; or some, and A none.
    pub loses_more: bool,
    /// What follows of its typical and its unhindered time: if one differs, or both alike, that; if they contradict each other, what
    /// the typical time says.
    pub verdict: Verdict,
    /// Its typical time: the median.
    pub typical: Effect,
    /// Its unhindered time: p10.
    pub unhindered: Effect,
    /// Its slow end, p95; none if there were too few runs in a round.
    pub tail: Option<Effect>,
}

/// A and B compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// What follows for the whole mix, as for one statement.
    pub verdict: Verdict,
    /// The mix: the sum of the statements' medians, by their weights.
    pub all: Effect,
    /// The same of their unhindered times.
    pub all_unhindered: Effect,
    /// Each statement, in the order of names.
    pub statements: Vec<Compared>,
    /// How probable any false difference is at most.
    pub alpha: f64,
    /// The smallest share that counts.
    pub smallest: f64,
    /// Pairs of rounds without which there is no verdict, whatever was measured.
    pub pairs_needed: usize,
}

/// Judges pairs of rounds. `weights` are those of the statements in the mix; one that is not named has weight 1.
#[must_use]
pub fn judge(pairs: &[Pair], weights: &BTreeMap<String, u32>, terms: &Terms) -> Comparison {
    let names = names(pairs);
    let mut questions =
        vec![mix(pairs, &names, weights, |it| it.p50), mix(pairs, &names, weights, |it| it.p10)];
    questions.extend(names.iter().map(|name| ratios(pairs, name, |sample| sample.p50)));
    questions.extend(names.iter().map(|name| ratios(pairs, name, |sample| sample.p10)));
    let tails: Vec<usize> = (0..names.len()).filter(|at| has_tail(pairs, names[*at])).collect();
    questions.extend(tails.iter().map(|at| ratios(pairs, names[*at], |sample| sample.p95)));
    let effects = effects(&questions, terms);
    let statements = names.iter().enumerate().map(|(at, name)| {
        let tail =
            tails.iter().position(|index| *index == at).map(|place| effects[2 + 2 * names.len() + place]);
        compared(pairs, name, (effects[2 + at], effects[2 + names.len() + at]), tail)
    });
    // The more statements, the less each may be left to chance.
    let alpha = terms.alpha / as_f64(names.len().max(1));
    let statements: Vec<Compared> = statements.map(|it| it.with_losses(pairs, alpha)).collect();
    let loses_more = statements.iter().any(|it| it.loses_more);
    let [all, all_unhindered] = [effects[0], effects[1]].map(|it| it.unless_lost(loses_more));
    Comparison {
        verdict: both(&all, &all_unhindered),
        all,
        all_unhindered,
        statements,
        alpha: terms.alpha,
        smallest: terms.smallest,
        pairs_needed: signed_rank::pairs_min(questions.len(), terms.alpha),
    }
}

/// Pairs of rounds without which a workload of so many statements could get no verdict, whatever was measured.
#[must_use]
pub fn pairs_needed(statements: usize, alpha: f64) -> usize {
    signed_rank::pairs_min(2 + 3 * statements, alpha)
}

fn names(pairs: &[Pair]) -> Vec<&str> {
    let rounds = pairs.iter().flat_map(|pair| [&pair.a, &pair.b]);
    let names: std::collections::BTreeSet<&str> =
        rounds.flat_map(|round| round.keys().map(String::as_str)).collect();
    names.into_iter().collect()
}

/// The log ratios of one statement: of each pair in which both sides ran it.
fn ratios(pairs: &[Pair], name: &str, time: fn(&Sample) -> Duration) -> Vec<f64> {
    let of = |round: &Round| {
        round.get(name).filter(|sample| sample.done > 0).map(|sample| time(sample).as_secs_f64())
    };
    pairs.iter().filter_map(|pair| Some((of(&pair.b)?, of(&pair.a)?))).filter_map(log_ratio).collect()
}

/// The log ratios of the whole mix, of each pair in which both sides ran all of it.
fn mix(
    pairs: &[Pair],
    names: &[&str],
    weights: &BTreeMap<String, u32>,
    time: fn(&Sample) -> Duration,
) -> Vec<f64> {
    let ran = |round: &Round, name: &str| round.get(name).is_some_and(|sample| sample.done > 0);
    // What one side never ran, because it fails there, is no part of the mix.
    let names: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| pairs.iter().any(|it| ran(&it.a, name)) && pairs.iter().any(|it| ran(&it.b, name)))
        .collect();
    let sum = |round: &Round| -> Option<f64> {
        let of = |name: &&str| {
            let sample = round.get(*name).filter(|sample| sample.done > 0)?;
            Some(time(sample).as_secs_f64() * f64::from(weights.get(*name).copied().unwrap_or(1)))
        };
        names.iter().map(of).sum()
    };
    pairs.iter().filter_map(|pair| Some((sum(&pair.b)?, sum(&pair.a)?))).filter_map(log_ratio).collect()
}

fn log_ratio((b, a): (f64, f64)) -> Option<f64> {
    (a > 0.0 && b > 0.0).then(|| (b / a).ln())
}

fn has_tail(pairs: &[Pair], name: &str) -> bool {
    let runs = |round: &Round| round.get(name).map_or(0, |sample| sample.done);
    !pairs.is_empty() && pairs.iter().all(|pair| runs(&pair.a).min(runs(&pair.b)) >= TAIL_RUNS_MIN)
}

fn effects(questions: &[Vec<f64>], terms: &Terms) -> Vec<Effect> {
    let probabilities: Vec<f64> = questions.iter().map(|it| signed_rank::p_value(it)).collect();
    let adjusted = holm::adjusted(&probabilities);
    let needed = signed_rank::pairs_min(questions.len(), terms.alpha);
    let of = |at: usize| {
        let (low, high) =
            interval::interval(&questions[at], terms.resamples, terms.seed.wrapping_add(at as u64));
        let mut effect = Effect {
            ratio: signed_rank::centre(&mut questions[at].clone()).exp(),
            low: low.exp(),
            high: high.exp().min(f64::MAX),
            pairs: questions[at].len(),
            pairs_slower: questions[at].iter().filter(|it| **it > 0.0).count(),
            p: probabilities[at],
            p_adjusted: adjusted[at],
            verdict: Verdict::NotMeasured,
        };
        effect.verdict = if effect.pairs < needed { Verdict::NotMeasured } else { verdict(&effect, terms) };
        effect
    };
    (0..questions.len()).map(of).collect()
}

fn verdict(effect: &Effect, terms: &Terms) -> Verdict {
    let is_sure = effect.p_adjusted <= terms.alpha;
    // As far below 1 as above it, so that A and B can change places.
    let smallest = (1.0 + terms.smallest).ln();
    match effect.ratio.ln() {
        log if is_sure && effect.low > 1.0 && log >= smallest => Verdict::Slower,
        log if is_sure && effect.high < 1.0 && -log >= smallest => Verdict::Faster,
        _ => Verdict::NoDifferenceShown,
    }
}

/// One verdict of two times of the same.
fn both(typical: &Effect, unhindered: &Effect) -> Verdict {
    match (typical.verdict, unhindered.verdict) {
        (Verdict::NoDifferenceShown | Verdict::NotMeasured, other) => other,
        (verdict, _) => verdict,
    }
}

fn compared(
    pairs: &[Pair],
    name: &str,
    (typical, unhindered): (Effect, Effect),
    tail: Option<Effect>,
) -> Compared {
    let of = |turn: Turn| pairs.iter().filter_map(move |pair| pair.side(turn).get(name));
    let p50 = |turn| {
        let ran = of(turn).filter(|sample| sample.done > 0);
        let mut times: Vec<f64> = ran.map(|sample| sample.p50.as_secs_f64()).collect();
        Duration::from_secs_f64(signed_rank::median(&mut times))
    };
    let failed = |turn| of(turn).map(|sample| sample.failed).sum();
    let unanswered = |turn| of(turn).map(|sample| sample.unanswered).sum();
    Compared {
        name: name.to_owned(),
        a_p50: p50(Turn::A),
        b_p50: p50(Turn::B),
        a_failed: failed(Turn::A),
        b_failed: failed(Turn::B),
        a_unanswered: unanswered(Turn::A),
        b_unanswered: unanswered(Turn::B),
        loses_more: false,
        verdict: both(&typical, &unhindered),
        typical,
        unhindered,
        tail,
    }
}

impl Compared {
    /// With what both sides lost; "faster" is taken back if B lost more.
    fn with_losses(mut self, pairs: &[Pair], alpha: f64) -> Self {
        let runs =
            |turn: Turn| -> Runs { pairs.iter().filter_map(|pair| pair.side(turn).get(&self.name)).sum() };
        let lost = loses_more(runs(Turn::A), runs(Turn::B), alpha);
        self.loses_more = lost;
        self.typical = self.typical.unless_lost(lost);
        self.unhindered = self.unhindered.unless_lost(lost);
        self.tail = self.tail.map(|tail| tail.unless_lost(lost));
        self.verdict = both(&self.typical, &self.unhindered);
        self
    }

    /// The effect that the verdict rests on: of those that say so, the surer one.
    #[must_use]
    pub fn deciding(&self) -> &Effect {
        surer(self.verdict, &self.typical, &self.unhindered)
    }
}

impl Comparison {
    /// The effect that the verdict on the whole mix rests on.
    #[must_use]
    pub fn deciding(&self) -> &Effect {
        surer(self.verdict, &self.all, &self.all_unhindered)
    }
}

fn surer<'a>(verdict: Verdict, typical: &'a Effect, unhindered: &'a Effect) -> &'a Effect {
    let says = unhindered.verdict == verdict && typical.verdict != verdict;
    let is_surer = unhindered.verdict == typical.verdict && unhindered.width() < typical.width();
    if says || is_surer { unhindered } else { typical }
}

impl Effect {
    /// Of times of which the longest may be missing, "faster" does not follow.
    fn unless_lost(self, lost: bool) -> Self {
        match self.verdict {
            Verdict::Faster if lost => Self { verdict: Verdict::NoDifferenceShown, ..self },
            _ => self,
        }
    }

    /// How far the ends of the interval are apart, as a factor.
    fn width(&self) -> f64 {
        self.high / self.low
    }

    /// `+12 % (+9 % to +15 %)`: the effect with its interval.
    #[must_use]
    pub fn text(&self) -> String {
        if self.pairs < 2 {
            return "not measured".to_owned();
        }
        format!("{} ({} to {})", share(self.ratio), share(self.low), share(self.high))
    }

    /// In which share of the pairs B was slower, less that in which it was faster: from -1 to 1.
    #[must_use]
    pub fn consistency(&self) -> f64 {
        if self.pairs == 0 { 0.0 } else { 2.0 * as_f64(self.pairs_slower) / as_f64(self.pairs) - 1.0 }
    }
}

/// `+12 %`, `-0.4 %`, `×3.1`: a ratio as the change that it is. Below a tenth with one more digit.
pub(crate) fn share(ratio: f64) -> String {
    let percent = (ratio - 1.0) * 100.0;
    if !percent.is_finite() {
        return "?".to_owned();
    }
    if ratio >= 3.0 {
        return format!("×{ratio:.1}");
    }
    if percent.abs() < 9.95 { format!("{percent:+.1} %") } else { format!("{percent:+.0} %") }
}

#[cfg(test)]
mod tests;
