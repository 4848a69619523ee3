//! What would have been chosen, had other rounds been measured (the bootstrap: B. Efron, 1979).
//!
//! Whole rounds are drawn, as what disturbs a measurement strikes all sizes of a round.

use std::collections::BTreeMap;

use super::{Verdict, curve, first_fast, near, whole};
use crate::pool::Point;

const RESAMPLINGS: usize = 1000;

/// The outcome of all resamplings.
pub(super) struct Samples {
    /// What each chooses, in order of size.
    chosen: Vec<usize>,
    /// In how many each size is near to the greatest throughput.
    near: BTreeMap<usize, usize>,
}

impl Samples {
    /// Resamples points of one number of users, at least one.
    pub(super) fn draw(points: &[Point], verdict: Option<Verdict>, seed: u64) -> Self {
        let rounds = points.iter().map(|point| point.round + 1).max().unwrap_or(1);
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut samples = Self { chosen: Vec::with_capacity(RESAMPLINGS), near: BTreeMap::new() };
        for _ in 0..RESAMPLINGS {
            let mut sample: Vec<Point> = Vec::with_capacity(points.len());
            for _ in 0..rounds {
                let drawn = rng.usize(..rounds);
                sample.extend(points.iter().filter(|point| point.round == drawn));
            }
            samples.add(&sample, verdict);
        }
        samples.chosen.sort_unstable();
        samples
    }

    fn add(&mut self, sample: &[Point], verdict: Option<Verdict>) {
        let curve = curve::of(sample, verdict);
        let near: Vec<_> = near(&curve).copied().collect();
        for point in &near {
            *self.near.entry(point.size).or_default() += 1;
        }
        self.chosen.push(first_fast(&near).unwrap_or_default());
    }

    /// The share of resamplings in which this size is near to the greatest throughput.
    pub(super) fn share_near(&self, size: usize) -> f64 {
        whole(self.near.get(&size).copied().unwrap_or_default()) / whole(RESAMPLINGS)
    }

    /// From where to where 95 of 100 choose.
    pub(super) fn interval(&self) -> (usize, usize) {
        let end = RESAMPLINGS / 40;
        let at = |index: usize| self.chosen.get(index).copied().unwrap_or_default();
        (at(end), at(RESAMPLINGS - 1 - end))
    }
}
