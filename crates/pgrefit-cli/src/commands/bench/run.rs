//! `pgrefit bench run`: a workload on one database, with its budgets.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use pgrefit_bench::benchmark::{BenchOptions, BenchResult, Ending, charts, findings, run, tables};
use pgrefit_load::{LoadOptions, Pace, Workload};
use pgrefit_report::{Cell, Fact, Outcome, Status};

use super::load::{Load, Usual};
use super::shown::Shown;
use super::{failing, outcome};
use crate::context::target;
use crate::span::duration;
use crate::workloads::Which;
use crate::{Context, Exit, Failed, Output};

/// Requests a second when nobody says how many: what a small application asks.
const RATE: f64 = 50.0;

const AFTER_HELP: &str = "\
Reads only, unless --write says otherwise. Without --rate or --closed, 50 requests a second are sent. A guard ends the run when
the database suffers: its probe takes ten times as long as in the quiet before, others pile up or wait for locks, a standby
falls behind. Exits with 1 if p95 or p99 of a query is over its budget, runs failed, or the guard ended the run.

Examples:
  pgrefit bench run workload.toml --rate 500 --duration 1min
  pgrefit bench run --queries --html bench.html
  pgrefit bench run workload.toml --closed 16 --connections 8     16 users, 8 connections: how a pool of 8 fares
  pgrefit bench run workload.toml --repeat 8 --save before.json   for `pgrefit bench compare before.json after.json`";

/// Put a workload on the database: does each query keep its budget?
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Run {
    #[command(flatten)]
    which: Which,
    /// Take the [[queries]] of the configuration as the workload, which is done too if none is named.
    #[arg(long, conflicts_with = "workload")]
    queries: bool,
    #[command(flatten)]
    load: Load,
    /// How long is measured.
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    duration: Duration,
    /// What comes before and is not counted.
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = duration)]
    warm_up: Duration,
    /// Run it so often, one after the other: a comparison of saved results is judged by at least five.
    #[arg(long, value_name = "N", default_value_t = 1)]
    repeat: usize,
    /// Write the result as JSON, for `pgrefit bench compare`.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Write the result as a page with charts, which needs nothing else.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Show a live view; only on a terminal.
    #[arg(long)]
    watch: bool,
}

impl Run {
    pub(super) async fn run(self, context: &Context) -> Result<Output, Failed> {
        let config = context.config(&[])?;
        let workload = self.which.read(&config)?;
        let load = self.load.options(&config, &Usual::Rate(RATE), (self.warm_up, self.duration))?;
        let options = BenchOptions { load, repeat: self.repeat, ..BenchOptions::default() };
        let connector = context.connector(&config)?;
        let result = {
            let shown = self.shown(context, &workload, &options.load)?;
            let on_event = |event: pgrefit_bench::benchmark::Event<'_>| shown.event(&event);
            run(&connector, &workload, &options, &context.stop, &on_event).await.map_err(failing::bench)?
        };
        if let Some(path) = &self.save {
            outcome::write(path, &result.to_json())?;
        }
        let mut report = context.report(Outcome::new(Exit::Done.code(), Status::Pass, ""));
        report.target = Some(target(&connector, Some(result.environment.server_version.clone())));
        report.facts = facts(&result);
        report.tables = tables(&result);
        let (exit, report) = outcome::ended(report, findings(&result), summary(&result));
        outcome::write_page(&report, &charts(&result), self.html.as_deref())?;
        outcome::told(exit, report, result.ending == Ending::Stopped)
    }

    fn shown(&self, context: &Context, workload: &Workload, load: &LoadOptions) -> Result<Shown, Failed> {
        if !self.watch {
            return Ok(Shown::progress(context));
        }
        let seconds = (load.warm_up + load.duration).as_secs();
        Shown::live(context, &format!("{}, {}", workload.name, pace(load)), seconds)
    }
}

/// `open loop, 50 requests a second`, `closed loop, 16 users`.
fn pace(load: &LoadOptions) -> String {
    match load.pace {
        Pace::Open { per_second, .. } => format!("open loop, {per_second} requests a second"),
        Pace::Closed { users, .. } => format!("closed loop, {}", pgrefit_report::counted(users, "user")),
    }
}

fn facts(result: &BenchResult) -> Vec<Fact> {
    let load = &result.load;
    let tenths = |value: f64| Cell::Float((value * 10.0).round() / 10.0);
    let micros = |time: Duration| Cell::Float((time.as_secs_f64() * 1e7).round() / 10.0);
    let ms = |time: Duration| Cell::Float((time.as_secs_f64() * 1e5).round() / 100.0);
    let environment = &result.environment;
    let average = |load: Option<[f64; 3]>| load.map(|load| load[0]);
    vec![
        Fact::new("workload", "workload", result.workload.clone()),
        Fact::new("load", "load", pace(&load.options)),
        Fact::new("connections", "connections", load.options.connections),
        Fact::new("measured_ms", "measured", Cell::duration(load.elapsed)),
        Fact::new("per_second", "answered a second", tenths(load.per_second())),
        Fact::new("queue_p99_ms", "wait for a connection, p99 (ms)", ms(load.queue_wait.quantile(0.99))),
        Fact::new("lag_p99_ms", "driver's own lateness, p99 (ms)", ms(load.lag.quantile(0.99))),
        Fact::new("client_cpu_each_us", "driver's CPU for each answer (µs)", micros(load.client_cpu_each())),
        Fact::new("client_rss_bytes", "driver's memory", Cell::Bytes(load.client_rss_max_bytes)),
        Fact::new(
            "cache_hit_percent",
            "cache hits (%)",
            result.counters.cache_hit_ratio().map(|it| (it * 1000.0).round() / 10.0),
        ),
        Fact::new("quiet_probe_ms", "guard's probe in the quiet (ms)", ms(result.watched.baseline.probe)),
        Fact::new("probe_max_ms", "slowest during the run (ms)", ms(result.watched.probe_max())),
        Fact::new("client_cores", "cores of the driver's machine", environment.client_cores),
        Fact::new("load_before", "its load average before", average(environment.load_before)),
        Fact::new("load_after", "after", average(environment.load_after)),
        Fact::new("server_is_local", "server on the same machine", environment.server_is_local),
    ]
}

fn summary(result: &BenchResult) -> String {
    let over = result.queries.iter().filter(|it| it.p95 > it.budget || it.p99 > it.budget).count();
    let ran = result.queries.iter().filter(|it| it.done > 0).count();
    let kept = match over {
        0 => format!("{ran} of {} queries ran, all within their budgets", result.queries.len()),
        over => format!("{over} of {} queries over their budgets", result.queries.len()),
    };
    match &result.ending {
        Ending::Completed => kept,
        Ending::Stopped => format!("stopped before its end; {kept}"),
        Ending::Suffered(_) => format!("ended by the guard, because the database suffered; {kept}"),
    }
}
