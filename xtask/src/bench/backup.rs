//! `cargo xtask bench backup`: a verified backup against `pg_dump` and `pg_restore` alone, and digests against `COPY`.
//!
//! Both restore on a server that is set up alike. `pg_dump` is measured as people call it, with its own compression, which is
//! what the goal is about; and once more with the one that pgrefit chooses where nothing faster is built in.

mod goals;
mod parts;

use super::goal::Goal;
use super::server::Server;
use crate::failure::{Failure, Outcome};
use crate::product::Product;
use crate::{shell, workspace};
use parts::Parts;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

const DATABASE: &str = "bench_backup";

/// Take a backup, restore it and compare it, against PostgreSQL's own dump and restore alone
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Documents, each with a text of 5 kB and a vector of 3072 dimensions; 12 rows without vectors come with each
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1000..=10_000_000))]
    documents: u32,
}

/// What was measured.
struct Measured {
    database_bytes: f64,
    pgrefit_ms: f64,
    rss_bytes_max: f64,
    timings: Value,
    alone_ms: f64,
    alone_fast_ms: f64,
    copy_ms: f64,
    digest_ms: [f64; 2],
}

pub(crate) fn run(args: &Args) -> Outcome<ExitCode> {
    let product = Product::build_release()?;
    let server = Server::start(&product)?;
    let parts = Parts::build(&server)?;
    let url = server.fresh(DATABASE)?;
    shell::succeed(
        server.psql(&url).args(["-v", &format!("documents={}", args.documents), "-f"]).arg(schema()),
    )?;
    let measured = measure(&server, &parts, &url)?;
    let goals = goals::judge(&measured);
    report(&measured, &goals)?;
    Ok(ExitCode::from(u8::from(goals.iter().any(Goal::is_missed))))
}

fn schema() -> PathBuf {
    workspace::root().join("xtask/src/bench/backup/database.sql")
}

/// COPY comes first, so that everybody finds the pages in memory.
fn measure(server: &Server, parts: &Parts<'_>, url: &str) -> Outcome<Measured> {
    let size = server.psql(url).args(["-At", "-c", "SELECT pg_database_size(current_database())"]).output();
    let size = size.map_err(|cause| Failure::because("measure the database", cause))?;
    let database_bytes = String::from_utf8_lossy(&size.stdout).trim().parse().unwrap_or_default();
    let mut copy = [0.0; 2];
    for ms in &mut copy {
        let begun = Instant::now();
        let both = "COPY documents TO '/dev/null'; COPY events TO '/dev/null'";
        shell::succeed(server.psql(url).args(["-c", both]))?;
        *ms = begun.elapsed().as_secs_f64() * 1e3;
    }
    let digest_ms = [parts.digest(url, 1)?, parts.digest(url, 2)?];
    let alone_ms = parts.alone(url, &[])?;
    let (pgrefit_ms, timings) = parts.verified(url)?;
    let rss_bytes_max = timings["rss_bytes_max"].as_f64().unwrap_or(f64::MAX);
    let alone_fast_ms = parts.alone(url, &["--compress=1"])?;
    Ok(Measured {
        database_bytes,
        pgrefit_ms,
        rss_bytes_max,
        timings,
        alone_ms,
        alone_fast_ms,
        copy_ms: copy[1],
        digest_ms,
    })
}

fn report(measured: &Measured, goals: &[Goal]) -> Outcome<()> {
    let Measured {
        database_bytes,
        pgrefit_ms,
        rss_bytes_max,
        timings,
        alone_ms,
        alone_fast_ms,
        copy_ms,
        digest_ms,
    } = measured;
    let seconds = |ms: &f64| ms / 1e3;
    println!("database of {:.1} GB, one round", database_bytes / 1e9);
    println!("pgrefit, dump + restore + compare   {:>8.1} s", seconds(pgrefit_ms));
    println!("pg_dump -j2 + pg_restore -j2        {:>8.1} s", seconds(alone_ms));
    println!("… with --compress=1                 {:>8.1} s", seconds(alone_fast_ms));
    println!("COPY of both tables to /dev/null    {:>8.1} s", seconds(copy_ms));
    println!(
        "digest with 1 and with 2 sessions   {:>8.1} s {:.1} s",
        seconds(&digest_ms[0]),
        seconds(&digest_ms[1])
    );
    println!("{timings}");
    for goal in goals {
        println!("{}", goal.line());
    }
    let json = json!({
        "database_bytes": database_bytes, "pgrefit_ms": pgrefit_ms, "rss_bytes_max": rss_bytes_max,
        "timings": timings, "alone_ms": alone_ms, "alone_fast_ms": alone_fast_ms, "copy_ms": copy_ms,
        "digest_ms": digest_ms, "goals": goals.iter().map(Goal::to_json).collect::<Vec<_>>(),
    });
    workspace::write(&workspace::target("bench").join("backup.json"), format!("{json:#}\n"))
}
