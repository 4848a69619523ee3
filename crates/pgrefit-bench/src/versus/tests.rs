//! The error rates that a comparison promises, on made-up machines that are worse than real ones.

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;
use pgrefit_report::Status;

use super::*;

/// A machine whose speed wanders, with outliers, and statements on it.
struct Machine {
    random: Rng,
    /// Of the logarithm of a round's median.
    noise: f64,
    /// What all statements of a moment have in common.
    common: f64,
    /// By which share a round gets slower than the one before.
    drift: f64,
    /// How many of a hundred rounds are three times as slow.
    outliers: u32,
}

impl Machine {
    fn new(seed: u64) -> Self {
        Self { random: Rng::with_seed(seed), noise: 0.03, common: 0.05, drift: 0.003, outliers: 3 }
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.random.f64()).sum::<f64>() - 6.0
    }

    fn round(&mut self, moment: f64, factors: &[f64]) -> Round {
        let common = self.common * self.normal() + moment * self.drift;
        let outlier = if self.random.u32(..100) < self.outliers { 3.0 } else { 1.0 };
        let statements = factors.iter().enumerate().map(|(at, factor)| {
            let of = |machine: &mut Self, spread: f64| {
                let log = common + spread * machine.noise * machine.normal();
                Duration::from_secs_f64(0.001 * (1.0 + as_f64(at)) * factor * outlier * log.exp())
            };
            let (p10, p50, p95) = (of(self, 0.7).mul_f64(0.8), of(self, 1.0), of(self, 2.0) * 3);
            (format!("q{at}"), Sample { done: 200, failed: 0, unanswered: 0, p10, p50, p95 })
        });
        statements.collect()
    }

    /// Pairs of rounds in the order in which they would run; `factors` are how much slower each statement is in B.
    fn pairs(&mut self, pairs: usize, factors: &[f64], seed: u64) -> Vec<Pair> {
        let same = vec![1.0; factors.len()];
        let turns = order(pairs, seed);
        turns
            .chunks(2)
            .enumerate()
            .map(|(at, turns)| {
                let moment = 2.0 * as_f64(at);
                let [first, second] =
                    [turns[0], turns[1]].map(|turn| if turn == Turn::A { &same[..] } else { factors });
                let (first, second) = (self.round(moment, first), self.round(moment + 1.0, second));
                if turns[0] == Turn::A { Pair { a: first, b: second } } else { Pair { a: second, b: first } }
            })
            .collect()
    }
}

/// Rough intervals.
fn quick() -> Terms {
    Terms { resamples: 100, ..Terms::default() }
}

fn judged(seed: u64, pairs: usize, factors: &[f64]) -> Comparison {
    let pairs = Machine::new(seed).pairs(pairs, factors, seed);
    judge(&pairs, &BTreeMap::new(), &Terms { seed, ..quick() })
}

fn verdicts(comparison: &Comparison) -> Vec<Verdict> {
    let statements = comparison.statements.iter();
    let tails = statements.clone().filter_map(|it| it.tail.map(|tail| tail.verdict));
    let typical = statements.map(|it| it.verdict);
    std::iter::once(comparison.verdict).chain(typical).chain(tails).collect()
}

/// The same compared with itself: a difference anywhere, in any of 17 questions, in at most one of 20 comparisons.
#[test]
fn the_same_is_seldom_called_different() {
    for (statements, pairs) in [(5, 12), (5, 30), (1, 8)] {
        let is_different = |seed: &u64| {
            let comparison = judged(1000 + seed, pairs, &vec![1.0; statements]);
            verdicts(&comparison).iter().any(|it| matches!(it, Verdict::Faster | Verdict::Slower))
        };
        let different = (0..100).filter(is_different).count();
        assert!(different <= 5, "{different} of 100 with {statements} statements in {pairs} pairs");
    }
}

/// Without the margin of 2 % too: what keeps the promise is the test, not the margin.
#[test]
fn the_test_alone_keeps_the_promise() {
    let is_different = |seed: &u64| {
        let pairs = Machine::new(5000 + seed).pairs(12, &[1.0; 3], *seed);
        let terms = Terms { smallest: 0.0, seed: *seed, ..quick() };
        verdicts(&judge(&pairs, &BTreeMap::new(), &terms))
            .iter()
            .any(|it| matches!(it, Verdict::Faster | Verdict::Slower))
    };
    let different = (0..200).filter(is_different).count();
    assert!(different <= 14, "{different} of 200");
}

/// A tenth slower is found in at least 19 of 20, whichever way round.
#[test]
fn a_tenth_is_found() {
    for (factor, expected) in [(1.1, Verdict::Slower), (1.0 / 1.1, Verdict::Faster)] {
        let is_found = |seed: &u64| judged(2000 + seed, 30, &[factor; 3]).verdict == expected;
        let found = (0..40).filter(is_found).count();
        assert!(found >= 38, "{found} of 40 for {factor}");
    }
}

/// One slow statement among five is named, and the others are not.
#[test]
fn the_one_that_is_slower_is_named() {
    let (mut named, mut others) = (0, 0);
    for seed in 0..40 {
        let comparison = judged(3000 + seed, 40, &[1.0, 1.0, 1.1, 1.0, 1.0]);
        named += usize::from(comparison.statements[2].verdict == Verdict::Slower);
        let wrong = [0, 1, 3, 4]
            .into_iter()
            .filter(|at| comparison.statements[*at].verdict != Verdict::NoDifferenceShown);
        others += usize::from(wrong.count() > 0);
    }
    assert!(named >= 38 && others <= 2, "named in {named}, others in {others} of 40");
}

#[test]
fn the_effect_is_told_with_its_interval() {
    let comparison = judged(7, 40, &[1.25]);
    let effect = comparison.statements[0].typical;
    assert!((1.2..1.3).contains(&effect.ratio) && effect.low < effect.ratio && effect.ratio < effect.high);
    assert_eq!((effect.verdict, effect.pairs), (Verdict::Slower, 40));
    assert!(effect.p_adjusted >= effect.p && effect.p_adjusted < 0.001);
    assert!(effect.consistency() > 0.7);
}

fn sample(ms: u64, done: u64, failed: u64) -> Sample {
    Sample {
        done,
        failed,
        unanswered: 0,
        p10: Duration::from_millis(ms),
        p50: Duration::from_millis(ms),
        p95: Duration::from_millis(2 * ms),
    }
}

fn pairs_of(a: &[(&str, Sample)], b: &[(&str, Sample)], count: usize) -> Vec<Pair> {
    let round =
        |of: &[(&str, Sample)]| of.iter().map(|(name, sample)| ((*name).to_owned(), *sample)).collect();
    vec![Pair { a: round(a), b: round(b) }; count]
}

#[test]
fn too_little_gets_no_verdict() {
    let check = |pairs: &[Pair], expected: Verdict| {
        let comparison = judge(pairs, &BTreeMap::new(), &Terms::default());
        let found = comparison.statements.first().map_or(comparison.verdict, |it| it.verdict);
        assert_eq!(found, expected, "{comparison:?}");
    };
    check(&[], Verdict::NotMeasured);
    check(&pairs_of(&[("q", sample(10, 50, 0))], &[("q", sample(20, 50, 0))], 5), Verdict::NotMeasured);
    check(&pairs_of(&[("q", sample(10, 50, 0))], &[("q", sample(20, 50, 0))], 12), Verdict::Slower);
    check(
        &pairs_of(&[("q", sample(10, 50, 0))], &[("q", sample(10, 50, 0))], 12),
        Verdict::NoDifferenceShown,
    );
    // Sure, but too small to matter.
    check(
        &pairs_of(&[("q", sample(1000, 50, 0))], &[("q", sample(1010, 50, 0))], 12),
        Verdict::NoDifferenceShown,
    );
    // It never succeeds in B.
    check(&pairs_of(&[("q", sample(10, 50, 0))], &[("q", sample(0, 0, 50))], 12), Verdict::NotMeasured);
    check(&pairs_of(&[("q", sample(10, 50, 0))], &[], 12), Verdict::NotMeasured);
}

#[test]
fn a_mix_is_weighed() {
    let a = [("often", sample(10, 50, 0)), ("seldom", sample(100, 50, 0))];
    let b = [("often", sample(12, 50, 0)), ("seldom", sample(50, 50, 0))];
    let check = |often: u32, seldom: u32, expected: Verdict| {
        let weights = BTreeMap::from([("often".to_owned(), often), ("seldom".to_owned(), seldom)]);
        let comparison = judge(&pairs_of(&a, &b, 12), &weights, &Terms::default());
        assert_eq!(comparison.verdict, expected);
    };
    check(1, 1, Verdict::Faster);
    check(100, 1, Verdict::Slower);
    check(25, 1, Verdict::NoDifferenceShown);
}

#[test]
fn findings_and_words() {
    let pairs = pairs_of(
        &[("q", sample(10, 50, 0)), ("r", sample(10, 50, 0))],
        &[("q", sample(11, 50, 0)), ("r", sample(0, 0, 9))],
        12,
    );
    let comparison = judge(&pairs, &BTreeMap::new(), &Terms::default());
    let found: Vec<_> = comparison_findings(&comparison)
        .into_iter()
        .map(|it| format!("{} {} {}", it.status, it.check, it.object.unwrap_or_default()))
        .collect();
    assert_eq!(
        found,
        [
            "fail bench-slower q",
            "fail bench-fails r",
            "fail bench-slower in all",
            "blind bench-not-compared r"
        ]
    );
    assert_eq!(
        summary(&comparison),
        "B is slower in all: +10 % (+10 % to +10 %); of 2 queries, 1 slower and 0 faster, 1 with more runs lost in B"
    );
    assert_eq!(comparison_rows(&comparison).rows.len(), 3);
    assert_eq!(
        [share(1.0), share(0.905), share(1.42), share(f64::INFINITY), share(174.51)],
        ["+0.0 %", "-9.5 %", "+42 %", "?", "×174.5"]
    );
}

/// The slow runs of B are given up and gone; the others are quicker than those of A.
#[test]
fn a_side_that_loses_more_is_not_faster() {
    let check = |a: (u64, u64), b: (u64, u64), verdict: Verdict, fails: bool| {
        let of = |ms, (failed, unanswered)| Sample { unanswered, ..sample(ms, 50, failed) };
        let pairs = pairs_of(&[("q", of(10, a))], &[("q", of(8, b))], 12);
        let comparison = judge(&pairs, &BTreeMap::new(), &Terms::default());
        let one = &comparison.statements[0];
        assert_eq!((comparison.verdict, one.verdict), (verdict, verdict), "{a:?} {b:?}");
        assert_eq!(one.tail.map(|tail| tail.verdict), Some(verdict));
        let found = comparison_findings(&comparison);
        assert_eq!(found.iter().any(|it| it.check == "bench-fails" && it.status == Status::Fail), fails);
        assert_eq!(summary(&comparison).contains("1 with more runs lost in B"), fails);
    };
    check((0, 0), (0, 0), Verdict::Faster, false);
    check((0, 0), (0, 1), Verdict::NoDifferenceShown, true);
    check((0, 0), (1, 0), Verdict::NoDifferenceShown, true);
    check((1, 0), (30, 0), Verdict::NoDifferenceShown, true);
    check((0, 1), (2, 3), Verdict::NoDifferenceShown, true);
    check((1, 0), (1, 0), Verdict::Faster, false);
    check((5, 2), (1, 0), Verdict::Faster, false);
}

/// What is kept as a file can be read again: infinity would be null.
#[test]
fn too_few_pairs_have_no_infinity() {
    for count in [0, 1] {
        let pairs = pairs_of(&[("q", sample(10, 50, 0))], &[("q", sample(20, 50, 0))], count);
        let text = serde_json::to_string(&judge(&pairs, &BTreeMap::new(), &Terms::default())).unwrap();
        let read: Comparison = serde_json::from_str(&text).unwrap();
        assert!(!text.contains("\"high\":null") && read.all.high.is_finite(), "{text}");
    }
}

#[test]
fn a_difference_in_either_time_is_one() {
    use Verdict::{Faster, NoDifferenceShown, NotMeasured, Slower};
    let both = |typical, unhindered| {
        let of = |verdict| Effect {
            ratio: 1.0,
            low: 1.0,
            high: 1.0,
            pairs: 9,
            pairs_slower: 4,
            p: 1.0,
            p_adjusted: 1.0,
            verdict,
        };
        both(&of(typical), &of(unhindered))
    };
    assert_eq!(both(Slower, NoDifferenceShown), Slower);
    assert_eq!(both(NoDifferenceShown, Faster), Faster);
    assert_eq!(both(Slower, Slower), Slower);
    assert_eq!(both(Slower, Faster), Slower);
    assert_eq!(both(NoDifferenceShown, NoDifferenceShown), NoDifferenceShown);
    assert_eq!(both(NotMeasured, NotMeasured), NotMeasured);
}
