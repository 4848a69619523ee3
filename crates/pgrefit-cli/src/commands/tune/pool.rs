//! `pgrefit tune pool`: the size of a connection pool, by measuring sizes.

use std::time::Duration;

use clap::Args;
use pgrefit_load::draw;
use pgrefit_tune::pool::{Fleet, Sweep, SweepEvent, SweepOptions, choose, outcome, sweep, tell, validate};

use crate::context::target;
use crate::progress::Progress;
use crate::span::duration;
use crate::workloads::Which;
use crate::{Context, Exit, Failed, Output};

const AFTER_HELP: &str = "\
Runs the statements with 1, 2, 3, 4, 6, 8, … connections, some users more than connections, each size once in every round. It
puts the load of all those users on the server: run it on a copy, or when the server has little else to do; a sweep that others
disturbed is told, and gives no recommendation (exit 3). Reads only, unless --write is given.

Examples:
  pgrefit tune pool workload.toml
  pgrefit tune pool docserver --users 32 --duration 5s --rounds 5
  pgrefit tune pool --replicas 6 --surge 1 --jobs 2      whether as many pools fit into max_connections";

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
    /// Do not run the chosen size against its neighbours.
    #[arg(long)]
    no_validation: bool,
    /// Allow statements that write: on a database that may be changed.
    #[arg(long)]
    write: bool,
    /// Of everything that is drawn by lot.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

impl Pool {
    pub(super) async fn run(self, context: &Context) -> Result<Output, Failed> {
        let (options, config) = (self.options(), context.config(&[])?);
        options.check()?;
        let connector = context.connector(&config)?;
        let workload = self.which.read(&config)?;
        let session = connector.read_only().await?;
        let drawn = draw(&session, &workload).await?;
        drop(session);
        let progress = Progress::new(&context.global);
        let _heed = context.stop.heed();
        let swept =
            sweep(&connector, &drawn, &options, &context.stop, |event| show(&progress, event)).await?;
        let choice = choose(&swept.points, self.seed)
            .ok_or_else(|| Failed::new(Exit::Blind, "failed to choose a size: nothing was measured"))?;
        let validation = match choice.size {
            Ok(size) if !self.no_validation => {
                progress.say(&format!("running {size} connections against their neighbours"));
                Some(validate(&connector, &drawn, &options, (size, cpus(&swept)), &context.stop).await?)
            }
            _ => None,
        };
        drop(progress);
        let mut report = context.report(outcome(&swept, &choice, validation.as_ref()));
        report.target = Some(target(&connector, None));
        tell(&mut report, &swept, &choice, options.fleet, validation.as_ref());
        Ok(Output::Report(Exit::of(report.outcome.exit_code), Box::new(report)))
    }

    fn options(&self) -> SweepOptions {
        SweepOptions {
            users: self.users.clone(),
            size_max: self.size_max,
            rounds: self.rounds,
            duration: self.duration,
            read_only: !self.write,
            seed: self.seed,
            fleet: Fleet { replicas: self.replicas, surge: self.surge, jobs: self.jobs },
            ..SweepOptions::default()
        }
    }
}

/// Those of this machine, as a client with a default pool would count them.
fn cpus(sweep: &Sweep) -> usize {
    sweep.cpus
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
