//! Runs the chosen size against its neighbours, and against what a pool would have by itself.

use pgrefit_load::Drawn;
use pgrefit_load::statistics::{Interval, Of, bootstrap_paired_ratio};
use pgrefit_pg::{Connector, Stop};
use serde::Serialize;

use super::sweep::{Bench, measure};
use super::{Error, Point, Sweep, SweepOptions, sizes};
use crate::Local;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Validation {
    /// The size that was validated.
    pub size: usize,
    /// Those it was held against.
    pub rivals: Vec<Rival>,
    /// All measurements.
    pub points: Vec<Point>,
}

/// A size that the chosen one was held against, in the same rounds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rival {
    /// Its size.
    pub size: usize,
    /// Whether it is what deadpool takes when nobody says: twice the CPUs of the client.
    pub is_default: bool,
    /// The throughput of the chosen size by this one's, with its confidence interval of 95 %.
    pub throughput: Option<Interval>,
    /// The total p99 of the chosen size by this one's.
    pub total_p99: Option<Interval>,
}

/// Throughput this much below a rival's is as good.
const TOLERANCE: f64 = 0.05;

impl Rival {
    /// Whether it is better by more than 5 %, and not by chance.
    #[must_use]
    pub fn is_better(&self) -> bool {
        self.throughput.as_ref().is_some_and(|ratio| ratio.high < 1.0 && ratio.estimate < 1.0 - TOLERANCE)
    }
}

impl Rival {
    /// Whether its total p99 is shorter by more than 10 %, and not by chance, while it answers as much.
    #[must_use]
    pub fn is_faster(&self) -> bool {
        let answers_as_much = self.throughput.as_ref().is_some_and(|ratio| ratio.estimate <= 1.0 + TOLERANCE);
        answers_as_much
            && self.total_p99.as_ref().is_some_and(|ratio| ratio.low > 1.0 && ratio.estimate > 1.1)
    }
}

impl Validation {
    /// Whether it tells anything: an interval takes two rounds at least.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.rivals.iter().all(|rival| rival.throughput.is_some())
    }

    /// Whether none of the rivals is better.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.is_told() && self.rivals.iter().all(|rival| !rival.is_better())
    }
}

/// Measures the chosen size, the next smaller and larger ones, and the default of deadpool for a client with the CPUs of this
/// machine, in rounds, in an order drawn by lot. None of them is larger than what the sweep had: the server has room for that.
///
/// Does to the server what [`sweep`](super::sweep()) does.
///
/// # Errors
/// As [`sweep`](super::sweep()).
pub async fn validate(
    connector: &Connector,
    drawn: &Drawn,
    options: &SweepOptions,
    (size, swept): (usize, &Sweep),
    stop: &Stop,
) -> Result<Validation, Error> {
    let session = connector.read_only().await.map_err(Error::server("connect"))?;
    let local = Local::find(&session).await.map_err(Error::server("see where the server is"))?;
    drop(session);
    let users = options.users.iter().copied().max().unwrap_or(1);
    let default = default_of(swept);
    let rivals = rivals(size, default, swept.size_max());
    let bench = Bench { connector, drawn, options, local, stop };
    let mut rng = fastrand::Rng::with_seed(options.seed);
    let mut points = Vec::new();
    for round in 0..options.rounds {
        let mut order: Vec<usize> = rivals.iter().copied().chain([size]).collect();
        rng.shuffle(&mut order);
        for tried in order {
            points.push(measure(&bench, tried, users, round).await?);
        }
    }
    let rival = |tried: &usize| held_against(&points, size, *tried, *tried == default, options.seed);
    Ok(Validation { size, rivals: rivals.iter().map(rival).collect(), points })
}

/// Twice the CPUs of the client, as far as the server has room.
fn default_of(swept: &Sweep) -> usize {
    swept.cpus.saturating_mul(2).clamp(1, swept.size_max())
}

/// The neighbours among the sizes of a sweep, and the default.
fn rivals(size: usize, default: usize, most: usize) -> Vec<usize> {
    let all = sizes(most.max(size));
    let below = all.iter().rev().find(|other| **other < size);
    let above = all.iter().find(|other| **other > size);
    let mut rivals: Vec<usize> = below.into_iter().chain(above).copied().chain([default]).collect();
    rivals.sort_unstable();
    rivals.dedup();
    rivals.retain(|rival| *rival != size);
    rivals
}

fn held_against(points: &[Point], size: usize, rival: usize, is_default: bool, seed: u64) -> Rival {
    let ratio = |value: fn(&Point) -> f64| {
        let of = |size: usize| points.iter().filter(move |point| point.size == size);
        let pairs: Vec<(f64, f64)> = of(rival)
            .filter_map(|theirs| {
                let ours = of(size).find(|point| point.round == theirs.round)?;
                Some((value(theirs), value(ours)))
            })
            .collect();
        bootstrap_paired_ratio(&pairs, Of::Median, seed)
    };
    Rival {
        size: rival,
        is_default,
        throughput: ratio(|point| point.throughput),
        total_p99: ratio(|point| point.total.p99.as_secs_f64()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Point, Sweep, default_of, held_against, rivals};
    use crate::pool::{Fleet, Places, Span};

    #[test]
    fn neighbours_are_those_of_the_sweep() {
        let check =
            |size, default, most, expected: &[usize]| assert_eq!(rivals(size, default, most), expected);
        check(4, 4, 64, &[3, 6]);
        check(16, 4, 64, &[4, 12, 24]);
        check(1, 4, 64, &[2, 4]);
        check(64, 4, 64, &[4, 48]);
        check(5, 4, 64, &[4, 6]);
        // A server that had room for five.
        check(5, 5, 5, &[4]);
        check(3, 5, 5, &[2, 4, 5]);
    }

    #[test]
    fn nothing_is_larger_than_what_the_sweep_had() {
        let check = |size_max: usize, cpus: usize, size: usize, expected: (usize, &[usize])| {
            let swept = Sweep {
                workload: "test".to_owned(),
                points: (1..=size_max).map(|size| Point { size, ..Point::default() }).collect(),
                places: Places::default(),
                others: Vec::new(),
                budget: Places::default().budget(Fleet::default()),
                is_local: true,
                cpus,
            };
            let default = default_of(&swept);
            assert_eq!((default, &rivals(size, default, swept.size_max())[..]), expected);
        };
        check(64, 2, 16, (4, &[4, 12, 24]));
        check(6, 32, 6, (6, &[4]));
        check(6, 32, 4, (6, &[3, 6]));
        check(2, 1, 2, (2, &[1]));
    }

    #[test]
    fn a_rival_is_better_only_when_it_is_not_by_chance() {
        let check = |theirs: &[f64], expected: bool| {
            let point = |size, round, throughput| Point { size, round, throughput, ..Point::default() };
            let both = |(round, x): (usize, &f64)| [point(2, round, *x), point(4, round, 100.0)];
            let points: Vec<Point> = theirs.iter().enumerate().flat_map(both).collect();
            let rival = held_against(&points, 4, 2, false, 1);
            assert_eq!(rival.is_better(), expected, "{rival:?}");
        };
        check(&[120.0, 118.0, 121.0, 119.0, 122.0], true);
        check(&[103.0, 103.0, 104.0, 103.0, 102.0], false);
        check(&[80.0, 150.0, 90.0, 120.0, 85.0], false);
        check(&[50.0, 52.0, 51.0, 50.0, 49.0], false);
    }

    #[test]
    fn a_rival_with_a_shorter_p99_is_told() {
        let check = |theirs_ms: [u64; 5], expected: bool| {
            let point = |size, round, ms| {
                let total = Span { p99: Duration::from_millis(ms), ..Span::default() };
                Point { size, round, throughput: 100.0, total, ..Point::default() }
            };
            let both = |(round, ms): (usize, &u64)| [point(2, round, *ms), point(4, round, 100)];
            let points: Vec<Point> = theirs_ms.iter().enumerate().flat_map(both).collect();
            let rival = held_against(&points, 4, 2, false, 1);
            assert_eq!(rival.is_faster(), expected, "{rival:?}");
            assert!(!rival.is_better());
        };
        check([70, 72, 71, 69, 73], true);
        check([95, 96, 97, 95, 94], false);
        check([60, 140, 70, 150, 80], false);
        check([130, 130, 131, 129, 130], false);
    }
}
