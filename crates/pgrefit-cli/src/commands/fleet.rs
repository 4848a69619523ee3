//! `pgrefit fleet`: what `plan`, `migrate`, `status` and `audit` do to one database, done to a list of them.

mod audit;
mod child;
mod chosen;
mod done;
mod entry;
mod journal;
mod look;
mod members;
mod migrate;
mod pace;
mod plan;
mod shared;
mod status;
mod summary;
mod verdict;
mod view;

use clap::{Args, Subcommand};

use crate::{Context, Failed, Output};

const AFTER_HELP: &str = "\
The list is a TOML file; docs/fleet.md describes it. With --entry N, or in a pod of an Indexed Job, a command is about that
entry of the list only, and is what it is without `fleet`: same output, same exit code.

The exit code is 0 if it is so for every database. Else it is that which most needs a person, in this order: 14, 15, 70, 16,
12, 13, 18, 11, 17, 2, 3, 1. It is 75 only if every failure may pass by itself, or if the run was interrupted.

Examples:
  pgrefit fleet status --list shards.toml
  pgrefit fleet plan --list shards.toml                  who needs what
  pgrefit fleet migrate --list shards.toml               a canary, then 5 %, 25 %, the rest
  pgrefit fleet migrate --list shards.toml --resume      go on where a run ended
  pgrefit fleet audit --list shards.toml --label region=eu";

/// Plan, migrate, look at and audit many databases: shards, tenants.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct FleetCommand {
    #[command(subcommand)]
    what: What,
}

/// What is done to the databases.
#[derive(Debug, Subcommand)]
enum What {
    /// Show which databases need which migrations.
    Plan(plan::FleetPlan),
    /// Apply the pending migrations: canaries first, then wave by wave.
    Migrate(migrate::FleetMigrate),
    /// Show where each database stands.
    Status(status::FleetStatus),
    /// Judge every database, reading only; what all have in common is said once.
    Audit(audit::FleetAudit),
}

impl FleetCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<Output, Failed> {
        match self.what {
            What::Plan(plan) => plan.run(context).await,
            What::Migrate(migrate) => Box::pin(migrate.run(context)).await,
            What::Status(status) => status.run(context).await,
            What::Audit(audit) => Box::pin(audit.run(context)).await,
        }
    }
}
