//! Where things are: the workspace, cargo, and the folder for what tasks produce.

use crate::failure::{Failure, Outcome};
use std::path::{Path, PathBuf};
use std::process::Command;

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
