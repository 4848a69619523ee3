//! `cargo xtask k8s render`: manifests as they are applied, with the images of a release and a name for its Job.

use super::kustomize::{self, Kubectl};
use super::program::Linter;
use crate::failure::Outcome;
use std::process::ExitCode;

/// Print the manifests of an overlay; the migration Job is named for what it runs, so that a release gets its own
///
/// cargo xtask k8s render --overlay production --image "$IMAGE" | kubectl apply --filename -
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A folder of k8s/overlays [default: k8s itself]
    #[arg(long)]
    overlay: Option<String>,
    /// An image to set, by digest (registry/name@sha256:…): it replaces those whose name ends the same
    #[arg(long)]
    image: Vec<String>,
}

pub(super) fn run(args: &Args) -> Outcome<ExitCode> {
    let set = kustomize::overlay(args.overlay.as_deref())?;
    let rendered = Kubectl::find()?.render(&set)?;
    print!("{}", Linter::build()?.stamp(&rendered, &args.image)?);
    Ok(ExitCode::SUCCESS)
}
