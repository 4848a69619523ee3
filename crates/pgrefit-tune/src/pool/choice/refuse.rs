//! When no size is recommended.

use serde::Serialize;

use super::CurvePoint;
use super::curve::{OTHERS_MAX, others};
use crate::pool::Point;

/// Why no size is recommended.
#[derive(Debug, Clone, PartialEq, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", tag = "why")]
pub enum Refusal {
    /// Other work had the CPU.
    #[error("other work had {:.0} % of this machine's CPU, and with more than 20 % a larger pool wins by taking turns", others_share * 100.0)]
    Contended {
        /// Its share.
        others_share: f64,
    },
    /// The measurement breaks Little's law, so it is wrong.
    #[error("the measurement breaks Little's law by {:.0} %: the driver did not keep up, or the load was not steady", deviation * 100.0)]
    Unlawful {
        /// The least relative deviation of a size.
        deviation: f64,
    },
    /// Nothing was answered.
    #[error("nothing was answered")]
    Nothing,
}

impl Refusal {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Contended { .. } => "repeat it while nothing else runs, or on a machine of its own",
            Self::Unlawful { .. } => "run the driver on another machine, or for longer",
            Self::Nothing => "run the workload by itself, and see why it fails",
        }
    }
}

pub(super) fn refusal(points: &[Point], curve: &[CurvePoint]) -> Option<Refusal> {
    if let Some(others_share) = others(points).filter(|share| *share > OTHERS_MAX) {
        return Some(Refusal::Contended { others_share });
    }
    if curve.iter().all(|point| point.throughput <= 0.0) {
        return Some(Refusal::Nothing);
    }
    if curve.iter().all(|point| !point.is_lawful) {
        let deviation = points.iter().map(|point| point.little.deviation()).fold(f64::MAX, f64::min);
        return Some(Refusal::Unlawful { deviation });
    }
    None
}
