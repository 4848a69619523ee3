//! A benchmark's result as charts.

use std::time::Duration;

use pgrefit_load::Latency;
use pgrefit_report::{Chart, ChartScale, Line};

use super::BenchResult;
use crate::milliseconds;

/// More points than this cannot be told apart on a screen.
const POINTS_MAX: usize = 300;

/// The distribution of the times of each query, and throughput and slow end over time.
#[must_use]
pub fn charts(result: &BenchResult) -> Vec<Chart> {
    vec![distribution(result), throughput(result), over_time(result)]
}

/// How many of a hundred requests were done within a time.
fn distribution(result: &BenchResult) -> Chart {
    let statements = result.load.statements.iter().filter(|it| it.total.count() > 0);
    let mut lines: Vec<Line> = statements.map(|it| Line::new(&it.name, points(&it.total))).collect();
    if !result.is_closed_loop() {
        lines.push(
            Line::new("all, from sending: as a closed loop sees it", points(&result.load.all.service))
                .dashed(),
        );
    }
    let about = if result.is_closed_loop() {
        "share of requests answered within a time; closed loop: blind to stalls"
    } else {
        "share of requests answered within a time, counted from when each was meant to be sent"
    };
    Chart::new("Latency", about, (ChartScale::Log, "ms"), (ChartScale::Linear, "%"), lines)
}

fn points(times: &Latency) -> Vec<(f64, f64)> {
    let steps = times.cdf();
    let every = steps.len().div_ceil(POINTS_MAX).max(1);
    let last = steps.len().saturating_sub(1);
    let kept = steps.iter().enumerate().filter(|(at, _)| at % every == 0 || *at == last);
    kept.map(|(_, (time, share))| (milliseconds::of(*time), share * 100.0)).collect()
}

fn throughput(result: &BenchResult) -> Chart {
    let of = |value: fn(&pgrefit_load::Window) -> u64| per_second(result, |window| count(value(window)));
    let mut lines = vec![Line::new("answered", of(|window| window.done))];
    if result.load.failed > 0 {
        lines.push(Line::new("failed", of(|window| window.failed)));
    }
    let about = match result.steady_from {
        Some(second) => format!("requests a second; steady from second {second} on"),
        None => "requests a second".to_owned(),
    };
    Chart::new("Throughput", about, (ChartScale::Linear, "s"), (ChartScale::Linear, ""), lines)
}

fn over_time(result: &BenchResult) -> Chart {
    let of = |value: fn(&pgrefit_load::Window) -> Duration| {
        per_second(result, |window| milliseconds::of(value(window)))
    };
    let lines = vec![
        Line::new("p50", of(|window| window.p50)),
        Line::new("p95", of(|window| window.p95)),
        Line::new("p99", of(|window| window.p99)),
    ];
    Chart::new(
        "Latency over time",
        "each second",
        (ChartScale::Linear, "s"),
        (ChartScale::Linear, "ms"),
        lines,
    )
}

fn per_second(result: &BenchResult, value: impl Fn(&pgrefit_load::Window) -> f64) -> Vec<(f64, f64)> {
    let windows = &result.load.windows;
    // The first of each some is not the most telling one, but the worst would not be the throughput.
    let every = windows.len().div_ceil(POINTS_MAX).max(1);
    let some = windows.chunks(every).enumerate();
    some.map(|(at, some)| {
        let mean = some.iter().map(&value).sum::<f64>() / count(some.len() as u64);
        (count((at * every) as u64), mean)
    })
    .collect()
}

#[expect(clippy::cast_precision_loss, reason = "requests and seconds of a run")]
fn count(number: u64) -> f64 {
    number as f64
}
