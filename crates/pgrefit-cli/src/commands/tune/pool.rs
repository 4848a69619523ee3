//! `pgrefit tune pool`: the size of a connection pool, by measuring sizes.

mod guarded;

use std::time::Duration;

use clap::Args;
use pgrefit_bench::guard::own_name;
use pgrefit_load::{Drawn, draw};
use pgrefit_pg::Connector;
use pgrefit_report::{Finding, Report};
use pgrefit_tune::pool::{
    Choice, Fleet, Sweep, SweepEvent, SweepOptions, Validation, choose, outcome, sweep, tell,
    tell_unvalidated, validate,
};

use crate::config::Config;
use crate::context::target;
use crate::production::may_write;
use crate::progress::Progress;
use crate::span::duration;
use crate::workloads::Which;
use crate::{Context, Exit, Failed, Output};
use guarded::Guarded;

const AFTER_HELP: &str = "\
Runs the statements with 1, 2, 3, 4, 6, 8, … connections, some users more than connections, each size once in every round. It
puts the load of all those users on the server: run it on a copy, or when the server has little else to do; a sweep that others
disturbed is told, and gives no recommendation (exit 3). Reads only, unless --write is given. On a production database
(policy.environment) a guard ends it when the database suffers (exit 1), as in `pgrefit bench`; elsewhere none looks.

Examples:
  pgrefit tune pool workload.toml
  pgrefit tune pool docserver --users 32 --duration 5s --rounds 5
  pgrefit tune pool --replicas 6 --surge 1 --jobs 2      whether as many pools fit into max_connections
  pgrefit tune pool --application docserver --replicas 6 its own connections are not those of others";

/// Find the pool size by measuring sizes.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Pool {
    #[command(flatten)]
    which: Which,
    /// Users who ask at the same time (repeatable; the most decide).
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [64])]
    users: Vec<usize>,
    /// The largest size that is tried.
    #[arg(long, value_name = "N", default_value_t = 64)]
    size_max: usize,
    /// How long each size is measured in each round.
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "3s")]
    duration: Duration,
    /// How often each size is measured.
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: usize,
    /// Processes of the application, each with a pool of its own.
    #[arg(long, value_name = "N", default_value_t = 1)]
    replicas: u32,
    /// Those that run besides while a new version is rolled out.
    #[arg(long, value_name = "N", default_value_t = 0)]
    surge: u32,
    /// Jobs that have a pool of the same size.
    #[arg(long, value_name = "N", default_value_t = 0)]
    jobs: u32,
    /// The `application_name` of the application whose pool is sized, as `pg_stat_activity` shows it: its connections are not those of
    /// others (repeatable).
    #[arg(long, value_name = "NAME")]
    application: Vec<String>,
    /// Do not run the chosen size against its neighbours.
    #[arg(long)]
    no_validation: bool,
    /// Allow statements that write. Refused on a production database: see `policy.environment`.
    #[arg(long)]
    write: bool,
    /// Allow them on a production database as well.
    #[arg(long)]
    write_to_production: bool,
    /// Of everything that is drawn by lot.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

impl Pool {
    pub(super) async fn run(self, context: &Context) -> Result<Output, Failed> {
        let config = context.config(&[])?;
        let name = own_name("tune pool");
        let options = self.options(&config, &name)?;
        options.check()?;
        let connector = context.connector(&config)?.under_name(name);
        let workload = self.which.read(&config)?;
        let session = connector.read_only().await?;
        let drawn = draw(&session, &workload).await?;
        drop(session);
        let _heed = context.stop.heed();
        let mut bench = Bench {
            connector: &connector,
            drawn: &drawn,
            options: &options,
            guarded: Guarded::begin(context, &config, &connector).await?,
            progress: Progress::new(&context.global),
        };
        let swept = bench.sweep().await?;
        let choice = choose(&swept.points, self.seed)
            .ok_or_else(|| Failed::new(Exit::Blind, "failed to choose a size: nothing was measured"))?;
        let validation = match choice.size {
            Ok(size) if !self.no_validation => Some((size, bench.validate(size, &swept).await)),
            _ => None,
        };
        let blind: Vec<Finding> = bench.guarded.blind().collect();
        drop(bench);
        let mut report = told(context, &options, &swept, &choice, validation.as_ref());
        report.findings.extend(blind);
        report.target = Some(target(&connector, None));
        if context.stop.is_requested() && matches!(validation, Some((_, Err(_)))) {
            let failed = Failed::new(Exit::TryAgain, "failed to validate the size: it was asked to stop");
            return Err(failed.hint("what the sweep found is in the report").with_report(report));
        }
        Ok(Output::Report(Exit::of(report.outcome.exit_code), Box::new(report)))
    }

    /// `name` is that of this run's sessions: they are taken, but not by others.
    fn options(&self, config: &Config, name: &str) -> Result<SweepOptions, Failed> {
        let writes = self.write || self.write_to_production;
        if writes {
            may_write(config, "run statements that write", self.write_to_production)?;
        }
        let mut own_applications = self.application.clone();
        own_applications.push(name.to_owned());
        Ok(SweepOptions {
            users: self.users.clone(),
            size_max: self.size_max,
            rounds: self.rounds,
            duration: self.duration,
            read_only: !writes,
            seed: self.seed,
            fleet: Fleet { replicas: self.replicas, surge: self.surge, jobs: self.jobs },
            own_applications,
            ..SweepOptions::default()
        })
    }
}

/// What the sweep and its validation have in common.
struct Bench<'a> {
    connector: &'a Connector,
    drawn: &'a Drawn,
    options: &'a SweepOptions,
    guarded: Guarded<'a>,
    progress: Progress,
}

impl Bench<'_> {
    async fn sweep(&mut self) -> Result<Sweep, Failed> {
        let (stop, progress) = (self.guarded.stop(), &self.progress);
        let work = sweep(self.connector, self.drawn, self.options, &stop, |event| show(progress, event));
        let swept = self.guarded.run(Box::pin(work)).await;
        swept.map_err(|error| self.guarded.told(error))
    }

    async fn validate(&mut self, size: usize, swept: &Sweep) -> Result<Validation, Failed> {
        self.progress.say(&format!("running {size} connections against their neighbours"));
        let stop = self.guarded.stop();
        let work = validate(self.connector, self.drawn, self.options, (size, swept), &stop);
        let validation = self.guarded.run(Box::pin(work)).await;
        validation.map_err(|error| self.guarded.told(error))
    }
}

/// The report. A validation that failed is told in it: the sweep took minutes, and stands.
fn told(
    context: &Context,
    options: &SweepOptions,
    swept: &Sweep,
    choice: &Choice,
    validation: Option<&(usize, Result<Validation, Failed>)>,
) -> Report {
    let validated = validation.and_then(|(_, validation)| validation.as_ref().ok());
    let mut report = context.report(outcome(swept, choice, validated));
    tell(&mut report, swept, choice, options.fleet, validated);
    if let Some((size, Err(failed))) = validation {
        tell_unvalidated(&mut report, *size, &failed.line());
    }
    report
}

fn show(progress: &Progress, event: SweepEvent<'_>) {
    match event {
        SweepEvent::Begun { number, of, size, users } => {
            progress.say(&format!("{number} of {of}: {size} connections, {users} users"));
        }
        SweepEvent::Measured(point) => tracing::debug!(
            target: "pgrefit", connections = point.size, users = point.users, "{:.0} a second", point.throughput
        ),
    }
}
