//! Where things are: the workspace, cargo, and the folder for what tasks produce.

use crate::failure::{Failure, Outcome};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The folder of the workspace's `Cargo.toml`.
pub(crate) fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// A folder for generated files: `target/<name>`, or the same under `CARGO_TARGET_DIR`.
pub(crate) fn target(name: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    root().join(target).join(name)
}

/// The cargo that runs us, in the workspace's root.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root());
    cargo
}

/// Creates a folder and its parents.
pub(crate) fn create_dir(dir: &Path) -> Outcome<()> {
    std::fs::create_dir_all(dir).map_err(|cause| Failure::because(format!("create {}", dir.display()), cause))
}

/// Creates a folder, or removes what is in it.
pub(crate) fn empty_dir(dir: &Path) -> Outcome<()> {
    if dir.exists() {
        std::fs::remove_dir_all(dir)
            .map_err(|cause| Failure::because(format!("empty {}", dir.display()), cause))?;
    }
    create_dir(dir)
}

/// Writes a file whole or not at all: a task that is interrupted leaves no half file for the next run to
/// believe in.
pub(crate) fn write(path: &Path, contents: impl AsRef<[u8]>) -> Outcome<()> {
    let half = path.with_extension("part");
    std::fs::write(&half, contents)
        .and_then(|()| std::fs::rename(&half, path))
        .map_err(|cause| Failure::because(format!("write {}", path.display()), cause))
}

/// Reads a text file.
pub(crate) fn read(path: &Path) -> Outcome<String> {
    std::fs::read_to_string(path).map_err(|cause| Failure::because(format!("read {}", path.display()), cause))
}

/// The files of these patterns that git tracks or would track, from the root; all files for no pattern.
pub(crate) fn files(patterns: &[&str]) -> Outcome<Vec<String>> {
    let mut git = Command::new("git");
    git.current_dir(root()).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"]);
    let names = git.args(patterns).output().map_err(Into::into).and_then(text_of);
    let names = names.map_err(|cause| Failure::because("list the repository's files", cause))?;
    // One that was deleted, and whose deletion is not committed, is listed.
    let exists = |name: &&str| root().join(name).exists();
    Ok(names.split_terminator('\0').filter(exists).map(str::to_owned).collect())
}

fn text_of(output: Output) -> Result<String, Box<dyn std::error::Error>> {
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
