//! The commands, one file each.

mod archive;
pub(crate) mod audit;
mod backup;
mod baseline;
mod bench;
mod completions;
mod config;
mod docs;
mod lint;
mod man;
mod migrate;
mod new;
mod partition;
mod plan;
mod proof;
mod repair;
mod scratch;
mod serve;
mod snapshot;
mod status;
mod tune;

use clap::Subcommand;

use crate::{Context, Failed, Output};

/// A command with its own arguments.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Apply the pending migrations: plan, apply, verify.
    Migrate(migrate::Migrate),
    /// Show what `migrate` would do.
    Plan(plan::Plan),
    /// Judge migration files: what each statement would do to a live database, and what to write instead.
    Lint(lint::Lint),
    /// Judge a live database, reading only: history, constraints, indexes, vacuum, security, settings.
    Audit(audit::Audit),
    /// Measure the application's queries under load, and compare two databases, settings or results.
    Bench(bench::BenchCommand),
    /// Show every migration and whether it is applied.
    Status(status::Status),
    /// Adopt an existing database, after proof that it equals the first migration.
    Baseline(baseline::Baseline),
    /// Record files anew that were edited after they were applied.
    Repair(repair::Repair),
    /// Take, verify, list, restore and remove backups.
    Backup(backup::BackupCommand),
    /// Show, judge and sign proofs of backups and rehearsals.
    Proof(proof::ProofCommand),
    /// Convert live tables to partitioned ones, make partitions ahead, retire old ones.
    Partition(partition::PartitionCommand),
    /// Take partitions out of the database as files that are proven to be restorable, and bring them back.
    Archive(archive::ArchiveCommand),
    /// Propose pool size, indexes and server settings from measurements.
    Tune(tune::Tune),
    /// Create the next migration file.
    New(new::New),
    /// Write the schema, with the size and use of each table, as JSON.
    Snapshot(snapshot::Snapshot),
    /// Watch databases: metrics for Prometheus, and a status page.
    Serve(serve::Serve),
    /// Start, list and stop throwaway PostgreSQL servers.
    Scratch(scratch::Scratch),
    /// Show the configuration and where each value comes from.
    Config(config::ConfigCommand),
    /// Print a completion script for a shell.
    Completions(completions::Completions),
    /// Write man pages.
    Man(man::Man),
    /// Write the reference pages.
    #[command(hide = true)]
    Docs(docs::Docs),
}

impl Command {
    /// The command as typed; it names the sessions and the report.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Migrate(_) => "migrate",
            Self::Plan(_) => "plan",
            Self::Lint(_) => "lint",
            Self::Audit(_) => "audit",
            Self::Bench(_) => "bench",
            Self::Status(_) => "status",
            Self::Baseline(_) => "baseline",
            Self::Repair(_) => "repair",
            Self::Backup(_) => "backup",
            Self::Proof(_) => "proof",
            Self::Partition(_) => "partition",
            Self::Archive(_) => "archive",
            Self::Tune(_) => "tune",
            Self::New(_) => "new",
            Self::Snapshot(_) => "snapshot",
            Self::Serve(_) => "serve",
            Self::Scratch(_) => "scratch",
            Self::Config(_) => "config",
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
            Self::Docs(_) => "docs",
        }
    }

    /// Runs the command.
    pub(crate) async fn run(self, context: &Context) -> Result<Output, Failed> {
        match self {
            Self::Migrate(command) => Box::pin(command.run(context)).await,
            Self::Plan(command) => command.run(context).await,
            Self::Lint(command) => command.run(context),
            Self::Audit(command) => Box::pin(command.run(context)).await,
            Self::Bench(command) => Box::pin(command.run(context)).await,
            Self::Status(command) => command.run(context).await,
            Self::Baseline(command) => Box::pin(command.run(context)).await,
            Self::Repair(command) => command.run(context).await,
            Self::Backup(command) => Box::pin(command.run(context)).await,
            Self::Proof(command) => command.run(context).await,
            Self::Partition(command) => Box::pin(command.run(context)).await,
            Self::Archive(command) => Box::pin(command.run(context)).await,
            Self::Tune(command) => Box::pin(command.run(context)).await,
            Self::New(command) => command.run(context),
            Self::Snapshot(command) => command.run(context).await,
            Self::Serve(command) => Box::pin(command.run(context)).await,
            Self::Scratch(command) => command.run(context).await,
            Self::Config(command) => command.run(context),
            Self::Completions(command) => Ok(command.run()),
            Self::Man(command) => command.run(),
            Self::Docs(command) => command.run(),
        }
    }
}
