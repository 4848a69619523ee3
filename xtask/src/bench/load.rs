//! `cargo xtask bench migrate-under-load`: what an application notices while migrations run.
//!
//! The same six changes of a large table, made in several ways while pgbench works on it and a long reader holds
//! its lock. Every run has a fresh copy of one prepared database; the ways take turns.

mod files;
mod goals;
mod hand;
mod modes;
mod report;
mod scenario;
mod summary;

use super::goal::Goal;
use super::server::Server;
use crate::failure::Outcome;
use crate::product::Product;
use files::Files;
use modes::{Migrator, Mode};
use scenario::Scenario;
use std::process::ExitCode;

/// Change a large table while an application works on it, in several ways
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only add one column, which is a change of the catalog alone
    #[arg(long)]
    single: bool,
    /// The ways; by hand is left out of --single unless named
    #[arg(long, value_enum, value_delimiter = ',')]
    modes: Vec<Mode>,
    /// Rounds of each way
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: u16,
    /// Documents in the table
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    rows: u64,
    /// Transactions of the application per second
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rate: u32,
    /// Seconds that the reader keeps its transaction open
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(0..=3600))]
    reader: u64,
    /// Seconds after which a migration is stopped
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    limit: u64,
}

pub(crate) fn run(args: &Args) -> Outcome<ExitCode> {
    let product = Product::build_release()?;
    let files = Files::write(args.single)?;
    let server = Server::start(&product)?;
    let migrator = Migrator { product: &product, server: &server, files: &files, single: args.single };
    let scenario = Scenario { args, server: &server, files: &files, migrator };
    scenario.prepare()?;
    let summaries = scenario.rounds(modes(args))?;
    let goals = goals::judge(&summaries, args.single);
    report::print(args, &summaries, &goals);
    report::write(args, &summaries, &goals)?;
    let missed = goals.iter().any(Goal::is_missed);
    Ok(ExitCode::from(u8::from(missed)))
}

fn modes(args: &Args) -> &[Mode] {
    match &args.modes[..] {
        [] if args.single => &[Mode::None, Mode::Pgrefit, Mode::Refinery, Mode::Sqlx],
        [] => &[Mode::None, Mode::Hand, Mode::Pgrefit, Mode::Refinery, Mode::Sqlx],
        named => named,
    }
}
