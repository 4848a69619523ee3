//! `cargo xtask bench backfill`: every row of a table changed, in one statement by psql and in batches by pgrefit.
//!
//! psql is the floor: one statement that keeps everybody from the rows until it ends. Then pgrefit does the same
//! once more, killed on the way, and must have done every row once.

mod effort;
mod goals;
mod killed;
mod scenario;

use super::goal::Goal;
use super::server::Server;
use super::timing::{Contender, measure};
use crate::failure::Outcome;
use crate::product::Product;
use crate::workspace;
use effort::Effort;
use killed::Killed;
use scenario::Scenario;
use serde_json::json;
use std::process::ExitCode;

/// Change every row of a table: in one statement by psql, in batches by pgrefit, and killed on the way
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Rows of the table
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    rows: u64,
    /// Rounds of each contender
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: u16,
    /// Milliseconds that a batch may take
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    target: u32,
}

/// What was measured.
struct Measured {
    /// Medians, in ms.
    psql_ms: f64,
    pgrefit_ms: f64,
    /// What pgrefit's batches came to, by round.
    efforts: Vec<Effort>,
    /// Rows that a run which nobody disturbed has not done once.
    wrong: u64,
    killed: Killed,
}

pub(crate) fn run(args: &Args) -> Outcome<ExitCode> {
    let product = Product::build_release()?;
    let server = Server::start(&product)?;
    let scenario = Scenario::prepare(args, &product, &server)?;
    let mut contenders = scenario.contenders();
    measure(&mut contenders, usize::from(args.rounds))?;
    let [psql_ms, pgrefit_ms] = [0, 1].map(|at: usize| contenders[at].times.median_ms());
    let measured = Measured {
        psql_ms,
        pgrefit_ms,
        efforts: scenario.efforts()?,
        wrong: scenario.wrong()?,
        killed: killed::run(&scenario, pgrefit_ms)?,
    };
    report(args, &contenders, &measured)
}

fn report(args: &Args, contenders: &[Contender<'_>], measured: &Measured) -> Outcome<ExitCode> {
    let goals = goals::judge(measured, args.target);
    println!("{} rows, {} rounds, whole process, ms", args.rows, args.rounds);
    println!("{:<9} {:>9} {:>9} {:>9}", "", "median", "min", "max");
    for contender in contenders {
        let (min, max) = contender.times.range_ms();
        println!("{:<9} {:>9.0} {min:>9.0} {max:>9.0}", contender.name, contender.times.median_ms());
    }
    for (round, effort) in (1..).zip(&measured.efforts) {
        let Effort { batches, rows, p99_ms } = effort;
        println!("round {round}: {batches} batches, {rows} rows, 99 of 100 batches within {p99_ms} ms");
    }
    for goal in &goals {
        println!("{}", goal.line());
    }
    let times = contenders.iter().map(|c| (c.name.to_owned(), c.times.to_json()));
    let json = json!({
        "rows": args.rows,
        "rounds": args.rounds,
        "target_ms": args.target,
        "times": times.collect::<serde_json::Map<_, _>>(),
        "batches": measured.efforts.iter().copied().map(Effort::to_json).collect::<Vec<_>>(),
        "killed_after_ms": measured.killed.after_ms,
        "goals": goals.iter().map(Goal::to_json).collect::<Vec<_>>(),
    });
    workspace::write(&workspace::target("bench").join("backfill.json"), format!("{json:#}\n"))?;
    Ok(ExitCode::from(u8::from(goals.iter().any(Goal::is_missed))))
}
