//! `cargo xtask bench pool`: the load driver against pgbench, the pool against bare deadpool, whether an open loop is honest,
//! and whether the size that `tune pool` recommends is as good as the best one.

mod driver;
mod goals;
mod honest;
mod tuned;

use super::goal::Goal;
use super::server::Server;
use crate::failure::{Failure, Outcome};
use crate::product::{self, Product};
use crate::{shell, workspace};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// Measure the load driver, the pool and its tuning, against pgbench and bare deadpool
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Rounds of each measurement; what the machine does beside is evened out by many short ones
    #[arg(long, default_value_t = 13, value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: u16,
    /// Seconds of each measurement
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=600))]
    seconds: u16,
    /// The scale of pgbench's tables; 100,000 rows each
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    scale: u16,
    /// Leave the sweeps out, which take most of the time
    #[arg(long, conflicts_with = "only_tuning")]
    no_tuning: bool,
    /// The sweeps only
    #[arg(long)]
    only_tuning: bool,
}

#[derive(Debug)]
struct Measured {
    /// Nothing if only the tuning was asked for.
    parts: Option<Parts>,
    tuned: Vec<tuned::Measurement>,
}

#[derive(Debug)]
struct Parts {
    driver: Vec<driver::Measurement>,
    /// What the example of the pool prints.
    pool: Value,
    honest: honest::Measurement,
}

pub(crate) fn run(args: &Args) -> Outcome<ExitCode> {
    let product = Product::build_release()?;
    let drive = product::example("pgrefit-load", "drive")?;
    let example = product::example("pgrefit-pool", "pool_bench")?;
    let server = Server::start(&product)?;
    let dir = workspace::target("bench").join("pool");
    workspace::create_dir(&dir)?;
    let url = server.fresh("bench_pool")?;
    let bench = Bench { args, product: &product, server: &server, url, drive, example, dir };
    bench.load()?;
    let measured = bench.measure()?;
    report(args, &measured)
}

struct Bench<'a> {
    args: &'a Args,
    product: &'a Product,
    server: &'a Server,
    url: String,
    drive: PathBuf,
    example: PathBuf,
    dir: PathBuf,
}

impl Bench<'_> {
    fn load(&self) -> Outcome<()> {
        let mut pgbench = self.server.program("pgbench");
        pgbench.args(["-i", "-q", "-s", &self.args.scale.to_string()]).arg(&self.url);
        shell::succeed(pgbench.stderr(std::process::Stdio::null()))?;
        shell::succeed(self.server.psql(&self.url).args([
            "-c",
            "VACUUM (FREEZE, ANALYZE)",
            "-c",
            "CHECKPOINT",
        ]))
    }

    fn measure(&self) -> Outcome<Measured> {
        let parts = if self.args.only_tuning { None } else { Some(self.parts()?) };
        let tuned = if self.args.no_tuning { Vec::new() } else { tuned::measure(self)? };
        Ok(Measured { parts, tuned })
    }

    fn parts(&self) -> Outcome<Parts> {
        let driver = driver::measure(self)?;
        let pool = self.pooled()?;
        let honest = honest::measure(self)?;
        Ok(Parts { driver, pool, honest })
    }

    /// Rows of `pgbench_accounts`.
    fn rows(&self) -> u32 {
        u32::from(self.args.scale) * 100_000
    }

    fn drive(&self, arguments: &[&str]) -> Command {
        let mut drive = Command::new(&self.drive);
        drive.args(["--rows", &self.rows().to_string()]).args(arguments).env("DATABASE_URL", &self.url);
        drive
    }

    /// The program compares both pools in rounds of its own, in one process.
    fn pooled(&self) -> Outcome<Value> {
        let mut pool = Command::new(&self.example);
        pool.args([self.args.seconds.to_string(), self.args.rounds.to_string()])
            .env("DATABASE_URL", &self.url);
        eprintln!("the pool against bare deadpool");
        answer(&mut pool)
    }
}

/// What a program prints, as JSON.
fn answer(command: &mut Command) -> Outcome<Value> {
    let line = shell::line(command);
    let output = command.output().map_err(|cause| Failure::because(format!("start {line}"), cause))?;
    if !output.status.success() {
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
        return Err(Failure::of_program(format!("run {line}"), output.status));
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|cause| Failure::because(format!("read what {line} prints"), cause))
}

fn report(args: &Args, measured: &Measured) -> Outcome<ExitCode> {
    let goals = goals::judge(measured);
    if let Some(parts) = &measured.parts {
        print(args, parts);
    }
    for measurement in &measured.tuned {
        println!("{}", measurement.row());
    }
    for goal in &goals {
        println!("{}", goal.line());
    }
    let parts = measured.parts.as_ref();
    let json = json!({
        "rounds": args.rounds, "seconds": args.seconds, "scale": args.scale,
        "driver": parts.map(|it| it.driver.iter().map(driver::Measurement::to_json).collect::<Vec<_>>()),
        "pool": parts.map(|it| &it.pool), "honest": parts.map(|it| it.honest.to_json()),
        "tuned": measured.tuned.iter().map(tuned::Measurement::to_json).collect::<Vec<_>>(),
        "goals": goals.iter().map(Goal::to_json).collect::<Vec<_>>(),
    });
    workspace::write(&workspace::target("bench").join("pool.json"), format!("{json:#}\n"))?;
    Ok(ExitCode::from(u8::from(goals.iter().any(Goal::is_missed))))
}

fn print(args: &Args, parts: &Parts) {
    println!(
        "point selects of {} rows, medians of {} rounds of {} s",
        u32::from(args.scale) * 100_000,
        args.rounds,
        args.seconds
    );
    println!("{:<28} {:>10} {:>14} {:>14}", "", "a second", "client µs each", "server µs each");
    for measurement in &parts.driver {
        println!("{}", measurement.row());
    }
    println!("pool: {}", parts.pool);
    println!("{}", parts.honest.row());
}
