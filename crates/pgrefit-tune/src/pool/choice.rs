//! Chooses a size from what was measured.
//!
//! The smallest size whose throughput is within 5 % of the greatest, as far as repeated rounds bear that out, and among those
//! one whose total p99 is not clearly worse than the best of theirs. Where the CPU is the limit, throughput is taken for the share of the CPU that others left, as a
//! larger pool else looks better for no other reason than taking more turns at it: measured beside a busy neighbour, 32
//! connections to two CPUs "won" over 8.

mod curve;
mod refuse;
mod resample;

use serde::Serialize;

use super::{Fit, Point};

pub use curve::CurvePoint;
pub use refuse::Refusal;
use resample::Samples;

/// What the workload is limited by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Its queries are mostly at work on a CPU.
    CpuBound,
    /// Its queries mostly wait: for storage, locks, other machines.
    WaitBound,
    /// Others had so much of the CPU that nothing can be said.
    Contended,
}

/// What is chosen, and what it rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Choice {
    /// What the workload is limited by; `None` where the server's CPU could not be seen and the times do not tell.
    pub verdict: Option<Verdict>,
    /// The recommended size.
    pub size: Result<usize, Refusal>,
    /// Of 1000 resamplings of the rounds, 950 choose a size from here …
    pub low: usize,
    /// … to here.
    pub high: usize,
    /// The share of them in which `size` is within 5 % of the greatest throughput.
    pub agreement: f64,
    /// The size with the greatest throughput, and that.
    pub peak: (usize, f64),
    /// Whether throughput still grows at the largest size: the peak may be beyond it.
    pub still_grows: bool,
    /// Each size, the median of its rounds, with as many users as there were at most.
    pub curve: Vec<CurvePoint>,
    /// The Universal Scalability Law of that curve.
    pub fit: Option<Fit>,
    /// By how much the law, fitted without the largest size, misses it.
    pub prediction_error: Option<f64>,
    /// The CPU time of the server for each answer, the greatest of a size by the least, if more than twice that: spinning on
    /// locks, or a cache that does not hold.
    pub cpu_drift: Option<f64>,
    /// Sizes at which Little's law did not hold within 5 %.
    pub unlawful: Vec<usize>,
}

/// Throughput that is this much below the greatest is as good.
const TOLERANCE: f64 = 0.05;
/// A p99 that is this much above the best is as good: the p99 of some seconds is not better known.
const P99_TOLERANCE: f64 = 0.10;

/// Chooses from the points of a sweep; those with fewer users than the most are left to the tables.
///
/// `None` without any point.
#[must_use]
pub fn choose(points: &[Point], seed: u64) -> Option<Choice> {
    let users = points.iter().map(|point| point.users).max()?;
    let points: Vec<Point> = points.iter().copied().filter(|point| point.users == users).collect();
    let verdict = curve::verdict(&points);
    let curve = curve::of(&points, verdict);
    let lawful = lawful(&points, &curve);
    let sound = curve::of(&lawful, verdict);
    let samples = Samples::draw(&lawful, verdict, seed);
    let size = refuse::refusal(&points, &curve).map_or_else(|| chosen(&sound, &samples), Err);
    let (low, high) = samples.interval();
    let agreement = size.as_ref().map_or(0.0, |size| samples.share_near(*size));
    let of_law: Vec<(f64, f64)> = sound.iter().map(|point| (whole(point.size), point.throughput)).collect();
    let peak = sound.iter().max_by(|one, other| one.throughput.total_cmp(&other.throughput))?;
    Some(Choice {
        verdict,
        size,
        low,
        high,
        agreement,
        peak: (peak.size, peak.throughput),
        still_grows: still_grows(&sound),
        fit: Fit::of(&of_law),
        prediction_error: Fit::prediction_error(&of_law),
        cpu_drift: cpu_drift(&curve),
        unlawful: curve.iter().filter(|point| !point.is_lawful).map(|point| point.size).collect(),
        curve,
    })
}

/// The points of the sizes at which Little's law held: a measurement that breaks it is wrong, so that its size is neither
/// recommended nor the peak. All of them where it held at none, which is refused.
fn lawful(points: &[Point], curve: &[CurvePoint]) -> Vec<Point> {
    let is_lawful = |point: &&Point| curve.iter().any(|own| own.size == point.size && own.is_lawful);
    let lawful: Vec<Point> = points.iter().filter(is_lawful).copied().collect();
    if lawful.is_empty() { points.to_vec() } else { lawful }
}

/// A size must be that near to the greatest throughput in this share of the resamplings too: of two sizes that are 4 and 5 %
/// below it, by what was measured once, one may be 6 % below.
const SHARE_NEAR: f64 = 0.8;

/// The rule. The size with the greatest throughput always qualifies, so that there is one.
fn chosen(curve: &[CurvePoint], samples: &Samples) -> Result<usize, Refusal> {
    let best = greatest(curve);
    let is_sure =
        |point: &CurvePoint| point.normalised >= best || samples.share_near(point.size) >= SHARE_NEAR;
    let near: Vec<CurvePoint> = near(curve).filter(|point| is_sure(point)).copied().collect();
    first_fast(&near).ok_or(Refusal::Nothing)
}

fn greatest(curve: &[CurvePoint]) -> f64 {
    curve.iter().map(|point| point.normalised).fold(0.0, f64::max)
}

fn near(curve: &[CurvePoint]) -> impl Iterator<Item = &CurvePoint> {
    let enough = greatest(curve) * (1.0 - TOLERANCE);
    curve.iter().filter(move |point| point.normalised >= enough)
}

/// The smallest size whose p99 is not clearly worse than the best of these.
fn first_fast(near: &[CurvePoint]) -> Option<usize> {
    let best = near.iter().map(|point| point.total_p99).min()?.mul_f64(1.0 + P99_TOLERANCE);
    near.iter().find(|point| point.total_p99 <= best).map(|point| point.size)
}

/// Whether the largest size is better than the one before by more than the tolerance.
fn still_grows(curve: &[CurvePoint]) -> bool {
    match curve {
        [.., before, last] => last.normalised > before.normalised * (1.0 + TOLERANCE),
        _ => false,
    }
}

/// A drift of less is the start-up of backends, and noise.
const DRIFT: f64 = 2.0;

fn cpu_drift(curve: &[CurvePoint]) -> Option<f64> {
    let cpu: Vec<f64> = curve.iter().filter_map(|point| Some(point.server_cpu?.as_secs_f64())).collect();
    let (least, most) =
        (cpu.iter().copied().fold(f64::MAX, f64::min), cpu.iter().copied().fold(0.0, f64::max));
    Some(most / least).filter(|drift| drift.is_finite() && *drift > DRIFT)
}

#[expect(clippy::cast_precision_loss, reason = "sizes of pools are far below 2^53")]
pub(super) fn whole(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Choice, Point, Refusal, Verdict, choose, whole};
    use crate::pool::{Little, Span};

    /// Size, throughput, total p99 in ms, others' share in hundredths.
    type Row = (usize, f64, u64, u32);

    /// Measured with 64 users: `pg_sleep(0.005)` and a sum over 22,000 rows of an index, on two CPUs with others at work.
    const SLEEP: &[Row] = &[
        (1, 115.0, 653, 5),
        (2, 282.0, 252, 5),
        (4, 647.0, 116, 5),
        (5, 820.0, 98, 5),
        (8, 1_254.0, 73, 5),
        (16, 2_616.0, 40, 5),
        (32, 5_164.0, 21, 5),
        (48, 7_116.0, 20, 5),
        (64, 9_192.0, 16, 5),
    ];
    const SUM: &[Row] = &[
        (1, 72.0, 1_062, 89),
        (2, 124.0, 594, 82),
        (3, 222.0, 339, 77),
        (4, 262.0, 405, 72),
        (6, 342.0, 236, 65),
        (8, 396.0, 200, 62),
        (16, 628.0, 148, 46),
        (32, 724.0, 162, 39),
        (64, 634.0, 228, 44),
    ];

    fn points(rows: &[Row], cpu_us: u64, noise: &[f64]) -> Vec<Point> {
        let point = |round: usize, factor: f64, (size, x, p99, others): Row| {
            let throughput = x * factor;
            let service = Duration::from_secs_f64(whole(size) / throughput);
            let total = Duration::from_secs_f64(64.0 / throughput);
            let of = |mean| Span { mean, p99: Duration::from_millis(p99), ..Span::default() };
            let little =
                Little { busy: whole(size), busy_counted: whole(size), inside: 64.0, users: 64.0, edge: 0.0 };
            Point {
                size,
                users: 64,
                round,
                throughput,
                done: 1000,
                service: of(service),
                total: of(total),
                server_cpu: (cpu_us > 0).then(|| Duration::from_micros(cpu_us)),
                others_share: (cpu_us > 0).then(|| f64::from(others) / 100.0),
                little,
                ..Point::default()
            }
        };
        let round = |(round, factor): (usize, &f64)| {
            rows.iter().map(move |row| point(round, *factor, *row)).collect::<Vec<_>>()
        };
        noise.iter().enumerate().flat_map(round).collect()
    }

    fn check(rows: &[Row], cpu_us: u64, verdict: Option<Verdict>, size: &Result<usize, Refusal>) -> Choice {
        let choice = choose(&points(rows, cpu_us, &[1.0, 0.98, 1.03]), 7).unwrap();
        assert_eq!((choice.verdict, &choice.size), (verdict, size), "{choice:#?}");
        choice
    }

    #[test]
    fn waiting_work_takes_all_connections_it_can_get() {
        let choice = check(SLEEP, 120, Some(Verdict::WaitBound), &Ok(64));
        assert!(choice.still_grows);
        assert!(choice.prediction_error.unwrap() < 0.10, "{:?}", choice.prediction_error);
        assert_eq!((choice.low, choice.high), (64, 64));
    }

    #[test]
    fn a_sweep_beside_busy_neighbours_is_refused() {
        let choice = choose(&points(SUM, 2_200, &[1.0]), 7).unwrap();
        assert_eq!(choice.verdict, Some(Verdict::Contended));
        assert!(matches!(choice.size, Err(Refusal::Contended { others_share }) if others_share > 0.5));
    }

    #[test]
    fn the_smallest_of_equals_is_chosen() {
        let rows: &[Row] = &[
            (1, 500.0, 130, 2),
            (2, 980.0, 66, 2),
            (3, 1_000.0, 65, 2),
            (4, 1_005.0, 64, 2),
            (6, 990.0, 68, 2),
            (8, 960.0, 75, 2),
        ];
        let choice = check(rows, 1_900, Some(Verdict::CpuBound), &Ok(2));
        assert!(!choice.still_grows && choice.agreement > 0.99, "{choice:?}");
    }

    #[test]
    fn a_clearly_worse_p99_is_passed_over() {
        let rows: &[Row] = &[(1, 500.0, 130, 2), (2, 980.0, 90, 2), (3, 1_000.0, 65, 2), (4, 1_005.0, 64, 2)];
        check(rows, 1_900, Some(Verdict::CpuBound), &Ok(3));
    }

    #[test]
    fn cpu_that_others_had_is_taken_into_account() {
        // The larger pool only took more turns from a neighbour with a fifth of the CPU.
        let rows: &[Row] = &[(2, 800.0, 78, 19), (4, 850.0, 76, 14), (8, 900.0, 72, 10)];
        check(rows, 2_300, Some(Verdict::CpuBound), &Ok(2));
    }

    #[test]
    fn without_the_server_in_sight_times_must_tell() {
        let rows: &[Row] = &[(1, 500.0, 130, 0), (2, 980.0, 66, 0), (4, 1_005.0, 64, 0), (8, 990.0, 75, 0)];
        check(rows, 0, Some(Verdict::CpuBound), &Ok(2));
        check(SLEEP, 0, Some(Verdict::WaitBound), &Ok(64));
    }

    #[test]
    fn a_broken_law_is_no_measurement() {
        let mut points = points(SLEEP, 120, &[1.0]);
        for point in &mut points {
            point.little.inside = 50.0;
        }
        let choice = choose(&points, 7).unwrap();
        assert!(matches!(choice.size, Err(Refusal::Unlawful { .. })), "{choice:?}");
        assert_eq!(choice.unlawful.len(), SLEEP.len());
    }

    #[test]
    fn a_size_that_breaks_the_law_is_neither_chosen_nor_the_peak() {
        let check = |broken: usize, size: usize, peak: usize| {
            let mut points = points(SLEEP, 120, &[1.0, 0.98, 1.03]);
            for point in points.iter_mut().filter(|point| point.size == broken) {
                point.little.inside = 50.0;
            }
            let choice = choose(&points, 7).unwrap();
            assert_eq!((&choice.size, choice.peak.0, &choice.unlawful), (&Ok(size), peak, &vec![broken]));
            assert_eq!((choice.low, choice.high, choice.curve.len()), (size, size, SLEEP.len()));
        };
        check(64, 48, 48);
        check(48, 64, 64);
    }

    #[test]
    fn rounds_that_disagree_widen_the_interval() {
        let check = |of_one: [f64; 5], size: usize, interval: (usize, usize)| {
            let mut points = points(&[(1, 100.0, 9, 1), (2, 100.0, 9, 1), (4, 100.0, 9, 1)], 120, &[1.0; 5]);
            for point in points.iter_mut().filter(|point| point.size == 1) {
                point.throughput = of_one[point.round];
            }
            let choice = choose(&points, 7).unwrap();
            assert_eq!((&choice.size, (choice.low, choice.high)), (&Ok(size), interval), "{choice:?}");
            assert!(choice.agreement >= 0.8, "{choice:?}");
        };
        check([99.0; 5], 1, (1, 1));
        check([90.0; 5], 2, (2, 2));
        check([98.0, 97.0, 96.0, 99.0, 90.0], 1, (1, 2));
        // Near in three rounds of five: not sure enough.
        check([96.0, 93.0, 96.0, 96.0, 93.0], 2, (1, 2));
        assert_eq!(choose(&[], 7), None);
    }
}
