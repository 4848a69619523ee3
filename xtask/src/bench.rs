//! `cargo xtask bench`: whole-process benchmarks of the release binary against the tools that people would
//! use instead.

mod archive;
mod audit;
mod backfill;
mod backup;
mod chance;
mod convert;
mod goal;
mod lint;
mod load;
mod migrate;
mod pool;
mod process;
mod queries;
mod server;
mod timing;
mod traffic;
mod usage;
mod verdicts;
mod workload;

use crate::failure::Outcome;
use clap::Subcommand;
use std::process::ExitCode;

/// Measure the release binary against other tools
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Subcommand)]
enum Bench {
    Archive(archive::Args),
    Audit(audit::Args),
    Backfill(backfill::Args),
    Backup(backup::Args),
    Convert(convert::Args),
    Lint(lint::Args),
    Migrate(migrate::Args),
    MigrateUnderLoad(load::Args),
    Pool(pool::Args),
    Queries(queries::Args),
    Verdicts(verdicts::Args),
    Workload(workload::Args),
    #[command(hide = true)]
    Usage(usage::Args),
}

pub(crate) fn run(args: &Args) -> Outcome<ExitCode> {
    match &args.bench {
        Bench::Archive(args) => archive::run(args),
        Bench::Audit(args) => audit::run(args),
        Bench::Backfill(args) => backfill::run(args),
        Bench::Backup(args) => backup::run(args),
        Bench::Convert(args) => convert::run(args),
        Bench::Lint(args) => lint::run(args),
        Bench::Migrate(args) => migrate::run(args),
        Bench::MigrateUnderLoad(args) => load::run(args),
        Bench::Pool(args) => pool::run(args),
        Bench::Queries(args) => queries::run(args),
        Bench::Verdicts(args) => verdicts::run(args),
        Bench::Workload(args) => workload::run(args),
        Bench::Usage(args) => usage::run(args),
    }
}
