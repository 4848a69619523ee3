//! How sure an effect is: a seeded bootstrap interval for the centre of paired differences.

use fastrand::Rng;

use super::signed_rank::{as_f64, centre};

/// The 95 % interval of the centre ([`centre`]), by resampling pairs with replacement: the percentile interval, widened for few
/// pairs as T. Hesterberg, "What Teachers Should Know About the Bootstrap" (The American Statistician 69, 2015, section 5.3)
/// proposes: the tails are those of Student's t times √(n / (n - 1)). The same seed gives the same interval.
pub(super) fn interval(differences: &[f64], resamples: usize, seed: u64) -> (f64, f64) {
    if differences.len() < 2 || resamples == 0 {
        return (f64::NEG_INFINITY, f64::INFINITY);
    }
    let mut random = Rng::with_seed(seed);
    let mut centres: Vec<f64> =
        (0..resamples).map(|_| centre(&mut resampled(differences, &mut random))).collect();
    centres.sort_by(f64::total_cmp);
    let tail = tail(differences.len());
    (quantile(&centres, tail), quantile(&centres, 1.0 - tail))
}

fn resampled(differences: &[f64], random: &mut Rng) -> Vec<f64> {
    differences.iter().map(|_| differences[random.usize(..differences.len())]).collect()
}

/// Linear between neighbours.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share.clamp(0.0, 1.0) * as_f64(sorted.len() - 1);
    let below = floor(place);
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (sorted[above] - sorted[below]) * (place - as_f64(below))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in a list")]
fn floor(place: f64) -> usize {
    place.max(0.0) as usize
}

/// What lies below the lower end of the interval, for `n` pairs: 0.025 for many, less for few.
fn tail(n: usize) -> f64 {
    let freedom = as_f64(n - 1);
    normal_below(-(as_f64(n) / freedom).sqrt() * student_quantile(freedom))
}

/// The quantile 0.975 of Student's t: Abramowitz and Stegun 26.7.5; within 1 % from three degrees of freedom on.
fn student_quantile(freedom: f64) -> f64 {
    const Z: f64 = 1.959_963_985;
    let terms = [
        (Z.powi(3) + Z) / 4.0,
        (5.0 * Z.powi(5) + 16.0 * Z.powi(3) + 3.0 * Z) / 96.0,
        (3.0 * Z.powi(7) + 19.0 * Z.powi(5) + 17.0 * Z.powi(3) - 15.0 * Z) / 384.0,
    ];
    Z + terms.into_iter().zip(1..).map(|(term, power)| term / freedom.powi(power)).sum::<f64>()
}

/// The standard normal distribution below `x` < 0: Abramowitz and Stegun 26.2.17, within 7.5e-8.
fn normal_below(x: f64) -> f64 {
    const TERMS: [f64; 5] = [0.319_381_530, -0.356_563_782, 1.781_477_937, -1.821_255_978, 1.330_274_429];
    let t = 1.0 / (1.0 + 0.231_641_9 * x.abs());
    let sum: f64 = TERMS.into_iter().zip(1..).map(|(term, power)| term * t.powi(power)).sum();
    (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt() * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_those_of_the_tables() {
        let check = |found: f64, expected: f64| {
            assert!((found - expected).abs() < 0.01 * expected, "{found} {expected}");
        };
        check(student_quantile(9.0), 2.262);
        check(student_quantile(19.0), 2.093);
        check(student_quantile(200.0), 1.972);
        check(normal_below(-1.959_964), 0.025);
        check(normal_below(-2.575_829), 0.005);
        check(tail(10_000), 0.025);
        check(tail(10), normal_below(-2.384_5));
    }

    #[test]
    fn the_same_seed_gives_the_same_interval() {
        let values = [0.1, 0.12, 0.08, 0.11, 0.09, 0.13, 0.1, 0.07];
        assert_eq!(interval(&values, 1000, 7), interval(&values, 1000, 7));
        let (low, high) = interval(&values, 1000, 7);
        assert!(low < 0.1 && 0.1 < high && low > 0.07 && high < 0.13, "{low} {high}");
        assert_eq!(interval(&[0.1], 1000, 7), (f64::NEG_INFINITY, f64::INFINITY));
    }

    /// Of 300 samples of 20 around 0.1, the interval holds 0.1 about as often as it says.
    #[test]
    fn it_holds_the_truth_as_often_as_it_says() {
        let mut random = Rng::with_seed(11);
        let noise = |random: &mut Rng| (0..12).map(|_| random.f64()).sum::<f64>() - 6.0;
        let holds = (0..300)
            .filter(|seed| {
                let values: Vec<f64> = (0..20).map(|_| 0.1 + 0.05 * noise(&mut random)).collect();
                let (low, high) = interval(&values, 400, *seed);
                low <= 0.1 && 0.1 <= high
            })
            .count();
        assert!((274..=298).contains(&holds), "{holds} of 300");
    }
}
