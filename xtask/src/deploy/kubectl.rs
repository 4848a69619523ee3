//! kubectl, with a bound on each of its calls.

use super::forward;
use crate::bounded;
use crate::failure::{Failure, Outcome};
use crate::{tools, workspace};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// For one call. Deleting waits for pods to end: their grace period is 2 minutes. A roll-out may take 5.
const LIMIT: Duration = Duration::from_mins(6);

/// Lines of a log that are kept.
const LOG_LINES: &str = "--tail=2000";

pub(super) struct Kubectl {
    program: PathBuf,
    namespace: Option<String>,
}

impl Kubectl {
    /// The one on `PATH`, which fits the cluster, or else our own.
    pub(super) fn find() -> Outcome<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut candidates = std::env::split_paths(&path).map(|folder| folder.join("kubectl"));
        let program = candidates.find(|program| program.is_file());
        let program = program.map_or_else(|| tools::path("kubectl"), Ok)?;
        Ok(Self { program, namespace: None })
    }

    /// A script in its place, of the folder `kubectl`.
    #[cfg(test)]
    pub(super) fn of_test(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/deploy/kubectl");
        Self { program: folder.join(format!("{name}.sh")), namespace: None }
    }

    pub(super) fn in_namespace(self, namespace: String) -> Self {
        Self { namespace: Some(namespace), ..self }
    }

    /// The manifests of a folder with kustomization.yaml. Asks no cluster.
    pub(super) fn render(&self, overlay: &Path) -> Outcome<String> {
        let mut command = Command::new(&self.program);
        finish(command.arg("kustomize").arg(overlay))
    }

    pub(super) fn apply(&self, objects: &[Value]) -> Outcome<()> {
        let list = json!({ "apiVersion": "v1", "kind": "List", "items": objects });
        let dir = workspace::target("deploy");
        workspace::create_dir(&dir)?;
        let file = dir.join(format!("apply-{}-{:?}.json", std::process::id(), std::thread::current().id()));
        workspace::write(&file, list.to_string())?;
        let mut command = self.command();
        let said = finish(command.args(["apply", "--filename"]).arg(&file));
        // Nothing depends on whether it is still there.
        let _ = std::fs::remove_file(&file);
        eprintln!("{}", said?);
        Ok(())
    }

    /// Waits until its pods are gone, so that no two run at once.
    pub(super) fn delete_job(&self, name: &str) -> Outcome<()> {
        self.say(&["delete", "job", name, "--ignore-not-found", "--cascade=foreground", "--timeout=5m"])
    }

    pub(super) fn job(&self, name: &str) -> Outcome<Value> {
        self.read(&["get", "job", name, "--output=json"])
    }

    pub(super) fn pods_of(&self, job: &str) -> Outcome<Value> {
        self.read(&[
            "get",
            "pods",
            &format!("--selector=batch.kubernetes.io/job-name={job}"),
            "--output=json",
        ])
    }

    pub(super) fn log(&self, pod: &str) -> Outcome<String> {
        finish(self.command().args(["logs", pod, LOG_LINES]))
    }

    /// A page of a pod of this Deployment.
    pub(super) fn page(&self, deployment: &str, port: u16, path: &str) -> Outcome<String> {
        let mut forward = self.command();
        forward.args(["port-forward", &format!("deployment/{deployment}"), &format!(":{port}")]);
        forward::get(&mut forward, path)
    }

    /// Runs it, and shows what it says.
    pub(super) fn say(&self, words: &[&str]) -> Outcome<()> {
        let said = finish(self.command().args(words))?;
        if !said.is_empty() {
            eprintln!("{said}");
        }
        Ok(())
    }

    fn read(&self, words: &[&str]) -> Outcome<Value> {
        let text = finish(self.command().args(words))?;
        serde_json::from_str(&text).map_err(|cause| Failure::because("read what kubectl says", cause))
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(self.namespace.iter().map(|namespace| format!("--namespace={namespace}")));
        command.arg("--request-timeout=60s");
        command
    }
}

/// Standard output of a call that succeeded.
fn finish(command: &mut Command) -> Outcome<String> {
    let ended = bounded::run(command, LIMIT)?;
    if ended.success {
        return Ok(ended.out);
    }
    let verb = command.get_args().filter_map(|word| word.to_str()).find(|word| !word.starts_with("--"));
    Err(Failure::because(format!("run kubectl {}", verb.unwrap_or_default()), ended.last_lines(2)))
}
