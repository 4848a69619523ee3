//! `pgrefit-kube`, built by cargo and run.

use crate::failure::{Failure, Outcome};
use crate::{bounded, product, shell, workspace};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// It reads a few files.
const LIMIT: Duration = Duration::from_mins(1);

/// The built program.
pub(super) struct Linter(PathBuf);

impl Linter {
    pub(super) fn build() -> Outcome<Self> {
        product::tool("pgrefit-kube").map(Self)
    }

    /// A call in the workspace's root, so that files are named from there.
    pub(super) fn command(&self, task: &str) -> Command {
        let mut command = Command::new(&self.0);
        command.current_dir(workspace::root()).arg(task);
        command
    }

    /// Rendered manifests with images set and Jobs named for what they run.
    pub(super) fn stamp(&self, rendered: &Path, images: &[String]) -> Outcome<String> {
        let mut command = self.command("stamp");
        command.arg(rendered).args(images.iter().flat_map(|image| ["--image", image]));
        let migrations = workspace::root().join("migrations");
        if migrations.is_dir() {
            command.arg("--migrations").arg(migrations);
        }
        output(&mut command)
    }

    /// How each container starts its program, a JSON object a line.
    pub(super) fn commands(&self, files: &[PathBuf]) -> Outcome<String> {
        output(self.command("commands").args(files))
    }
}

/// What it printed; when it fails, its last words.
fn output(command: &mut Command) -> Outcome<String> {
    let ended = bounded::run(command, LIMIT)?;
    if ended.success {
        return Ok(format!("{}\n", ended.said));
    }
    Err(Failure::because(format!("run {}", shell::line(command)), ended.last_lines(3)))
}
