//! Random moments, anew in every run.

use std::hash::{BuildHasher as _, RandomState};

/// Between two numbers.
pub(super) fn between(low: f64, high: f64) -> f64 {
    // Every RandomState is seeded anew.
    let random = u32::try_from(RandomState::new().hash_one(0) >> 32).unwrap_or_default();
    low + (high - low) * f64::from(random) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::between;

    #[test]
    fn numbers_differ_and_stay_within_their_range() {
        let numbers: Vec<_> = (0..20).map(|_| between(0.05, 0.6)).collect();
        assert!(numbers.iter().all(|number| (0.05..=0.6).contains(number)), "{numbers:?}");
        assert!(numbers.iter().any(|number| (number - numbers[0]).abs() > 0.01), "{numbers:?}");
    }
}
