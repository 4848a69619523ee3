//! Zipf's distribution: a few values are asked for often.

use fastrand::Rng;

/// Draws k from 1 to n with a probability proportional to 1/k^exponent, in constant time and memory.
///
/// Rejection-inversion: W. Hörmann and G. Derflinger, "Rejection-inversion to generate variates from monotone discrete
/// distributions", ACM TOMACS 6 (3), 1996.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Zipf {
    /// What k = 1 stands for.
    min: i64,
    n: f64,
    exponent: f64,
    /// The integral of the hat from its left end, minus one, and to its right end.
    left: f64,
    right: f64,
    /// Up to this distance a draw is taken without a look at the integral.
    easy: f64,
}

impl Zipf {
    #[expect(clippy::cast_precision_loss, reason = "of ranks beyond 2^53 the tail need not be exact")]
    pub(crate) fn new(min: i64, max: i64, exponent: f64) -> Self {
        let n = max.abs_diff(min) as f64 + 1.0;
        let mut zipf = Self { min, n, exponent, left: 0.0, right: 0.0, easy: 0.0 };
        zipf.left = zipf.integral(1.5) - 1.0;
        zipf.right = zipf.integral(n + 0.5);
        zipf.easy = 2.0 - zipf.inverse(zipf.integral(2.5) - zipf.hat(2.0));
        zipf
    }

    #[expect(clippy::cast_possible_truncation, reason = "k is between 1 and n, which came from two i64")]
    pub(crate) fn draw(&self, rng: &mut Rng) -> i64 {
        loop {
            let u = self.right + rng.f64() * (self.left - self.right);
            let x = self.inverse(u);
            let k = (x + 0.5).floor().clamp(1.0, self.n);
            if k - x <= self.easy || u >= self.integral(k + 0.5) - self.hat(k) {
                return self.min.saturating_add((k - 1.0) as i64);
            }
        }
    }

    /// x^-exponent.
    fn hat(&self, x: f64) -> f64 {
        (-self.exponent * x.ln()).exp()
    }

    /// The integral of the hat from 1 to x; (x^(1-e) - 1)/(1-e), which is ln x for e = 1.
    fn integral(&self, x: f64) -> f64 {
        let log = x.ln();
        let power = (1.0 - self.exponent) * log;
        let slope = if power.abs() > 1e-8 { power.exp_m1() / power } else { 1.0 + power / 2.0 };
        slope * log
    }

    fn inverse(&self, x: f64) -> f64 {
        let power = (x * (1.0 - self.exponent)).max(-1.0);
        let slope = if power.abs() > 1e-8 { power.ln_1p() / power } else { 1.0 - power / 2.0 };
        (slope * x).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The frequencies of the first ranks against their probabilities.
    #[track_caller]
    fn check(n: u32, exponent: f64) {
        const DRAWS: u32 = 200_000;
        let (zipf, mut rng) = (Zipf::new(0, i64::from(n) - 1, exponent), Rng::with_seed(11));
        let mut counts = vec![0_u32; n as usize];
        for _ in 0..DRAWS {
            counts[usize::try_from(zipf.draw(&mut rng)).expect("from 0")] += 1;
        }
        let weight = |k: u32| f64::from(k).powf(-exponent);
        let all: f64 = (1..=n).map(weight).sum();
        for k in 1..=n.min(5) {
            let expected = f64::from(DRAWS) * weight(k) / all;
            let found = f64::from(counts[k as usize - 1]);
            assert!(
                (found - expected).abs() < 5.0 * expected.sqrt() + 1.0,
                "{k} of {n} at {exponent}: {found}, {expected}"
            );
        }
    }

    #[test]
    fn ranks_come_as_often_as_they_should() {
        for exponent in [0.5, 0.99, 1.0, 1.2, 3.0] {
            check(1, exponent);
            check(2, exponent);
            check(1_000, exponent);
        }
    }

    #[test]
    fn the_widest_range_has_no_end_that_overflows() {
        let (zipf, mut rng) = (Zipf::new(i64::MIN, i64::MAX, 0.1), Rng::with_seed(5));
        for _ in 0..1_000 {
            zipf.draw(&mut rng);
        }
    }
}
