//! `cargo xtask pg`: the throwaway Doc Server database, as found in production and with real documents in it.

use crate::corpus;
use crate::failure::{Failure, Outcome};
use crate::product::Product;
use crate::{shell, workspace};
use clap::Subcommand;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

/// A throwaway Doc Server database.
#[derive(Clone, Copy)]
pub(crate) enum Which {
    /// As found in most installations, with the corpus.
    Usual,
    /// As found in newer ones, with so many documents: the corpus again and again, under other paths and dates.
    Large(u32),
}

impl Which {
    /// The name of the scratch server that holds it.
    fn server(self) -> &'static str {
        match self {
            Self::Usual => "docserver",
            Self::Large(_) => "docserver-large",
        }
    }
}

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
        Action::Start => ensure(&product, Which::Usual).map(|_| ExitCode::SUCCESS),
        Action::Stop => shell::replace(&mut scratch(&product, "stop", Which::Usual)),
        Action::Url => shell::replace(&mut scratch(&product, "url", Which::Usual)),
    }
}

/// The URL of a Doc Server database; starts and fills it when it does not run yet.
pub(crate) fn ensure(product: &Product, which: Which) -> Outcome<String> {
    if let Some(url) = shell::first_line(&mut scratch(product, "url", which)) {
        return Ok(url);
    }
    let documents = corpus::ensure()?;
    let mut start = scratch(product, "start", which);
    start.arg("--load").arg("docs/docserver/legacy.sql");
    start.arg("--load").arg(documents);
    if let Which::Large(count) = which {
        start.arg("--load").arg("docs/docserver/text_doc_type.sql");
        start.arg("--load").arg(replicas(count)?);
    }
    // It prints the URL with its password, which nobody asked for here.
    start.stdout(Stdio::null());
    shell::succeed(&mut start)?;
    shell::first_line(&mut scratch(product, "url", which))
        .ok_or_else(|| Failure::new("find the server that was just started"))
}

/// A script that makes copies of the documents until there are so many.
fn replicas(count: u32) -> Outcome<PathBuf> {
    let sql = format!(
        "INSERT INTO documents (doc_type, source_name, doc_path, content, metadata, embedding, token_count, created_at)\n\
         SELECT doc_type, source_name, doc_path || '#' || copy, content, metadata, embedding, token_count,\n       \
         created_at - copy * interval '1 day'\nFROM generate_series(1, {count}) AS copy, documents\nLIMIT greatest(0, {count} - \
         (SELECT count(*) FROM documents));\nVACUUM ANALYZE documents;\n"
    );
    let path = workspace::target("corpus").join("replicas.sql");
    workspace::write(&path, sql)?;
    Ok(path)
}

/// Stops the server, if it runs.
pub(crate) fn forget(product: &Product, which: Which) -> Outcome<()> {
    match shell::first_line(&mut scratch(product, "url", which)) {
        Some(_) => shell::succeed(scratch(product, "stop", which).stdout(Stdio::from(std::io::stderr()))),
        None => Ok(()),
    }
}

fn scratch(product: &Product, action: &str, which: Which) -> Command {
    let mut command = product.command_in_root();
    command.args(["scratch", action, which.server()]);
    command
}
