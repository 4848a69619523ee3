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
    match &args.action {
        Action::Render(args) => render::run(args),
        Action::Lint(args) => lint::run(args),
    }
}
