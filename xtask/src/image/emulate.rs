//! `cargo xtask image run`: what a kubelet does with the Job's pod, done by runc, with everything the manifest restricts.

use super::binary::{self, Binary};
use super::cluster::Cluster;
use super::database::Server;
use super::entry::{self, Entry};
use super::manifest::Workload;
use super::runc::{self, Node};
use super::{Which, dockerfile, libraries, rootfs, scenarios, seccomp};
use crate::failure::{Failure, Outcome};
use crate::{debian, shell, workspace};
use std::path::Path;
use std::process::{Command, ExitCode};

/// The manifests that are run, and the kustomization that generates their `ConfigMap`.
const BASE: &str = "k8s/base";

pub(crate) fn run(which: &Which) -> Outcome<ExitCode> {
    if let Some(missing) = provide()? {
        println!("SKIPPED: no pod was run: {missing}");
        return Ok(ExitCode::SUCCESS);
    }
    let binary = which.binary()?;
    let dir = workspace::target("pods").join(std::process::id().to_string());
    sweep_all(&workspace::target("pods"))?;
    let outcome = in_folder(&dir, &binary);
    // Volumes hold the password of a server that is gone; they go too, and so does the copy of the binary.
    let swept = runc::sweep(&dir.join("node")).and_then(|()| remove(&dir));
    outcome.and(swept)?;
    Ok(ExitCode::SUCCESS)
}

fn in_folder(dir: &Path, binary: &Binary) -> Outcome<()> {
    let root = dir.join("image");
    workspace::create_dir(&root)?;
    entry::lay_out(&image(binary)?, &root)?;
    let node = Node::new(dir.join("node"), root, dockerfile::settings()?, seccomp::runtime_default()?);
    let server = Server::start(&binary.path)?;
    let base = workspace::root().join(BASE);
    let read = |file: &str| Workload::read(&base.join(file));
    let stage = scenarios::Stage {
        node: &node,
        server: &server,
        job: read("migration-job.yaml")?,
        audit: read("audit-cronjob.yaml")?,
        cluster: Cluster::of_kustomization(&base)?,
    };
    scenarios::play(&stage)
}

/// The files of the image; a binary that needs shared libraries brings them along.
fn image(binary: &Binary) -> Outcome<Vec<Entry>> {
    let mut files = rootfs::files(binary)?;
    if binary::is_dynamic(&binary.path)? {
        files.extend(libraries::of(&binary.path)?);
    }
    Ok(files)
}

/// Installs the runtime and the seccomp profile; what is missing, if they cannot be had.
fn provide() -> Outcome<Option<String>> {
    let is_there = || {
        let runc = shell::first_line(Command::new("runc").arg("--version")).is_some();
        runc && Path::new(seccomp::PROFILE).exists()
    };
    let root = shell::first_line(Command::new("id").arg("-u")).as_deref() == Some("0");
    if root && is_there() {
        return Ok(None);
    }
    if !debian::can_install() {
        return Ok(Some("it takes root, runc, and the seccomp profile of container engines; apt-get, as root, installs them".into()));
    }
    debian::update()?;
    debian::install(&["runc", "golang-github-containers-common"])?;
    Ok((!is_there()).then(|| "runc does not run here".to_owned()))
}

/// Removes what runs that were killed have left: a folder is named for the process that made it.
fn sweep_all(dir: &Path) -> Outcome<()> {
    workspace::create_dir(dir)?;
    let entries = std::fs::read_dir(dir).map_err(|cause| Failure::because("look for old pods", cause))?;
    for entry in entries.flatten() {
        if !Path::new("/proc").join(entry.file_name()).exists() {
            runc::sweep(&entry.path().join("node"))?;
            remove(&entry.path())?;
        }
    }
    Ok(())
}

fn remove(dir: &Path) -> Outcome<()> {
    std::fs::remove_dir_all(dir).map_err(|cause| Failure::because(format!("remove {}", dir.display()), cause))
}
