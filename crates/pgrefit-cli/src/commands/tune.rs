//! `pgrefit tune`: what the pool, the indexes and the settings of a server should be, from measurements.

mod files;
mod indexes;
mod measured;
mod pool;
mod server;

use clap::{Args, Subcommand};

use crate::{Context, Failed, Output};

const AFTER_HELP: &str = "\
Each proposes and shows what it rests on; nothing on the live server is changed without `--apply`.

Examples:
  pgrefit tune server --memory 8GiB --cpus 4          settings that this server accepts, with the memory they need
  pgrefit tune pool workload.toml --replicas 6        the pool size, by a sweep over sizes
  pgrefit tune indexes                                indexes that pay, built and measured on a copy";

/// Propose pool size, indexes and server settings from measurements.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Tune {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Propose server settings, within what this server accepts and its memory allows.
    Server(server::Server),
    /// Find the pool size by measuring sizes.
    Pool(pool::Pool),
    /// Find indexes that pay, on a copy of the database.
    Indexes(indexes::Indexes),
}

impl Tune {
    pub(crate) async fn run(self, context: &Context) -> Result<Output, Failed> {
        match self.action {
            Action::Server(server) => Box::pin(server.run(context)).await,
            Action::Pool(pool) => Box::pin(pool.run(context)).await,
            Action::Indexes(indexes) => Box::pin(indexes.run(context)).await,
        }
    }
}
