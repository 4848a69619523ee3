//! One measurement.

use std::fmt::Write as _;
use std::time::Duration;

use pgrefit_load::{Drawn, Latency, LoadOptions, LoadRun, Pace, Tick};
use pgrefit_pg::{Connector, Stop};

use super::super::choice::whole;
use super::super::{Error, Little, Point, Span};
use super::SweepOptions;
use crate::Local;
use crate::local::{Meter, Usage};

/// What all measurements of a sweep have in common.
#[derive(Clone, Copy)]
pub(in crate::pool) struct Bench<'a> {
    pub(in crate::pool) connector: &'a Connector,
    pub(in crate::pool) drawn: &'a Drawn,
    pub(in crate::pool) options: &'a SweepOptions,
    pub(in crate::pool) local: Option<Local>,
    pub(in crate::pool) stop: &'a Stop,
}

/// More than this part of the requests may not fail.
const FAILED_MAX: f64 = 0.05;

/// Measures a pool of `size` with `users`.
pub(in crate::pool) async fn measure(
    bench: &Bench<'_>,
    size: usize,
    users: usize,
    round: usize,
) -> Result<Point, Error> {
    if bench.stop.is_requested() {
        return Err(Error::Stopped);
    }
    let options = LoadOptions {
        connections: size,
        pace: Pace::Closed { users, think: Duration::ZERO },
        warm_up: whole_seconds(bench.options.warm_up),
        duration: bench.options.duration,
        // The values are the same for all sizes of a round.
        seed: bench.options.seed.wrapping_add(u64::try_from(round).unwrap_or_default()),
        read_only: bench.options.read_only,
        statement_limit: bench.options.statement_limit,
        ..LoadOptions::default()
    };
    let (mut meter, mut usage) = (Meter::start(bench.local), None);
    // The last tick of the warm-up comes at its end, and the last one of all while the backends are still there: neither
    // connecting nor warming up is counted, and nothing of a backend that has ended is missed.
    let on_tick = |tick: &Tick| {
        if tick.warm_up {
            meter = Meter::start(bench.local);
        } else {
            usage = Some(meter.stop());
        }
    };
    let run = pgrefit_load::run(bench.connector, bench.drawn, &options, bench.stop, on_tick).await;
    let run = run.map_err(|source| Error::Load { size, source })?;
    let usage = usage.unwrap_or_else(|| meter.stop());
    if run.stopped {
        return Err(Error::Stopped);
    }
    sound(&run, size)?;
    Ok(point(&run, &usage, round))
}

/// There is a tick for each.
fn whole_seconds(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs() + u64::from(time.subsec_nanos() > 0)).max(Duration::from_secs(1))
}

fn sound(run: &LoadRun, size: usize) -> Result<(), Error> {
    if run.failed_part() <= FAILED_MAX && run.done > 0 {
        return Ok(());
    }
    let mut kinds = String::new();
    for (kind, count) in &run.failures {
        let comma = if kinds.is_empty() { "" } else { ", " };
        // Writing to a string cannot fail.
        let _ = write!(kinds, "{comma}{kind}: {count}");
    }
    let failed = run.failed + run.dropped + run.unfinished;
    Err(Error::Failing { size, failed, all: run.done + failed, kinds })
}

fn point(run: &LoadRun, usage: &Usage, round: usize) -> Point {
    let users = match run.options.pace {
        Pace::Closed { users, .. } => users,
        Pace::Open { .. } => 0,
    };
    let throughput = run.per_second();
    let each = |cpu: Duration| {
        let share = cpu.as_nanos().checked_div(run.done.into()).unwrap_or_default();
        Duration::from_nanos(u64::try_from(share).unwrap_or(u64::MAX))
    };
    Point {
        size: run.options.connections,
        users,
        round,
        elapsed: run.elapsed,
        done: run.done,
        failed: run.failed,
        throughput,
        service: span(&run.all.service),
        total: span(&run.all.total),
        wait: span(&run.queue_wait),
        server_cpu: usage.server.map(each),
        client_cpu: Some(run.client_cpu_each()),
        others_share: usage.others_share,
        little: Little {
            busy: throughput * run.all.service.mean().as_secs_f64(),
            busy_counted: run.busy_mean,
            inside: throughput * run.all.total.mean().as_secs_f64(),
            users: whole(users),
            edge: run.all.total.quantile(0.99).as_secs_f64() / run.elapsed.as_secs_f64().max(1e-9),
        },
    }
}

fn span(latency: &Latency) -> Span {
    Span {
        mean: latency.mean(),
        p50: latency.quantile(0.50),
        p95: latency.quantile(0.95),
        p99: latency.quantile(0.99),
    }
}
