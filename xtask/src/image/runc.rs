//! Pods that run: started, looked at from outside, asked to end as a kubelet asks, and never left behind.

use super::bundle::{Plan, volume_dir};
use super::cluster::Cluster;
use super::dockerfile::Settings;
use super::manifest::Workload;
use super::quantity;
use crate::failure::{Failure, Outcome, code};
use crate::{shell, workspace};
use serde_json::Value;
use std::cell::Cell;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How often somebody looks whether a pod has ended.
const GLANCE: Duration = Duration::from_millis(10);

/// A machine that pods run on.
pub(crate) struct Node {
    /// Pods and the runtime's own files.
    dir: PathBuf,
    rootfs: PathBuf,
    image: Settings,
    seccomp: Value,
    started: Cell<u32>,
}

/// A pod that was started.
pub(crate) struct Running<'a> {
    node: &'a Node,
    id: String,
    dir: PathBuf,
    child: Child,
    started: Instant,
    workload: Workload,
}

/// How a pod ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: u8,
    /// From its start, or from the signal that asked for the end.
    pub(crate) took: Duration,
    /// Standard output and standard error, as `kubectl logs` shows them.
    pub(crate) log: String,
}

impl Node {
    /// One that keeps its files in a folder, and has the image unpacked.
    pub(crate) fn new(dir: PathBuf, rootfs: PathBuf, image: Settings, seccomp: Value) -> Self {
        Self { dir, rootfs, image, seccomp, started: Cell::new(0) }
    }

    pub(crate) fn start(&self, workload: &Workload, cluster: &Cluster) -> Outcome<Running<'_>> {
        self.started.set(self.started.get() + 1);
        // Machine-wide, as cgroups are.
        let id = format!("{}-{}-{}", workload.name, std::process::id(), self.started.get());
        let dir = self.dir.join(&id);
        let (image, rootfs, seccomp) = (&self.image, self.rootfs.as_path(), &self.seccomp);
        Plan { workload, cluster, image, rootfs, seccomp }.lay_out(&dir, &id)?;
        let path = dir.join("log");
        let log = File::create(&path).and_then(|out| Ok((out.try_clone()?, out)));
        let (out, err) =
            log.map_err(|cause| Failure::because(format!("create {}", path.display()), cause))?;
        let mut run = self.runc(&["run", "--bundle"]);
        run.arg(&dir).arg(&id).stdin(Stdio::null()).stdout(out).stderr(err);
        let child = run.spawn().map_err(|cause| Failure::because("start runc", cause))?;
        Ok(Running { node: self, id, dir, child, started: Instant::now(), workload: workload.clone() })
    }

    fn runc(&self, words: &[&str]) -> Command {
        let mut runc = Command::new("runc");
        runc.arg("--root").arg(self.dir.join("runc")).args(words);
        runc
    }
}

impl Running<'_> {
    /// Waits until it has ended by itself.
    ///
    /// # Errors
    /// When it takes longer than `limit`, and when it has filled a volume above its size, for which it would be evicted.
    pub(crate) fn wait(mut self, limit: Duration) -> Outcome<Ended> {
        let since = self.started;
        self.ended(since, limit)
    }

    /// Asks it to end, as for a node that is drained, and waits for its grace period.
    pub(crate) fn terminate(mut self) -> Outcome<Ended> {
        shell::succeed(self.node.runc(&["kill", &self.id, "TERM"]).stdout(Stdio::null()))?;
        let grace = Duration::from_secs(self.workload.pod.termination_grace_period_seconds);
        self.ended(Instant::now(), grace)
    }

    fn ended(&mut self, since: Instant, limit: Duration) -> Outcome<Ended> {
        let status = loop {
            let status = self.child.try_wait().map_err(|cause| Failure::because("wait for a pod", cause))?;
            if let Some(status) = status {
                break status;
            }
            if since.elapsed() > limit {
                let cause = format!("it did not end within {} s:\n{}", limit.as_secs(), self.log());
                return Err(Failure::because(format!("wait for {}", self.id), cause));
            }
            std::thread::sleep(GLANCE);
        };
        self.check_volumes()?;
        Ok(Ended { code: code(status), took: since.elapsed(), log: self.log() })
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read(self.dir.join("log"))
            .map(|log| String::from_utf8_lossy(&log).into_owned())
            .unwrap_or_default()
    }

    fn check_volumes(&self) -> Outcome<()> {
        for volume in &self.workload.pod.volumes {
            let Some(limit) = volume.empty_dir.as_ref().and_then(|own| quantity::bytes(&own.size_limit))
            else {
                continue;
            };
            let used = bytes_in(&volume_dir(&self.dir, &volume.name));
            if used > limit {
                let cause = format!("it has put {used} bytes into {}, which may have {limit}", volume.name);
                return Err(Failure::because(format!("keep {} from being evicted", self.id), cause));
            }
        }
        Ok(())
    }

    /// The number of its first process, outside of it.
    fn process(&self) -> Option<u64> {
        let output = self.node.runc(&["state", &self.id]).stderr(Stdio::null()).output().ok()?;
        serde_json::from_slice::<Value>(&output.stdout).ok()?["pid"].as_u64().filter(|pid| *pid > 0)
    }

    /// A file of the kernel about its first process, such as `status`.
    pub(crate) fn proc_file(&self, name: &str) -> Outcome<String> {
        let pid = self.process().ok_or_else(|| Failure::new(format!("find the process of {}", self.id)))?;
        let path = Path::new("/proc").join(pid.to_string()).join(name);
        let bytes = std::fs::read(&path)
            .map_err(|cause| Failure::because(format!("read {}", path.display()), cause))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The limit that the kernel holds its memory to, in bytes.
    pub(crate) fn memory_limit(&self) -> Option<u64> {
        let id = &self.id;
        let places = [
            format!("/sys/fs/cgroup/memory/{id}/memory.limit_in_bytes"),
            format!("/sys/fs/cgroup/{id}/memory.max"),
        ];
        places.iter().find_map(|path| std::fs::read_to_string(path).ok()?.trim().parse().ok())
    }
}

impl Drop for Running<'_> {
    /// Ends what still runs, whatever stopped us.
    fn drop(&mut self) {
        if !self.has_ended() {
            let _ = self.node.runc(&["delete", "--force", &self.id]).stderr(Stdio::null()).status();
            let _ = self.child.wait();
        }
    }
}

/// The bytes of all files below a folder.
fn bytes_in(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(facts) if facts.is_dir() => bytes_in(&entry.path()),
        Ok(facts) => facts.len(),
        Err(_) => 0,
    };
    entries.map(size).sum()
}

/// Removes what an earlier run that was killed has left in a folder of pods.
pub(crate) fn sweep(dir: &Path) -> Outcome<()> {
    let left = std::fs::read_dir(dir.join("runc")).into_iter().flatten().flatten();
    for container in left {
        let mut runc = Command::new("runc");
        runc.arg("--root").arg(dir.join("runc")).args(["delete", "--force"]).arg(container.file_name());
        shell::succeed(runc.stdout(Stdio::null()))?;
    }
    workspace::empty_dir(dir)
}
