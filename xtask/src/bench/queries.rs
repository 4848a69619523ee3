//! `cargo xtask bench queries`: every query path of the Doc Server, on its schema as found and on the migrated one.
//!
//! What counts is the processor time of the backend, which is the same when somebody else is at work on the machine. It is
//! read from `/proc/<pid>/schedstat`, so that this benchmark runs on Linux only; parallel workers are switched off, because
//! it does not count them.

mod data;
mod goals;
mod paths;
mod recall;
mod report;
mod session;
mod writes;

use super::goal::Goal;
use super::server::Server;
use crate::failure::Outcome;
use crate::product::Product;
use crate::shell;
pub(super) use data::{Amount, Data};
use paths::{PATHS, Path};
use session::{Sample, Session};
use std::process::ExitCode;
use std::time::Instant;

/// Measure every query path before and after the migrations
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    amount: Amount,
    /// Seconds after which a query is stopped, and counts as taking them
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..=3600))]
    limit: u32,
    /// Shared buffers of the server
    #[arg(long, default_value = "3GB")]
    shared_buffers: String,
}

/// One path on one schema.
struct Row {
    path: &'static Path,
    /// `before`, `after` with the same query, `changed` with another one.
    phase: &'static str,
    samples: Vec<Sample>,
    buffers: u64,
}

/// Everything that was measured.
struct Measured {
    rows: Vec<Row>,
    writes: Vec<writes::Cost>,
    sizes: Vec<data::Size>,
    migrate_s: f64,
    recall: Vec<recall::Recall>,
}

pub(crate) fn run(args: &Args) -> Outcome<ExitCode> {
    let product = Product::build_release()?;
    let server = Server::start(&product)?;
    server.restart_with(&product, &[("shared_buffers", &args.shared_buffers), ("max_wal_size", "8GB")])?;
    let data = Data::load(&server, &product, args.amount)?;
    let session = Session::new(&server, &data.url, args.limit)?;
    let mut writes = writes::measure(&server, &data.url, "before")?;
    let mut sizes = data.sizes("before")?;
    let mut rows = measure(&session, "before", |path| path.before)?;
    let begun = Instant::now();
    eprintln!("migrating");
    shell::succeed(data.migrate(&[]).env("PGREFIT_MIGRATIONS_STATEMENT_TIMEOUT", "2h"))?;
    let migrate_s = begun.elapsed().as_secs_f64();
    data.settle()?;
    sizes.extend(data.sizes("after")?);
    rows.extend(measure(&session, "after", Path::unchanged)?);
    rows.extend(measure(&session, "changed", |path| path.changed)?);
    let recall = recall::measure(&server, &data.url)?;
    writes.extend(writes::after(&server, &data.url)?);
    let measured = Measured { rows, writes, sizes, migrate_s, recall };
    let goals = goals::judge(&measured);
    report::write(args, &measured, &goals)?;
    Ok(ExitCode::from(u8::from(goals.iter().any(Goal::is_missed))))
}

/// Every path that has a query on this schema.
fn measure(
    session: &Session<'_>,
    phase: &'static str,
    sql: impl Fn(&'static Path) -> Option<&'static str>,
) -> Outcome<Vec<Row>> {
    let paths = PATHS.iter().filter_map(|path| Some((path, sql(path)?)));
    paths
        .map(|(path, sql)| {
            let repetitions =
                if phase == "before" || phase == "after" { path.repetitions } else { paths::REPETITIONS };
            let (samples, buffers) = session.measure(path, sql, repetitions)?;
            let row = Row { path, phase, samples, buffers };
            eprintln!("{}", report::line(&row));
            Ok(row)
        })
        .collect()
}
