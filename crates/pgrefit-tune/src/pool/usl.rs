//! The Universal Scalability Law: how throughput grows with the number of connections.
//!
//! X(N) = λN / (1 + σ(N − 1) + κN(N − 1)): λ is the throughput of one, σ what waits in line for something shared, κ what is
//! spent on agreeing with each other. N. J. Gunther, "Guerrilla Capacity Planning" (2007), chapters 4 to 6; "A General Theory
//! of Computational Scalability Based on Rational Functions" (arXiv 0808.1431), theorem 1.
//!
//! N / X(N) = a + b(N − 1) + cN(N − 1) with a = 1/λ, b = σ/λ, c = κ/λ is linear in its coefficients, so that least squares
//! has a closed solution; that they must not be negative is kept by trying each set of coefficients that are zero.
//! Deviations are relative, so that one connection counts as much as sixty-four.

use serde::Serialize;

/// The law, fitted to measured points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Fit {
    /// The throughput of one connection, a second.
    pub lambda: f64,
    /// Contention, not negative.
    pub sigma: f64,
    /// Coherency, not negative.
    pub kappa: f64,
    /// The root mean square of the relative deviations.
    pub deviation: f64,
}

/// Coefficients of a + b(N − 1) + cN(N − 1).
type Coefficients = [f64; 3];

impl Fit {
    /// Fits sizes and their throughput; `None` with fewer than two sizes, or without any throughput.
    #[must_use]
    pub fn of(points: &[(f64, f64)]) -> Option<Self> {
        let sound: Vec<(f64, f64)> = points.iter().copied().filter(|(n, x)| *n >= 1.0 && *x > 0.0).collect();
        let first = sound.first()?.0;
        if sound.iter().all(|(n, _)| (n - first).abs() < 0.5) {
            return None;
        }
        let sets: [&[usize]; 4] = [&[0, 1, 2], &[0, 1], &[0, 2], &[0]];
        let fits = sets
            .iter()
            .filter_map(|set| solve(&sound, set))
            .filter(|c| c[0] > 0.0 && c[1] >= 0.0 && c[2] >= 0.0);
        let best = fits.min_by(|one, other| loss(&sound, one).total_cmp(&loss(&sound, other)))?;
        let count = sound.iter().map(|_| 1.0).sum::<f64>();
        let deviation = (loss(&sound, &best) / count).sqrt();
        Some(Self { lambda: 1.0 / best[0], sigma: best[1] / best[0], kappa: best[2] / best[0], deviation })
    }

    /// The throughput of `size` connections, a second.
    #[must_use]
    pub fn throughput(&self, size: f64) -> f64 {
        self.lambda * size / (1.0 + self.sigma * (size - 1.0) + self.kappa * size * (size - 1.0))
    }

    /// Where throughput is greatest: √((1 − σ) / κ). `None` when it only ever grows.
    #[must_use]
    pub fn peak(&self) -> Option<f64> {
        let peak = ((1.0 - self.sigma).max(0.0) / self.kappa).sqrt();
        peak.is_finite().then_some(peak.max(1.0))
    }

    /// By how much the law, fitted without the largest size, misses it: a share of what was measured. `None` when too few
    /// points are left.
    #[must_use]
    pub fn prediction_error(points: &[(f64, f64)]) -> Option<f64> {
        let largest = points.iter().copied().max_by(|one, other| one.0.total_cmp(&other.0))?;
        let rest: Vec<(f64, f64)> = points.iter().copied().filter(|(n, _)| *n < largest.0).collect();
        if rest.len() < 3 || largest.1 <= 0.0 {
            return None;
        }
        Some((Self::of(&rest)?.throughput(largest.0) / largest.1 - 1.0).abs())
    }
}

fn basis(n: f64) -> Coefficients {
    [1.0, n - 1.0, n * (n - 1.0)]
}

/// The sum of squares of relative deviations of N / X.
fn loss(points: &[(f64, f64)], coefficients: &Coefficients) -> f64 {
    let deviation = |(n, x): &(f64, f64)| {
        let fitted: f64 = basis(*n).iter().zip(coefficients).map(|(b, c)| b * c).sum();
        (fitted * x / n - 1.0).powi(2)
    };
    points.iter().map(deviation).sum()
}

/// Least squares with the coefficients of `set`, all others zero: the normal equations, by elimination with pivots.
fn solve(points: &[(f64, f64)], set: &[usize]) -> Option<Coefficients> {
    let size = set.len();
    let mut rows = vec![vec![0.0; size + 1]; size];
    for (n, x) in points {
        let weight = x / n;
        let all = basis(*n);
        let terms: Vec<f64> = set.iter().map(|index| all[*index] * weight).collect();
        for (row, term) in rows.iter_mut().zip(&terms) {
            for (cell, other) in row.iter_mut().zip(&terms) {
                *cell += term * other;
            }
            row[size] += term;
        }
    }
    let solution = eliminate(rows)?;
    let mut coefficients = [0.0; 3];
    for (index, value) in set.iter().zip(solution) {
        coefficients[*index] = value;
    }
    Some(coefficients)
}

fn eliminate(mut rows: Vec<Vec<f64>>) -> Option<Vec<f64>> {
    let size = rows.len();
    for column in 0..size {
        let pivot =
            (column..size).max_by(|a, b| rows[*a][column].abs().total_cmp(&rows[*b][column].abs()))?;
        rows.swap(column, pivot);
        let own = rows[column].clone();
        if own[column].abs() < 1e-12 {
            return None;
        }
        for (index, row) in rows.iter_mut().enumerate().filter(|(index, _)| *index != column) {
            let factor = row[column] / own[column];
            debug_assert!(index < size);
            for (cell, above) in row.iter_mut().zip(&own) {
                *cell -= factor * above;
            }
        }
    }
    Some(rows.iter().enumerate().map(|(index, row)| row[size] / row[index]).collect())
}

#[cfg(test)]
mod tests {
    use super::Fit;

    /// Measured: `pg_sleep(0.005)` with 64 users, see the module `choice`.
    const SLEEP: [(f64, f64); 9] = [
        (1.0, 115.0),
        (2.0, 282.0),
        (4.0, 647.0),
        (5.0, 820.0),
        (8.0, 1_254.0),
        (16.0, 2_616.0),
        (32.0, 5_164.0),
        (48.0, 7_116.0),
        (64.0, 9_192.0),
    ];

    fn law(lambda: f64, sigma: f64, kappa: f64) -> Vec<(f64, f64)> {
        let fit = Fit { lambda, sigma, kappa, deviation: 0.0 };
        [1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 32.0].iter().map(|n| (*n, fit.throughput(*n))).collect()
    }

    #[test]
    fn a_law_is_found_again() {
        let check = |lambda: f64, sigma: f64, kappa: f64, peak: Option<f64>| {
            let fit = Fit::of(&law(lambda, sigma, kappa)).unwrap();
            assert!((fit.lambda / lambda - 1.0).abs() < 1e-6, "{fit:?}");
            assert!((fit.sigma - sigma).abs() < 1e-6 && (fit.kappa - kappa).abs() < 1e-6, "{fit:?}");
            assert!(fit.deviation < 1e-6);
            match (fit.peak().filter(|peak| *peak < 1e4), peak) {
                (Some(found), Some(expected)) => assert!((found - expected).abs() < 0.01, "{found}"),
                (found, expected) => assert_eq!(found, expected),
            }
            assert!(Fit::prediction_error(&law(lambda, sigma, kappa)).unwrap() < 1e-6);
        };
        check(100.0, 0.0, 0.0, None);
        check(100.0, 0.1, 0.0, None);
        check(100.0, 0.05, 0.001, Some(30.822));
        check(3.5, 0.0, 0.02, Some(7.071));
    }

    #[test]
    fn eight_connections_predict_sixty_four() {
        let small: Vec<(f64, f64)> = SLEEP.iter().copied().filter(|(n, _)| *n <= 8.0).collect();
        let fit = Fit::of(&small).unwrap();
        let error = (fit.throughput(64.0) / 9_192.0 - 1.0).abs();
        assert!(error < 0.10, "{fit:?} is {error} off");
        assert!(Fit::prediction_error(&SLEEP).unwrap() < 0.10);
    }

    #[test]
    fn coefficients_are_never_negative() {
        // More than linear, which the law does not know: both must be zero.
        let fit = Fit::of(&[(1.0, 10.0), (2.0, 30.0), (4.0, 80.0)]).unwrap();
        assert!(fit.sigma.abs() < 1e-12 && fit.kappa.abs() < 1e-12, "{fit:?}");
    }

    #[test]
    fn too_little_is_no_law() {
        assert_eq!(Fit::of(&[]), None);
        assert_eq!(Fit::of(&[(1.0, 5.0), (1.0, 6.0)]), None);
        assert_eq!(Fit::of(&[(1.0, 0.0), (2.0, 0.0)]), None);
        assert_eq!(Fit::prediction_error(&[(1.0, 5.0), (2.0, 9.0)]), None);
    }
}
