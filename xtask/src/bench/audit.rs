//! `cargo xtask bench audit`: a database with ten thousand tables, looked at by pgrefit, by the flat reads that are the
//! floor of any audit, and by the checks of other tools.

mod catalog;
mod goals;
mod peers;
mod rounds;

use super::goal::Goal;
use super::server::Server;
use crate::failure::Outcome;
use crate::product::Product;
use crate::workspace;
use catalog::Catalog;
use goals::Measured;
use peers::Peers;
use rounds::Rounds;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

/// Audit a database with many tables, and run the checks of other tools on it (if there are any)
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Tables; each has three indexes
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    tables: u32,
    /// The major version of PostgreSQL
    #[arg(long, default_value_t = 18, value_parser = clap::value_parser!(u16).range(15..))]
    major: u16,
    /// Rounds of the audit and of its floor
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: u16,
    /// Folder with the checks of other tools as files of SQL, a folder in it for each tool
    #[arg(long, value_name = "DIR", env = "PGREFIT_BENCH_AUDIT_SQL")]
    peers: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Outcome<ExitCode> {
    let product = Product::build_release()?;
    let server = Server::start_version(&product, Some(args.major))?;
    let dir = workspace::target("bench").join("audit");
    workspace::create_dir(&dir)?;
    let catalog = Catalog::make(args.tables, &server, &dir)?;
    let rounds = Rounds::run(&product, &server, &catalog.url, &dir, usize::from(args.rounds))?;
    let peers = args.peers.as_ref().map(|folder| Peers::run(folder, &server, &catalog.url)).transpose()?;
    let goals = goals::judge(&Measured {
        audit_ms: rounds.audit.median_ms(),
        judge_ms: rounds.judge_ms(),
        rss_bytes_max: rounds.rss_bytes_max(),
        peers_ms: peers.as_ref().map(Peers::total_ms),
    });
    print(args, &catalog, &rounds, peers.as_ref(), &goals);
    let json = json!({
        "major": args.major,
        "tables": catalog.tables,
        "indexes": catalog.indexes,
        "columns": catalog.columns,
        "rounds": rounds.to_json(),
        "peers": peers.as_ref().map(Peers::to_json),
        "goals": goals.iter().map(Goal::to_json).collect::<Vec<_>>(),
    });
    workspace::write(&workspace::target("bench").join("audit.json"), format!("{json:#}\n"))?;
    Ok(ExitCode::from(u8::from(goals.iter().any(Goal::is_missed))))
}

fn print(args: &Args, catalog: &Catalog, rounds: &Rounds, peers: Option<&Peers>, goals: &[Goal]) {
    let Catalog { tables, indexes, columns, .. } = catalog;
    println!(
        "PostgreSQL {}, {tables} tables, {indexes} indexes, {columns} columns, {} rounds, whole process, ms",
        args.major, args.rounds
    );
    println!("{:<20} {:>9} {:>9} {:>9}", "", "median", "min", "max");
    for (name, times) in [("pgrefit audit", &rounds.audit), ("flat reads, psql", &rounds.floor)] {
        let (min, max) = times.range_ms();
        println!("{name:<20} {:>9.0} {min:>9.0} {max:>9.0}", times.median_ms());
    }
    let said = |ms: Option<f64>| ms.map_or_else(|| "?".to_owned(), |ms| format!("{ms:.0} ms"));
    println!(
        "of pgrefit: snapshot {}, judging {}, processor {:.0} ms",
        said(rounds.snapshot_ms()),
        said(rounds.judge_ms()),
        rounds.processor_ms()
    );
    match peers {
        None => println!("no checks of other tools (--peers): they were not compared"),
        Some(peers) => println!("{}all together: {:.0} ms", peers.lines(), peers.total_ms()),
    }
    for goal in goals {
        println!("{}", goal.line());
    }
}
