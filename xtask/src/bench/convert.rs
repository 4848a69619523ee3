//! `cargo xtask bench convert`: a large live table becomes a partitioned one while an application reads and writes it.
//!
//! Twice, each time on a fresh copy of one prepared database: once undisturbed, and once with the runner killed at random
//! moments and started again. Whether a row or an update is lost is told by what the application was answered.

mod after;
mod goals;
mod scenario;

use super::goal::Goal;
use super::server::Server;
use super::traffic::Figures;
use crate::failure::Outcome;
use crate::product::Product;
use crate::workspace;
use after::After;
use scenario::Scenario;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Convert a large table to a partitioned one while an application works on it
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Documents in the table
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1000..=100_000_000))]
    rows: u64,
    /// Transactions of the application per second
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rate: u32,
    /// How often the runner is killed
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(0..=100))]
    kills: u16,
    /// Leave the old table as the first partition: no row moves
    #[arg(long)]
    adopt_only: bool,
}

/// One conversion.
struct Run {
    name: &'static str,
    seconds: f64,
    /// How long each runner lived that was killed.
    killed_after_ms: Vec<u64>,
    figures: Figures,
    after: After,
}

impl Run {
    fn to_json(&self) -> Value {
        let mut value = self.figures.to_json();
        value["name"] = self.name.into();
        value["seconds"] = self.seconds.into();
        value["killed_after_ms"] = self.killed_after_ms.clone().into();
        value["after"] = self.after.to_json();
        value
    }
}

pub(crate) fn run(args: &Args) -> Outcome<ExitCode> {
    let product = Product::build_release()?;
    let server = Server::start(&product)?;
    let scenario = Scenario::prepare(args, &product, &server)?;
    let undisturbed = scenario.run("undisturbed", None)?;
    let mut runs = vec![undisturbed];
    if args.kills > 0 {
        runs.push(scenario.run("killed", Some(runs[0].seconds))?);
    }
    report(args, &runs)
}

fn report(args: &Args, runs: &[Run]) -> Outcome<ExitCode> {
    let goals: Vec<Goal> = runs.iter().flat_map(goals::judge).collect();
    println!("{} documents, {} tx/s; latencies in ms", args.rows, args.rate);
    println!(
        "{:<12} {:>8} {:>6} {:>8} {:>7} {:>7} {:>10} {:>7} {:>11}",
        "", "time s", "kills", "max", "p99", ">100", "not served", "failed", "partitions"
    );
    for run in runs {
        let figures = &run.figures;
        println!(
            "{:<12} {:>8.1} {:>6} {:>8.0} {:>7.0} {:>7} {:>10} {:>7} {:>11}",
            run.name,
            run.seconds,
            run.killed_after_ms.len(),
            figures.max_ms,
            figures.p99_ms,
            figures.slow,
            figures.not_served,
            figures.failed,
            run.after.partitions
        );
    }
    for goal in &goals {
        println!("{}", goal.line());
    }
    let json = json!({
        "rows": args.rows,
        "rate": args.rate,
        "adopt_only": args.adopt_only,
        "runs": runs.iter().map(Run::to_json).collect::<Vec<_>>(),
        "goals": goals.iter().map(Goal::to_json).collect::<Vec<_>>(),
    });
    workspace::write(&workspace::target("bench").join("convert.json"), format!("{json:#}\n"))?;
    Ok(ExitCode::from(u8::from(goals.iter().any(Goal::is_missed))))
}
