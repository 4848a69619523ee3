//! From where on a series is steady.

use super::{count, mean};

/// The number of values at the beginning of a series, such as the throughput of each second, that still belong to its warm-up.
///
/// The Marginal Standard Error Rule: as many are cut as make the standard error of the mean of the rest smallest (K. P. White,
/// "An effective truncation heuristic for bias reduction in simulation output", Simulation 69, 1997). `None` when the series is
/// too short to tell (fewer than six values), or when the rule would cut its second half as well: then it never was steady.
#[must_use]
pub fn steady_from(values: &[f64]) -> Option<usize> {
    if values.len() < 6 || values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let last = values.len() - 3;
    let errors = (0..=last).map(|cut| (cut, squared_error(&values[cut..])));
    let (cut, _) = errors.min_by(|(_, a), (_, b)| a.total_cmp(b))?;
    (cut <= values.len() / 2).then_some(cut)
}

/// The square of the standard error of the mean, but for a factor.
fn squared_error(values: &[f64]) -> f64 {
    let mean = mean(values).unwrap_or_default();
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    squares / count(values.len()).powi(2)
}

#[cfg(test)]
mod tests {
    use super::steady_from;

    #[track_caller]
    fn check(values: &[f64], expected: Option<usize>) {
        assert_eq!(steady_from(values), expected, "{values:?}");
    }

    #[test]
    fn the_warm_up_ends_where_the_values_settle() {
        check(&[100.0, 101.0, 99.0, 100.0, 102.0, 98.0, 100.0, 101.0], Some(0));
        check(&[10.0, 40.0, 80.0, 100.0, 101.0, 99.0, 100.0, 102.0, 98.0, 100.0, 101.0, 99.0], Some(3));
        check(&[5.0; 8], Some(0));
    }

    #[test]
    fn what_never_settles_is_not_steady() {
        check(&[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 128.5, 128.0], None);
        check(&[1.0, 2.0, 3.0], None);
        check(&[1.0, f64::NAN, 3.0, 4.0, 5.0, 6.0], None);
    }
}
