//! What a few measurements say: quantiles, intervals, tests, and from where on a series is steady.

mod bootstrap;
mod ranks;
mod steady;

pub use bootstrap::{Interval, Of, bootstrap_paired_ratio, bootstrap_ratio};
pub use ranks::{mann_whitney, permutation};
pub use steady::steady_from;

/// The arithmetic mean; `None` of nothing.
#[must_use]
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / count(values.len()))
}

/// The median: of an even number of values, the mean of the two in the middle. `None` of nothing.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    median_of(&mut values.to_vec())
}

/// The nearest-rank quantile: the smallest value that at least this part (0 to 1) of all do not exceed; always one that was
/// measured. `None` of nothing.
#[must_use]
pub fn quantile(values: &[f64], part: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    // Against parts such as 0.95 that have no exact binary form.
    let rank = (count(sorted.len()) * part.clamp(0.0, 1.0) - 1e-9).ceil().max(1.0);
    sorted.get(index(rank) - 1).copied()
}

/// The sample standard deviation (n − 1 in the denominator); `None` of fewer than two.
#[must_use]
pub fn deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values).filter(|_| values.len() > 1)?;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((squares / count(values.len() - 1)).sqrt())
}

/// Puts the values in another order.
fn median_of(values: &mut [f64]) -> Option<f64> {
    let (len, middle) = (values.len(), values.len() / 2);
    if len == 0 {
        return None;
    }
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let lower = if len % 2 == 1 { *upper } else { below.iter().copied().max_by(f64::total_cmp)? };
    Some(f64::midpoint(lower, *upper))
}

#[expect(clippy::cast_precision_loss, reason = "nobody measures 2^53 times")]
fn count(n: usize) -> f64 {
    n as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rank, from 1 to the number of values"
)]
fn index(rank: f64) -> usize {
    rank as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_values() {
        let check = |values: &[f64], expected_median: Option<f64>, expected_mean: Option<f64>| {
            assert_eq!((median(values), mean(values)), (expected_median, expected_mean), "{values:?}");
        };
        check(&[], None, None);
        check(&[3.0], Some(3.0), Some(3.0));
        check(&[4.0, 1.0], Some(2.5), Some(2.5));
        check(&[9.0, 1.0, 2.0], Some(2.0), Some(4.0));
        check(&[4.0, 1.0, 3.0, 100.0], Some(3.5), Some(27.0));
    }

    #[test]
    fn quantiles_are_values() {
        let values: Vec<f64> = (1..=20).map(f64::from).collect();
        let check = |part, expected| assert_eq!(quantile(&values, part), Some(expected), "{part}");
        check(0.0, 1.0);
        check(0.05, 1.0);
        check(0.5, 10.0);
        check(0.95, 19.0);
        check(0.96, 20.0);
        check(1.0, 20.0);
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn the_deviation_is_that_of_a_sample() {
        assert_eq!(deviation(&[1.0]), None);
        assert!(
            (deviation(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).expect("of eight") - 2.138_09).abs() < 1e-5
        );
    }
}
