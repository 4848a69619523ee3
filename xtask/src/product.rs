//! The product binary: built by cargo once, then run directly, so that its exit code and its signals are its
//! own.

use crate::failure::{Failure, Outcome};
use crate::workspace;
use cargo_metadata::Message;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::{ChildStdout, Command, Stdio};

/// A built `pgrefit`.
pub(crate) struct Product {
    executable: PathBuf,
}

impl Product {
    /// Builds the development binary.
    pub(crate) fn build() -> Outcome<Self> {
        Self::build_in("debug", &[])
    }

    /// Builds the release binary, which is the one to measure.
    pub(crate) fn build_release() -> Outcome<Self> {
        Self::build_in("release", &["--release"])
    }

    /// Where it is.
    pub(crate) fn executable(&self) -> &std::path::Path {
        &self.executable
    }

    /// A call of the product in the current folder.
    pub(crate) fn command(&self) -> Command {
        Command::new(&self.executable)
    }

    /// A call of the product on a database that can be thrown away: it asks for no proofs.
    pub(crate) fn command_on_disposable(&self) -> Command {
        let mut command = self.command();
        command.env("PGREFIT_POLICY_ENVIRONMENT", "disposable");
        command
    }

    /// A call of the product in the workspace's root, where its configuration and the migrations are.
    pub(crate) fn command_in_root(&self) -> Command {
        let mut command = self.command();
        command.current_dir(workspace::root());
        command
    }

    fn build_in(profile: &str, flags: &[&str]) -> Outcome<Self> {
        let what = ["--package", "pgrefit-cli", "--bin", "pgrefit"];
        let is_there = workspace::target(profile).join("pgrefit").exists();
        Ok(Self { executable: built(&what, flags, is_there)? })
    }
}

/// Builds an example of one of our crates, as it is measured, and gives its path.
pub(crate) fn example(package: &str, name: &str) -> Outcome<PathBuf> {
    let is_there = workspace::target("release").join("examples").join(name).exists();
    built(&["--package", package, "--example", name], &["--release"], is_there)
}

/// Builds a program of ours that is no part of the product, and gives its path. With the features that dependencies have
/// in the whole workspace, so that they are compiled once for this and for the tests.
pub(crate) fn tool(name: &str) -> Outcome<PathBuf> {
    let is_there = workspace::target("debug").join(name).exists();
    built(&["--workspace", "--bin", name], &[], is_there)
}

fn built(what: &[&str], flags: &[&str], is_there: bool) -> Outcome<PathBuf> {
    let mut cargo = workspace::cargo();
    cargo.arg("build").args(what).arg("--message-format=json-render-diagnostics").args(flags);
    // The first build takes minutes and should show that it is alive; the next are checks and should be
    // silent.
    if is_there {
        cargo.arg("--quiet");
    }
    let mut child =
        cargo.stdout(Stdio::piped()).spawn().map_err(|cause| Failure::because("start cargo", cause))?;
    let executable = child.stdout.take().and_then(executable_in);
    let status = child.wait().map_err(|cause| Failure::because("wait for cargo", cause))?;
    match executable {
        Some(executable) if status.success() => Ok(executable),
        None if status.success() => Err(Failure::new(format!("find what cargo built of {}", what.join(" ")))),
        _ => Err(Failure::of_program(format!("build {}", what.join(" ")), status)),
    }
}

/// The path that cargo reports for the binary. Reads to the end, or cargo would block on a full pipe.
fn executable_in(messages: ChildStdout) -> Option<PathBuf> {
    Message::parse_stream(BufReader::new(messages))
        .filter_map(Result::ok)
        .filter_map(|message| match message {
            Message::CompilerArtifact(artifact) => artifact.executable,
            _ => None,
        })
        .last()
        .map(Into::into)
}
