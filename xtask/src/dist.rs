//! `cargo xtask dist`: the release binary for one machine, packed with the licences, for people to download.

use crate::failure::{Failure, Outcome};
use crate::{shell, workspace};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// What goes beside the binary.
const FILES: [&str; 4] = ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"];

/// Build the release binary for a target, and pack it as target/dist/pgrefit-VERSION-TARGET.tar.gz
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A target triple that this machine can build, such as x86_64-unknown-linux-gnu
    #[arg(long)]
    target: String,
}

pub(crate) fn run(args: &Args) -> Outcome<ExitCode> {
    let binary = build(&args.target)?;
    let version = env!("CARGO_PKG_VERSION");
    speaks(&binary, version)?;
    let archive = pack(&binary, &workspace::target("dist"), &format!("pgrefit-{version}-{}", args.target))?;
    println!("{}", archive.display());
    Ok(ExitCode::SUCCESS)
}

fn build(target: &str) -> Outcome<PathBuf> {
    let mut cargo = workspace::cargo();
    cargo.args(["build", "--release", "--locked", "--package", "pgrefit-cli", "--bin", "pgrefit"]);
    // Named, so that the flags reach neither build scripts nor procedural macros.
    cargo.args(["--target", target]).env("CARGO_ENCODED_RUSTFLAGS", flags(target));
    shell::succeed(cargo.stdout(std::io::stderr()))?;
    Ok(workspace::target(target).join("release").join("pgrefit"))
}

/// Static on Linux: the binary runs on any distribution, and in an image with nothing else in it.
fn flags(target: &str) -> &'static str {
    if target.ends_with("-linux-gnu") { "-Ctarget-feature=+crt-static" } else { "" }
}

/// A binary that was built for another machine, or from other sources, is not packed.
fn speaks(binary: &Path, version: &str) -> Outcome<()> {
    let said = shell::first_line(Command::new(binary).arg("--version")).unwrap_or_default();
    if said.split_whitespace().nth(1) == Some(version) {
        return Ok(());
    }
    let cause = format!("`{} --version` says \"{said}\"", binary.display());
    Err(Failure::because(format!("pack version {version}"), cause))
}

/// Everything in one folder, as who unpacks it expects.
fn pack(binary: &Path, dist: &Path, name: &str) -> Outcome<PathBuf> {
    let folder = dist.join(name);
    workspace::empty_dir(&folder)?;
    let files = FILES.map(|file| workspace::root().join(file));
    for file in files.iter().map(PathBuf::as_path).chain([binary]) {
        std::fs::copy(file, folder.join(file.file_name().unwrap_or_default()))
            .map_err(|cause| Failure::because(format!("copy {}", file.display()), cause))?;
    }
    let archive = dist.join(format!("{name}.tar.gz"));
    let mut tar = Command::new("tar");
    shell::succeed(tar.arg("-czf").arg(&archive).arg("-C").arg(dist).arg(name))?;
    Ok(archive)
}

#[cfg(test)]
mod tests {
    use super::{FILES, flags, pack, speaks};
    use crate::shell::first_line;
    use crate::workspace;
    use std::path::Path;
    use std::process::Command;

    #[test]
    fn linux_binaries_are_static() {
        let check = |target, expected| assert_eq!(flags(target), expected, "{target}");
        check("x86_64-unknown-linux-gnu", "-Ctarget-feature=+crt-static");
        check("aarch64-unknown-linux-gnu", "-Ctarget-feature=+crt-static");
        check("aarch64-apple-darwin", "");
    }

    #[test]
    fn a_binary_of_another_version_is_not_packed() {
        let cargo = Path::new("cargo");
        let version = first_line(Command::new(cargo).arg("--version")).expect("cargo speaks");
        let own = version.split_whitespace().nth(1).expect("a version");
        assert!(speaks(cargo, own).is_ok());
        let chain = speaks(cargo, "0.0.1").expect_err("another").chain();
        assert!(chain.starts_with("failed to pack version 0.0.1: `cargo --version` says \"cargo"), "{chain}");
        assert!(speaks(Path::new("/no/such/binary"), "0.0.1").is_err());
    }

    #[test]
    fn an_archive_has_one_folder_with_the_licences() {
        let dist = workspace::target("dist-test").join(std::process::id().to_string());
        workspace::create_dir(&dist).expect("a folder");
        let binary = dist.join("pgrefit");
        std::fs::write(&binary, "").expect("a binary");
        let archive = pack(&binary, &dist, "pgrefit-1-x").expect("packed");
        let listed = Command::new("tar").arg("-tzf").arg(archive).output().expect("tar");
        let listed = String::from_utf8(listed.stdout).expect("names");
        for file in FILES.iter().chain(&["pgrefit"]) {
            assert!(listed.contains(&format!("pgrefit-1-x/{file}\n")), "{file} in {listed}");
        }
        std::fs::remove_dir_all(&dist).expect("removed");
    }
}
