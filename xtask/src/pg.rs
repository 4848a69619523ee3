//! `cargo xtask pg`: the throwaway Doc Server database, as found in production and with real documents in it.

use crate::corpus;
use crate::failure::{Failure, Outcome};
use crate::product::Product;
use crate::shell;
use clap::Subcommand;
use std::process::{Command, ExitCode, Stdio};

/// The name of the scratch server that holds the Doc Server database.
const SERVER: &str = "docserver";

/// Start, stop or find the throwaway Doc Server database
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Start it, as found in production, with the corpus loaded; does nothing when it runs
    Start,
    /// Stop it and forget its data
    Stop,
    /// Print its connection URL: psql "$(cargo xtask pg url)"
    Url,
}

pub(crate) fn run(args: &Args) -> Outcome<ExitCode> {
    let product = Product::build()?;
    match args.action {
        Action::Start => ensure(&product).map(|_| ExitCode::SUCCESS),
        Action::Stop => shell::replace(&mut scratch(&product, "stop")),
        Action::Url => shell::replace(&mut scratch(&product, "url")),
    }
}

/// The URL of the Doc Server database; starts and fills it when it does not run yet.
pub(crate) fn ensure(product: &Product) -> Outcome<String> {
    if let Some(url) = shell::first_line(&mut scratch(product, "url")) {
        return Ok(url);
    }
    let documents = corpus::ensure()?;
    let mut start = scratch(product, "start");
    start.arg("--load").arg("docs/docserver/legacy.sql");
    start.arg("--load").arg(documents);
    // It prints the URL with its password, which nobody asked for here.
    start.stdout(Stdio::null());
    shell::succeed(&mut start)?;
    shell::first_line(&mut scratch(product, "url"))
        .ok_or_else(|| Failure::new("find the server that was just started"))
}

/// Stops the server, if it runs.
pub(crate) fn forget(product: &Product) -> Outcome<()> {
    match shell::first_line(&mut scratch(product, "url")) {
        Some(_) => shell::succeed(scratch(product, "stop").stdout(Stdio::from(std::io::stderr()))),
        None => Ok(()),
    }
}

fn scratch(product: &Product, action: &str) -> Command {
    let mut command = product.command_in_root();
    command.args(["scratch", action, SERVER]);
    command
}
