//! Tests whether two samples differ.

use fastrand::Rng;

use super::bootstrap::normal_below;
use super::{count, mean};

/// Exchanges at random, unless there are fewer in all.
const EXCHANGES: u32 = 20_000;

/// The two-sided p-value of the Mann-Whitney U test: how likely values of one distribution would fall apart as these did.
///
/// By the normal approximation with corrections for ties and for continuity; with fewer than eight values on a side it is too
/// coarse, and [`permutation`] is meant. 1 when a side is empty.
///
/// H. B. Mann and D. R. Whitney, Annals of Mathematical Statistics 18 (1947).
#[must_use]
pub fn mann_whitney(a: &[f64], b: &[f64]) -> f64 {
    let (ranks, ties) = ranked(a, b);
    let (len_a, len_b) = (count(a.len()), count(b.len()));
    let all = len_a + len_b;
    let statistic = ranks[..a.len()].iter().sum::<f64>() - len_a * (len_a + 1.0) / 2.0;
    let spread = (len_a * len_b / 12.0 * ((all + 1.0) - ties / (all * (all - 1.0)))).sqrt();
    if spread.is_nan() || spread <= 0.0 {
        return 1.0;
    }
    let z = ((statistic - len_a * len_b / 2.0).abs() - 0.5).max(0.0) / spread;
    (2.0 * normal_below(-z)).min(1.0)
}

/// The ranks of all values, those of `a` first, ties sharing their mean; and the sum of t³ − t over the groups of ties.
fn ranked(a: &[f64], b: &[f64]) -> (Vec<f64>, f64) {
    let values: Vec<f64> = a.iter().chain(b).copied().collect();
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|i, j| values[*i].total_cmp(&values[*j]));
    let (mut ranks, mut ties, mut before) = (vec![0.0; values.len()], 0.0, 0.0);
    for group in order.chunk_by(|i, j| values[*i].total_cmp(&values[*j]).is_eq()) {
        let size = count(group.len());
        for place in group {
            ranks[*place] = before + f64::midpoint(size, 1.0);
        }
        before += size;
        ties += size.powi(3) - size;
    }
    (ranks, ties)
}

/// The two-sided p-value of a permutation test of the difference of means: the part of all ways to share the values out in which
/// the means differ as much. Of more than 20,000 ways, that many are drawn. 1 when a side is empty.
///
/// R. A. Fisher, "The Design of Experiments" (1935), chapter III; with five values on each side the smallest p is 2 of 252.
#[must_use]
pub fn permutation(a: &[f64], b: &[f64], seed: u64) -> f64 {
    let (Some(mean_a), Some(mean_b)) = (mean(a), mean(b)) else { return 1.0 };
    let mut values: Vec<f64> = a.iter().chain(b).copied().collect();
    let all: f64 = values.iter().sum();
    // Sums that are equal but for the order of addition count as equal.
    let least = (mean_a - mean_b).abs() * (1.0 - 1e-9);
    let differs = |sum: f64| (sum / count(a.len()) - (all - sum) / count(b.len())).abs() >= least;
    if ways(values.len(), a.len()) <= u64::from(EXCHANGES) {
        let (mut hits, mut total) = (0_u32, 0_u32);
        each_sum(&values, a.len(), 0.0, &mut |sum| {
            total += 1;
            hits += u32::from(differs(sum));
        });
        return f64::from(hits) / f64::from(total);
    }
    let mut rng = Rng::with_seed(seed);
    let draw = |_: &u32| {
        rng.shuffle(&mut values);
        differs(values[..a.len()].iter().sum())
    };
    let hits = (0..EXCHANGES).filter(draw).count();
    // The way in which they came is one of them, so that p is never 0.
    (count(hits) + 1.0) / (f64::from(EXCHANGES) + 1.0)
}

/// The number of ways to choose k of n, or a large number.
fn ways(n: usize, k: usize) -> u64 {
    (0..k).fold(1_u64, |ways, i| ways.saturating_mul((n - i) as u64) / (i as u64 + 1))
}

/// Calls `take` with the sum of each choice of `left` of the values.
fn each_sum(values: &[f64], left: usize, sum: f64, take: &mut impl FnMut(f64)) {
    if left == 0 {
        return take(sum);
    }
    for (i, value) in values.iter().enumerate().take(values.len() + 1 - left) {
        each_sum(&values[i + 1..], left - 1, sum + value, take);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOW: [f64; 8] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
    const HIGH: [f64; 8] = [11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0, 18.0];

    #[test]
    fn samples_apart_have_a_small_p() {
        // scipy.stats.mannwhitneyu(LOW, HIGH, method="asymptotic") gives 0.00094.
        assert!((mann_whitney(&LOW, &HIGH) - 0.000_94).abs() < 0.000_02, "{}", mann_whitney(&LOW, &HIGH));
        assert!(
            (permutation(&LOW, &HIGH, 1) - 2.0 / 12_870.0).abs() < 1e-9,
            "{}",
            permutation(&LOW, &HIGH, 1)
        );
        assert!((permutation(&LOW[..5], &HIGH[..5], 1) - 2.0 / 252.0).abs() < 1e-9);
    }

    #[test]
    fn equal_samples_have_a_large_p() {
        for (a, b) in [(&LOW[..], &LOW[..]), (&[1.0; 8], &[1.0; 8]), (&[], &LOW), (&LOW, &[])] {
            assert!(mann_whitney(a, b) > 0.9, "{a:?} {b:?}");
            assert!(permutation(a, b, 1) > 0.9, "{a:?} {b:?}");
        }
    }

    #[test]
    fn many_values_are_shared_out_by_lot() {
        let wide = |from: u32| (from..from + 30).map(f64::from).collect::<Vec<_>>();
        assert!(permutation(&wide(0), &wide(40), 1) < 0.001);
        assert!(permutation(&wide(0), &wide(1), 1) > 0.2);
    }

    #[test]
    fn a_false_alarm_is_as_rare_as_it_says() {
        let mut rng = Rng::with_seed(9);
        let mut sample = || (0..8).map(|_| rng.f64()).collect::<Vec<_>>();
        let alarms = (0..200).filter(|_| mann_whitney(&sample(), &sample()) < 0.05).count();
        assert!(alarms <= 20, "{alarms} of 200");
    }
}
