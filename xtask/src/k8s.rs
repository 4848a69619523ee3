//! `cargo xtask k8s`: the manifests below k8s/, rendered as they are applied, and judged.
//!
//! The judging is done by `pgrefit-kube`, which cargo builds: it is large, and xtask must build in seconds.

mod kustomize;
mod lint;
mod program;
mod render;
mod schemas;

use crate::failure::Outcome;
use clap::Subcommand;
use std::process::ExitCode;

/// Render the Kubernetes manifests, or check them
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    Render(render::Args),
    Lint(lint::Args),
}

pub(crate) fn run(args: &Args) -> Outcome<ExitCode> {
    let outcome = match &args.action {
        Action::Render(args) => render::run(args),
        Action::Lint(args) => check(args.schemas).map(|()| ExitCode::SUCCESS),
    };
    // Not a success: who reads only the exit code must not believe that somebody looked.
    outcome.inspect_err(|failure| {
        if failure.is_unavailable() {
            eprintln!("SKIPPED: what this task needs cannot be had here");
        }
    })
}

/// Judges every set of manifests; the problems are printed. `schemas`: also by those that Kubernetes publishes.
///
/// # Errors
/// When there are problems; [`Failure::is_unavailable`](crate::failure::Failure::is_unavailable) where there are none, as
/// far as can be said without a tool that cannot be had here.
pub(crate) fn check(schemas: bool) -> Outcome<()> {
    lint::check(schemas)
}
