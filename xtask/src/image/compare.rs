//! `cargo xtask image compare`: the Dockerfile read by hadolint, and its last stage built by buildah and held
//! against the image that is made without an engine.

use super::dockerfile;
use super::entry::{self, Entry};
use super::{Which, archive, rootfs};
use crate::failure::{Failure, Outcome};
use crate::{debian, shell, tools, workspace};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, ExitCode};

pub(crate) fn run(which: &Which) -> Outcome<ExitCode> {
    lint()?;
    if !provide_buildah()? {
        println!(
            "SKIPPED: the Dockerfile was not built: buildah is not installed, and only root can have apt-get install it"
        );
        return Ok(ExitCode::SUCCESS);
    }
    let dir = workspace::target("image").join("buildah");
    workspace::empty_dir(&dir)?;
    let binary = which.binary()?;
    let files = rootfs::files(&binary)?;
    entry::lay_out(&[Entry::folder("rootfs", 0o755)], &dir)?;
    entry::lay_out(&files, &dir.join("rootfs"))?;
    compare(&build(&dir)?, &files)?;
    println!("the Dockerfile's last stage makes the same image: {} files and folders", files.len());
    workspace::empty_dir(&dir)?;
    Ok(ExitCode::SUCCESS)
}

fn lint() -> Outcome<()> {
    let hadolint = match tools::command("hadolint") {
        Err(failure) if failure.is_unavailable() => {
            println!("SKIPPED: the Dockerfile was not read by hadolint: {}", failure.chain());
            return Ok(());
        }
        hadolint => hadolint,
    };
    shell::succeed(hadolint?.arg("Dockerfile").stdout(std::io::stderr()))
}

fn provide_buildah() -> Outcome<bool> {
    let is_there = || shell::first_line(Command::new("buildah").arg("--version")).is_some();
    if is_there() || !debian::can_install() {
        return Ok(is_there());
    }
    debian::update()?;
    debian::install(&["buildah"])?;
    Ok(is_there())
}

/// An image that buildah has made.
struct Built {
    config: Value,
    /// The files, as a tar.
    layer: Vec<u8>,
}

/// Builds from the files in `dir/rootfs`.
fn build(dir: &Path) -> Outcome<Built> {
    workspace::write(&dir.join("Dockerfile"), dockerfile::alone()?)?;
    let buildah = |words: &[&str]| {
        let mut buildah = Command::new("buildah");
        buildah.args(["--storage-driver", "vfs", "--root"]).arg(dir.join("storage"));
        buildah.arg("--runroot").arg(dir.join("run")).args(words).stdout(std::io::stderr());
        buildah
    };
    let bud = ["bud", "--isolation", "chroot", "--timestamp", "0", "--format", "oci", "--tag", "pgrefit"];
    shell::succeed(buildah(&bud).arg(dir))?;
    let theirs = dir.join("theirs");
    shell::succeed(buildah(&["push", "pgrefit"]).arg(format!("oci:{}", theirs.display())))?;
    read(&theirs)
}

/// Reads an image from an OCI layout.
fn read(dir: &Path) -> Outcome<Built> {
    let blob = |digest: &Value| {
        let path = dir.join("blobs").join(digest.as_str().unwrap_or_default().replace(':', "/"));
        std::fs::read(&path).map_err(|cause| Failure::because(format!("read {}", path.display()), cause))
    };
    let index = parsed(workspace::read(&dir.join("index.json"))?.as_bytes())?;
    let manifest = parsed(&blob(&index["manifests"][0]["digest"])?)?;
    let packed = blob(&manifest["layers"][0]["digest"])?;
    let mut layer = Vec::new();
    std::io::copy(&mut flate2::read::GzDecoder::new(packed.as_slice()), &mut layer)
        .map_err(|cause| Failure::because("unpack what buildah made", cause))?;
    Ok(Built { config: parsed(&blob(&manifest["config"]["digest"])?)?, layer })
}

fn parsed(bytes: &[u8]) -> Outcome<Value> {
    serde_json::from_slice(bytes).map_err(|cause| Failure::because("read what buildah made", cause))
}

fn compare(theirs: &Built, files: &[Entry]) -> Outcome<()> {
    let config = &theirs.config["config"];
    let ours = dockerfile::settings()?;
    same("USER", &config["User"], &ours.user.into())?;
    same("ENTRYPOINT", &config["Entrypoint"], &ours.entry_point.into())?;
    same("WORKDIR", &config["WorkingDir"], &ours.folder.into())?;
    for (name, value) in ours.labels {
        same(&name, &config["Labels"][&name], &value.into())?;
    }
    let (theirs, ours) = (listing(&theirs.layer)?, listing_of(files)?);
    let different = theirs
        .iter()
        .filter(|line| !ours.contains(line))
        .chain(ours.iter().filter(|line| !theirs.contains(line)));
    let different: Vec<&str> = different.map(String::as_str).collect();
    if different.is_empty() {
        return Ok(());
    }
    Err(Failure::because("make the same image as the Dockerfile", different.join("; ")))
}

fn same(what: &str, theirs: &Value, ours: &Value) -> Outcome<()> {
    if theirs == ours {
        return Ok(());
    }
    let cause = format!("{what}: buildah has {theirs}, and we have {ours}");
    Err(Failure::because("make the same image as the Dockerfile", cause))
}

/// Paths with modes, owners and digests, from a tar.
fn listing(layer: &[u8]) -> Outcome<Vec<String>> {
    let failed = |cause| Failure::because("read the layer that buildah made", cause);
    let mut archive = tar::Archive::new(layer);
    let mut lines = Vec::new();
    for file in archive.entries().map_err(failed)? {
        let mut file = file.map_err(failed)?;
        let mut bytes = Vec::new();
        std::io::copy(&mut file, &mut bytes).map_err(failed)?;
        let path = String::from_utf8_lossy(&file.path_bytes()).trim_matches('/').to_owned();
        let header = file.header();
        let owner = (header.uid().map_err(failed)?, header.gid().map_err(failed)?);
        lines.push(line(&path, header.mode().map_err(failed)?, owner, &bytes));
    }
    // The root itself.
    lines.retain(|line| !line.starts_with(' '));
    Ok(lines)
}

/// The same of our entries.
fn listing_of(files: &[Entry]) -> Outcome<Vec<String>> {
    files.iter().map(|file| Ok(line(&file.path, file.mode, (0, 0), &file.read()?))).collect()
}

fn line(path: &str, mode: u32, owner: (u64, u64), bytes: &[u8]) -> String {
    format!("{path} {:o} {owner:?} {}", mode & 0o7777, archive::digest(bytes))
}
