//! `cargo xtask image`: the container image, without a container engine: one static binary, what it reads, and nothing to
//! log in to. And its pod, run with the restrictions that the manifest has.

mod archive;
mod binary;
mod bundle;
mod cluster;
mod compare;
mod database;
mod dockerfile;
mod emulate;
mod entry;
mod libraries;
mod manifest;
mod quantity;
mod rootfs;
mod runc;
mod scenarios;
mod seccomp;

use crate::failure::{Failure, Outcome};
use crate::product::Product;
use crate::{sbom, workspace};
use archive::{Image, Written};
use binary::Binary;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Bytes of the compressed image, above which it does not pass. The binary alone had 15.4 MB when this was set.
const SIZE_MAX: u64 = 20_000_000;

/// The bill of materials, beside the image and in it.
const MATERIALS: &str = "pgrefit.cdx.json";

/// What the binary of this machine's kind is made of. It has no date, so that the same sources have the same bill.
fn materials() -> Outcome<String> {
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    Ok(format!("{:#}\n", sbom::bill(Some(&target))?))
}

/// Build the container image as an OCI archive, with its bill of materials; print digest and size
///
/// target/image/pgrefit.oci.tar can be loaded and pushed by docker, podman, skopeo and buildah. The last stage of the
/// Dockerfile says user and entry point here too, so that both make the same image.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// Build everything a second time, elsewhere, and fail unless the digest is the same
    #[arg(long)]
    check_reproducible: bool,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Lay out the files of the image in a folder, as the Dockerfile does
    Rootfs {
        /// The folder; it must be empty, or not there
        dir: PathBuf,
    },
    /// Lint the Dockerfile, build its last stage with buildah, and fail unless it has the same files and settings
    Compare(Which),
    /// Run the migration Job's pod as a kubelet would, against a throwaway server, and check how it ends
    Run(Which),
}

/// Which binary is in the image.
#[derive(clap::Args)]
pub(crate) struct Which {
    /// Use the development binary with its shared libraries instead of the static one: quick, and nearly the same
    #[arg(long)]
    debug: bool,
}

impl Which {
    /// Builds it.
    fn binary(&self) -> Outcome<Binary> {
        if self.debug {
            return Ok(Binary { path: Product::build()?.executable().to_owned() });
        }
        Binary::build(&workspace::target("image-build"))
    }
}

pub(crate) fn run(args: &Args) -> Outcome<ExitCode> {
    match &args.action {
        None => build(args.check_reproducible),
        Some(Action::Rootfs { dir }) => lay_out(dir),
        Some(Action::Compare(which)) => compare::run(which),
        Some(Action::Run(which)) => emulate::run(which),
    }
}

fn build(check_reproducible: bool) -> Outcome<ExitCode> {
    let dir = workspace::target("image");
    let written = write(&dir, &workspace::target("image-build"))?;
    println!("image     {}", dir.join("pgrefit.oci.tar").display());
    println!("digest    sha256:{}", written.digest);
    println!("size      {:.1} MB compressed, {:.1} MB for the files", mb(written.size), mb(written.unpacked));
    println!("materials {}", dir.join(MATERIALS).display());
    if written.size > SIZE_MAX {
        let cause =
            format!("{:.1} MB is above the {:.1} MB that it may have", mb(written.size), mb(SIZE_MAX));
        return Err(Failure::because("pass the image", cause));
    }
    if check_reproducible {
        let again = write(&workspace::target("image-again"), &workspace::target("image-build-again"))?;
        if again.digest != written.digest {
            let cause = format!("the second build has the digest sha256:{}", again.digest);
            return Err(Failure::because("build the same image twice", cause));
        }
        println!("again     the same digest, built in another folder");
    }
    Ok(ExitCode::SUCCESS)
}

/// Builds the release binary below `target`, and writes archive and bill of materials to `dir`.
fn write(dir: &Path, target: &Path) -> Outcome<Written> {
    let binary = Binary::build(target)?;
    let files = rootfs::files(&binary)?;
    let settings = dockerfile::settings()?;
    workspace::create_dir(dir)?;
    workspace::write(&dir.join(MATERIALS), materials()?)?;
    Image { files: &files, settings: &settings }.write(&dir.join("pgrefit.oci.tar"))
}

fn lay_out(dir: &Path) -> Outcome<ExitCode> {
    workspace::create_dir(dir)?;
    let occupied = std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some());
    if occupied {
        return Err(Failure::because(format!("use {}", dir.display()), "it is not empty"));
    }
    let binary = Binary::build(&workspace::target("image-build"))?;
    entry::lay_out(&rootfs::files(&binary)?, dir)?;
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::cast_precision_loss, reason = "for people to read")]
fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
