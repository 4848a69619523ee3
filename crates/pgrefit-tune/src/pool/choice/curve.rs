//! Rounds as one curve: the median of each size.

use std::collections::BTreeMap;
use std::time::Duration;

use pgrefit_load::statistics::median;
use serde::Serialize;

use super::Verdict;
use crate::pool::Point;

/// One size, the medians of its rounds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CurvePoint {
    /// Connections.
    pub size: usize,
    /// Answers a second.
    pub throughput: f64,
    /// The same, had no others used the CPU; where the CPU is the limit.
    pub normalised: f64,
    /// Mean service time.
    pub service_mean: Duration,
    /// 99 of 100 total times were not longer.
    pub total_p99: Duration,
    /// CPU time of the server for each answer.
    pub server_cpu: Option<Duration>,
    /// The share of the CPU that others had.
    pub others_share: Option<f64>,
    /// Whether Little's law held within 5 % in most rounds.
    pub is_lawful: bool,
}

/// More than this of the CPU, and nothing can be said of the rest.
pub(super) const OTHERS_MAX: f64 = 0.20;
/// A query that works on a CPU for this part of its time is limited by it.
const CPU_PART: f64 = 0.5;

/// Points of one number of users as a curve, by size.
pub(super) fn of(points: &[Point], verdict: Option<Verdict>) -> Vec<CurvePoint> {
    let mut sizes: BTreeMap<usize, Vec<&Point>> = BTreeMap::new();
    for point in points {
        sizes.entry(point.size).or_default().push(point);
    }
    sizes.iter().map(|(size, points)| one(*size, points, verdict)).collect()
}

fn one(size: usize, points: &[&Point], verdict: Option<Verdict>) -> CurvePoint {
    let of = |value: fn(&Point) -> f64| middle(points.iter().map(|point| value(point)));
    let normalised = |point: &Point| match (verdict, point.others_share) {
        (Some(Verdict::CpuBound), Some(others)) => point.throughput / (1.0 - others).max(0.05),
        _ => point.throughput,
    };
    let lawful = points.iter().filter(|point| point.little.holds()).count();
    CurvePoint {
        size,
        throughput: of(|point| point.throughput),
        normalised: middle(points.iter().map(|point| normalised(point))),
        service_mean: seconds(of(|point| point.service.mean.as_secs_f64())),
        total_p99: seconds(of(|point| point.total.p99.as_secs_f64())),
        server_cpu: seen(points, |point| Some(point.server_cpu?.as_secs_f64())).map(seconds),
        others_share: seen(points, |point| point.others_share),
        is_lawful: lawful * 2 > points.len(),
    }
}

fn middle(values: impl Iterator<Item = f64>) -> f64 {
    median(&values.collect::<Vec<_>>()).unwrap_or_default()
}

fn seen(points: &[&Point], value: impl Fn(&Point) -> Option<f64>) -> Option<f64> {
    median(&points.iter().filter_map(|point| value(point)).collect::<Vec<_>>())
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

/// What limits the workload. Where the server's CPU is seen, that is told by what part of its time a query spends on one when
/// it is alone or nearly so; else by whether twice the connections took longer for each query without answering more.
pub(super) fn verdict(points: &[Point]) -> Option<Verdict> {
    let curve = of(points, None);
    if others(points).is_some_and(|share| share > OTHERS_MAX) {
        return Some(Verdict::Contended);
    }
    let first = curve.first()?;
    if let Some(cpu) = first.server_cpu {
        let part = cpu.as_secs_f64() / first.service_mean.as_secs_f64().max(1e-9);
        return Some(if part >= CPU_PART { Verdict::CpuBound } else { Verdict::WaitBound });
    }
    let last = curve.last().filter(|last| last.size >= first.size * 2)?;
    let slower = last.service_mean.as_secs_f64() / first.service_mean.as_secs_f64().max(1e-9);
    let larger = super::whole(last.size) / super::whole(first.size);
    // Twice the connections at the same time each is all gain; twice the time is none.
    Some(if slower > larger.sqrt() { Verdict::CpuBound } else { Verdict::WaitBound })
}

/// The share of the CPU that others had, the median of all points; or the mean, if some had much more.
pub(super) fn others(points: &[Point]) -> Option<f64> {
    let shares: Vec<f64> = points.iter().filter_map(|point| point.others_share).collect();
    let mean = pgrefit_load::statistics::mean(&shares)?;
    Some(median(&shares)?.max(mean))
}
