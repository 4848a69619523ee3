//! A signed-rank test, exactly: whether paired differences lie around zero. No assumption about how times are distributed.
//!
//! Wilcoxon's (Biometrics Bulletin 1, 1945), with the ranks above the middle cut to that of the middle: an outlier then counts no
//! more than any difference of the larger half, and a tenth is found in six of seven comparisons instead of three of four, where
//! 3 rounds of 100 take three times as long. Under the null hypothesis each difference is as likely above zero as below it, so
//! that the distribution of the sum of any scores follows by counting signs (J. Hájek and Z. Šidák, "Theory of Rank Tests", 1967,
//! II.1.3): it stays exact. Ties get the mean of their ranks, and differences of exactly zero are left out, as Wilcoxon did.

/// The two-sided probability of a sum of ranks at least as extreme, if there is no difference; 1 if nothing can be said.
pub(super) fn p_value(differences: &[f64]) -> f64 {
    let ranked = ranked(differences);
    let total: usize = ranked.iter().map(|(_, rank)| rank).sum();
    let above: usize = ranked.iter().filter(|(difference, _)| *difference > 0.0).map(|(_, rank)| rank).sum();
    let extreme = above.min(total - above);
    let tail: f64 = distribution(&ranked, total).iter().take(extreme + 1).sum();
    (2.0 * tail).min(1.0)
}

/// With fewer pairs no outcome, however clear, could be told apart from chance at the level `alpha` among `hypotheses`: the
/// clearest has the probability 2 / 2ⁿ, and Holm's method wants it below `alpha / hypotheses`.
pub(super) fn pairs_min(hypotheses: usize, alpha: f64) -> usize {
    let outcomes = 2.0 * as_f64(hypotheses.max(1)) / alpha;
    (1..64)
        .find(|pairs| 2_f64.powi(*pairs) >= outcomes)
        .and_then(|pairs| usize::try_from(pairs).ok())
        .unwrap_or(64)
}

/// The differences that are not zero, each with twice its rank by size, so that a shared rank is whole, cut to the middle.
fn ranked(differences: &[f64]) -> Vec<(f64, usize)> {
    let mut sorted: Vec<f64> =
        differences.iter().copied().filter(|it| it.is_finite() && *it != 0.0).collect();
    sorted.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    let mut ranked = Vec::with_capacity(sorted.len());
    for alike in sorted.chunk_by(|a, b| a.abs().total_cmp(&b.abs()).is_eq()) {
        // The ranks first … first + n - 1 have the mean first + (n - 1) / 2.
        let twice = 2 * (ranked.len() + 1) + alike.len() - 1;
        ranked.extend(alike.iter().map(|difference| (*difference, twice)));
    }
    let middle = 2 * ranked.len().div_ceil(2);
    for (_, rank) in &mut ranked {
        *rank = (*rank).min(middle);
    }
    ranked
}

/// How probable each sum of (twice the) ranks is when every sign is a coin toss.
fn distribution(ranked: &[(f64, usize)], total: usize) -> Vec<f64> {
    let mut of_sum = vec![0.0; total + 1];
    of_sum[0] = 1.0;
    for (_, rank) in ranked {
        for sum in (0..=total).rev() {
            let with = if sum >= *rank { of_sum[sum - rank] } else { 0.0 };
            of_sum[sum] = f64::midpoint(of_sum[sum], with);
        }
    }
    of_sum
}

/// Where paired differences lie: the mean of their middle half (the interquartile mean), which outliers do not move. Zero if there
/// are none. Puts them in order.
pub(super) fn centre(differences: &mut [f64]) -> f64 {
    differences.sort_unstable_by(f64::total_cmp);
    let cut = differences.len() / 4;
    let middle = &differences[cut..differences.len() - cut];
    if middle.is_empty() { 0.0 } else { middle.iter().sum::<f64>() / as_f64(middle.len()) }
}

/// The median; zero if there are no values.
pub(super) fn median(values: &mut [f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let (below, middle, _) = values.select_nth_unstable_by(values.len() / 2, f64::total_cmp);
    let middle = *middle;
    match below.iter().copied().max_by(f64::total_cmp) {
        Some(lower) if values.len().is_multiple_of(2) => f64::midpoint(lower, middle),
        _ => middle,
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of pairs and hypotheses are small")]
pub(super) fn as_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_counted() {
        // By hand: the number of choices of signs whose sum of scores is as extreme.
        let check = |differences: &[f64], expected: f64| {
            let found = p_value(differences);
            assert!((found - expected).abs() < 1e-9, "{differences:?}: {found}");
        };
        check(&[], 1.0);
        check(&[0.0, 0.0], 1.0);
        check(&[1.0], 1.0);
        check(&[1.0, 2.0, 3.0, 4.0, 5.0], 0.0625);
        check(&[-1.0, -2.0, -3.0, -4.0, -5.0], 0.0625);
        check(&[-1.0, 2.0, 3.0, 4.0, 5.0], 0.125);
        check(&[1.0, -2.0, 3.0, -4.0, 5.0, 6.0, 7.0, 8.0], 46.0 / 256.0);
        check(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0], 2.0 / 1024.0);
        check(&[f64::NAN, f64::INFINITY, 1.0, 2.0, 3.0, 4.0, 5.0], 0.0625);
        // Two that tie share a rank: whatever the signs, half of all outcomes are as extreme.
        check(&[1.0, -1.0], 1.0);
        check(&[1.0, 1.0, 1.0], 0.25);
    }

    #[test]
    fn enough_pairs_for_the_number_of_questions() {
        let check = |hypotheses, expected| assert_eq!(pairs_min(hypotheses, 0.05), expected, "{hypotheses}");
        check(0, 6);
        check(1, 6);
        check(2, 7);
        check(11, 9);
        check(41, 11);
        check(1000, 16);
    }

    #[test]
    fn an_outlier_counts_no_more_than_the_larger_half() {
        let clear = [0.1, 0.11, 0.12, 0.13, 0.14, 0.15, 0.16, 0.17, 0.18];
        let with = |outlier: f64| p_value(&clear.into_iter().chain([outlier]).collect::<Vec<_>>());
        assert!((with(-0.5) - with(-50.0)).abs() < 1e-12 && with(-50.0) < 0.05, "{}", with(-50.0));
    }

    #[test]
    fn the_centre_is_the_mean_of_the_middle_half() {
        let check = |values: &mut [f64], expected: f64| {
            let found = centre(values);
            assert!((found - expected).abs() < 1e-12, "{values:?}: {found}");
        };
        check(&mut [], 0.0);
        check(&mut [3.0], 3.0);
        check(&mut [3.0, 1.0], 2.0);
        check(&mut [6.0, 1.0, 2.0, 900.0], 4.0);
        check(&mut [0.1, 0.1, 0.1, 0.1, 0.1, 900.0], 0.1);
    }
}
