//! From a value to its place on an axis, and the round values that an axis names.

/// More ticks than this do not fit a telephone.
const TICKS_MAX: f64 = 5.0;

/// An axis that begins at 0, or a logarithmic one that begins at a power of ten.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Scale {
    /// From 0 to a value.
    Linear(f64),
    /// From one power of ten to another, by their exponents.
    Log(i32, i32),
}

impl Scale {
    /// From 0 to `max` milliseconds; an axis without extent would have no places.
    #[expect(clippy::cast_precision_loss, reason = "no chart shows the 16th digit")]
    pub(crate) const fn to_ms(max: u64) -> Self {
        Self::Linear(if max == 0 { 1.0 } else { max as f64 })
    }

    /// The decades that hold all these values; those that are not above 0 have no place.
    #[expect(clippy::cast_possible_truncation, reason = "an exponent of a finite f64 is below 400")]
    pub(crate) fn decades(values: impl IntoIterator<Item = f64>) -> Self {
        let is_placed = |value: &f64| value.is_finite() && *value > 0.0;
        let logs: Vec<f64> = values.into_iter().filter(is_placed).map(f64::log10).collect();
        let low = logs.iter().copied().fold(f64::INFINITY, f64::min);
        let high = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if logs.is_empty() {
            return Self::Log(0, 1);
        }
        let low = low.floor() as i32;
        Self::Log(low, (high.ceil() as i32).max(low + 1))
    }

    /// The place of `value` from 0 to 100; what is beyond an end is at that end.
    pub(crate) fn percent(self, value: f64) -> f64 {
        let share = match self {
            Self::Linear(max) => value / max,
            Self::Log(low, high) => (value.log10() - f64::from(low)) / f64::from(high - low),
        };
        // What is not a number has no place; it is not drawn, and must not break the page if it were.
        if share.is_nan() { 0.0 } else { (100.0 * share).clamp(0.0, 100.0) }
    }

    /// The place of a time in milliseconds.
    #[expect(clippy::cast_precision_loss, reason = "no chart shows the 16th digit")]
    pub(crate) fn place(self, ms: u64) -> f64 {
        self.percent(ms as f64)
    }

    /// Round values, at most six, from the start of the axis on.
    pub(crate) fn ticks(self) -> Vec<f64> {
        match self {
            Self::Linear(max) => {
                let step = round_step(max / TICKS_MAX);
                let ticks = std::iter::successors(Some(0.0), |tick| Some(tick + step));
                ticks.take_while(|tick| *tick <= max * 1.0001).take(7).collect()
            }
            Self::Log(low, high) => {
                let every = (high - low) / 6 + 1;
                (low..=high)
                    .filter(|power| (power - low) % every == 0)
                    .map(|power| 10_f64.powi(power))
                    .collect()
            }
        }
    }
}

/// The smallest round number of milliseconds that is not below `least`: as clocks divide time from a second on.
fn round_step(least: f64) -> f64 {
    const CLOCK: [f64; 21] = [
        1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 14_400.0,
        21_600.0, 43_200.0, 86_400.0, 172_800.0, 432_000.0, 864_000.0,
    ];
    if let Some(seconds) = CLOCK.iter().find(|seconds| least > 500.0 && **seconds * 1000.0 >= least) {
        return seconds * 1000.0;
    }
    let decade = 10_f64.powf(least.log10().floor()).max(1.0);
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * decade >= least);
    step.unwrap_or(10.0) * decade
}

#[cfg(test)]
mod tests {
    use super::Scale;

    #[test]
    fn ticks_are_round() {
        let check = |max: u64, expected: &[f64]| assert_eq!(Scale::to_ms(max).ticks(), expected);
        check(0, &[0.0, 1.0]);
        check(3, &[0.0, 1.0, 2.0, 3.0]);
        check(80, &[0.0, 20.0, 40.0, 60.0, 80.0]);
        check(580, &[0.0, 200.0, 400.0]);
        check(3112, &[0.0, 1000.0, 2000.0, 3000.0]);
        check(568_420, &[0.0, 120_000.0, 240_000.0, 360_000.0, 480_000.0]);
        check(7_200_000, &[0.0, 1_800_000.0, 3_600_000.0, 5_400_000.0, 7_200_000.0]);
        for max in [1, 7, 999, 1001, 2501, 59_999, 1 << 40, u64::MAX] {
            let ticks = Scale::to_ms(max).ticks();
            assert!((2..=7).contains(&ticks.len()), "{max}: {ticks:?}");
        }
    }

    #[test]
    fn decades_hold_all_values() {
        let check = |values: &[f64], expected: Scale| {
            assert_eq!(Scale::decades(values.iter().copied()), expected);
        };
        check(&[], Scale::Log(0, 1));
        check(&[f64::NAN, f64::INFINITY, 0.0, -1.0], Scale::Log(0, 1));
        check(&[0.21, 1000.0], Scale::Log(-1, 3));
        check(&[1.0], Scale::Log(0, 1));
        check(&[10.0, 11.0], Scale::Log(1, 2));
        assert_eq!(Scale::Log(-1, 2).ticks(), [0.1, 1.0, 10.0, 100.0]);
        assert!(Scale::Log(-9, 9).ticks().len() < 7);
    }

    #[test]
    fn places_are_inside() {
        let check = |scale: Scale, value: f64, expected: f64| {
            assert!((scale.percent(value) - expected).abs() < 1e-9, "{value}: {}", scale.percent(value));
        };
        check(Scale::to_ms(200), 50.0, 25.0);
        check(Scale::to_ms(200), 500.0, 100.0);
        check(Scale::to_ms(0), 0.0, 0.0);
        check(Scale::Log(-1, 1), 1.0, 50.0);
        check(Scale::Log(-1, 1), 0.0, 0.0);
        check(Scale::Log(-1, 1), f64::NAN, 0.0);
        check(Scale::Log(-1, 1), f64::INFINITY, 100.0);
    }
}
