//! Developer tasks: `cargo xtask <task>`. They run cargo and the product binary, and link none of the
//! workspace's crates, so that they compile in seconds and work while the product does not.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool: results go to stdout, talk to stderr"
)]

mod audit;
mod bench;
mod bounded;
mod browser;
mod changelog;
mod ci;
mod corpus;
mod debian;
mod deploy;
mod dist;
mod docs;
mod failure;
mod forward;
mod fuzz;
mod image;
mod k8s;
mod links;
mod migrate;
mod monitoring;
mod pg;
mod postgres;
mod pr_text;
mod product;
mod prometheus;
mod sbom;
mod shell;
mod test;
mod tidy;
mod tools;
mod trend;
#[cfg(test)]
mod workflows;
mod workspace;

use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;

/// Developer tasks of this workspace
///
/// A command that is not listed here goes to the product: `cargo xtask status` builds pgrefit and runs
/// `pgrefit status`.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    Migrate(migrate::Args),
    Audit(audit::Args),
    Pg(pg::Args),
    Corpus(corpus::Args),
    Fuzz(fuzz::Args),
    Test(test::Args),
    Tidy(tidy::Args),
    Tools(tools::Args),
    Deploy(deploy::Args),
    Dist(dist::Args),
    Sbom(sbom::Args),
    Docs(docs::Args),
    Image(image::Args),
    Monitoring(monitoring::Args),
    Ci(ci::Args),
    PrText(pr_text::Args),
    Trend(trend::Args),
    Changelog(changelog::Args),
    Bench(bench::Args),
    K8s(k8s::Args),
    /// Any other command: handed to the product binary as it stands
    #[command(external_subcommand)]
    Product(Vec<OsString>),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().task {
        Task::Migrate(args) => migrate::run(&args),
        Task::Audit(args) => audit::run(&args),
        Task::Pg(args) => pg::run(&args),
        Task::Corpus(args) => corpus::run(&args),
        Task::Fuzz(args) => fuzz::run(&args),
        Task::Test(args) => test::run(&args),
        Task::Tidy(args) => tidy::run(&args),
        Task::Tools(args) => tools::run(&args),
        Task::Deploy(args) => deploy::run(&args),
        Task::Dist(args) => dist::run(&args),
        Task::Sbom(args) => sbom::run(&args),
        Task::Docs(args) => docs::run(&args),
        Task::Image(args) => image::run(&args),
        Task::Monitoring(args) => monitoring::run(&args),
        Task::Ci(args) => ci::run(&args),
        Task::PrText(args) => pr_text::run(&args),
        Task::Trend(args) => trend::run(&args),
        Task::Changelog(args) => changelog::run(&args),
        Task::Bench(args) => bench::run(&args),
        Task::K8s(args) => k8s::run(&args),
        Task::Product(args) => forward::run(&args),
    };
    outcome.unwrap_or_else(|failure| {
        eprintln!("error: {}", failure.chain());
        failure.exit_code()
    })
}
