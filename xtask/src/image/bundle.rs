//! A pod as a runtime takes it: volumes as folders, and `config.json` (the runtime specification of the Open Container
//! Initiative) made from the manifest. Nothing in it is chosen here but for what a kubelet chooses, too.

use super::cluster::{Cluster, Data};
use super::dockerfile::Settings;
use super::manifest::{Volume, Workload};
use super::quantity;
use crate::failure::{Failure, Outcome};
use crate::workspace;
use serde_json::{Value, json};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

/// What a pod is made from.
pub(crate) struct Plan<'a> {
    pub(crate) workload: &'a Workload,
    pub(crate) cluster: &'a Cluster,
    pub(crate) image: &'a Settings,
    /// The unpacked image.
    pub(crate) rootfs: &'a Path,
    pub(crate) seccomp: &'a Value,
}

impl Plan<'_> {
    /// Makes the volumes below `dir`, and `config.json` in it for a container of this name.
    ///
    /// # Errors
    /// As a kubelet would refuse the pod: a Secret that is not there, a user that is root although the manifest forbids it.
    pub(crate) fn lay_out(&self, dir: &Path, id: &str) -> Outcome<()> {
        let refused =
            |cause: String| Failure::because(format!("start a pod of {}", self.workload.name), cause);
        self.check().map_err(refused)?;
        workspace::empty_dir(dir)?;
        for volume in &self.workload.pod.volumes {
            self.fill(volume, &volume_dir(dir, &volume.name))?;
        }
        let log = dir.join("termination-log");
        workspace::write(&log, "")?;
        set(&log, 0o666, None)?;
        for (name, text) in [("hosts", "127.0.0.1 localhost\n::1 localhost\n"), ("resolv.conf", "")] {
            workspace::write(&dir.join(name), text)?;
        }
        let config = self.config(dir, id).map_err(refused)?;
        workspace::write(&dir.join("config.json"), config.to_string())
    }

    fn check(&self) -> Result<(), String> {
        let pod = &self.workload.pod;
        if pod.security_context.run_as_non_root && pod.security_context.run_as_user == 0 {
            return Err("runAsNonRoot is set, and the user is root".to_owned());
        }
        let plain = [
            (
                pod.security_context.seccomp_profile.kind == "RuntimeDefault",
                "another seccomp profile than RuntimeDefault",
            ),
            (!pod.automount_service_account_token, "a token of a service account"),
            (!pod.enable_service_links, "variables of services"),
            (pod.restart_policy == "Never", "another restart policy than Never"),
            (
                self.workload.container().security_context.capabilities.drop == ["ALL"],
                "capabilities that are kept",
            ),
        ];
        let unknown = plain.iter().find(|(known, _)| !known);
        unknown.map_or(Ok(()), |(_, what)| Err(format!("it has {what}, which is not emulated")))
    }

    /// The content of a volume. Secrets belong to root and to the pod's group, as with a kubelet.
    fn fill(&self, volume: &Volume, dir: &Path) -> Outcome<()> {
        let group = self.workload.pod.security_context.fs_group;
        workspace::create_dir(dir)?;
        if volume.empty_dir.is_some() {
            return set(dir, 0o2777, Some(group));
        }
        let missing = |kind: &str, name: &str| {
            Failure::because(
                format!("mount the volume {}", volume.name),
                format!("there is no {kind} {name}"),
            )
        };
        if let Some(map) = &volume.config_map {
            let data =
                self.cluster.config_maps.get(&map.name).ok_or_else(|| missing("ConfigMap", &map.name))?;
            return files(dir, data, 0o644, group);
        }
        if let Some(secret) = &volume.secret {
            let name = &secret.name;
            let data = self.cluster.secrets.get(name).ok_or_else(|| missing("Secret", name))?;
            let path =
                |key: &str| secret.items.iter().find(|item| item.key == key).map(|item| item.path.clone());
            if let Some(item) = secret.items.iter().find(|item| !data.contains_key(&item.key)) {
                return Err(missing("key", &item.key));
            }
            let chosen: Data =
                data.iter().filter_map(|(key, value)| Some((path(key)?, value.clone()))).collect();
            return files(dir, &chosen, secret.default_mode, group);
        }
        Err(missing("source", "of it that is emulated"))
    }

    fn config(&self, dir: &Path, id: &str) -> Result<Value, String> {
        let (pod, container) = (&self.workload.pod.security_context, self.workload.container());
        let security = &container.security_context;
        let limit = container.resources.limits.get("memory").ok_or("it has no memory limit")?;
        let limit = quantity::bytes(limit).ok_or_else(|| format!("{limit} is no amount of memory"))?;
        let none: [&str; 0] = [];
        let words = [container.command.as_slice(), container.args.as_slice()].concat();
        Ok(json!({
            "ociVersion": "1.0.2",
            "hostname": id,
            "process": {
                "user": { "uid": pod.run_as_user, "gid": pod.run_as_group, "additionalGids": [pod.fs_group] },
                "args": words,
                "env": self.environment(id),
                "cwd": self.image.folder,
                "capabilities": {
                    "bounding": none, "effective": none, "inheritable": none, "permitted": none, "ambient": none,
                },
                "noNewPrivileges": !security.allow_privilege_escalation,
            },
            "root": { "path": self.rootfs, "readonly": security.read_only_root_filesystem },
            "mounts": self.mounts(dir)?,
            "linux": {
                // The network is the machine's own, where the throwaway server listens on the loopback address.
                "namespaces": [{ "type": "pid" }, { "type": "ipc" }, { "type": "uts" }, { "type": "mount" }],
                "cgroupsPath": format!("/{id}"),
                "resources": { "memory": { "limit": limit } },
                "seccomp": self.seccomp,
                "maskedPaths": ["/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/scsi", "/sys/firmware"],
                "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
            },
        }))
    }

    /// What a kubelet sets, and on top what the manifest sets.
    fn environment(&self, id: &str) -> Vec<String> {
        let ours = self.workload.container().env.iter().map(|own| format!("{}={}", own.name, own.value));
        ["PATH=/".to_owned(), format!("HOSTNAME={id}"), "KUBERNETES_SERVICE_HOST=10.0.0.1".to_owned()]
            .into_iter()
            .chain(ours)
            .collect()
    }

    fn mounts(&self, dir: &Path) -> Result<Vec<Value>, String> {
        let mut mounts = vec![
            mount("/proc", "proc", &[]),
            mount("/dev", "tmpfs", &["nosuid", "strictatime", "mode=755", "size=65536k"]),
            mount("/dev/pts", "devpts", &["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]),
            mount("/dev/shm", "tmpfs", &["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
            mount("/sys", "sysfs", &["nosuid", "noexec", "nodev", "ro"]),
            bind(&dir.join("termination-log"), "/dev/termination-log", false),
            bind(&dir.join("hosts"), "/etc/hosts", true),
            bind(&dir.join("resolv.conf"), "/etc/resolv.conf", true),
        ];
        for own in &self.workload.container().volume_mounts {
            let volume = self.workload.pod.volumes.iter().find(|volume| volume.name == own.name);
            let volume = volume.ok_or_else(|| format!("it mounts {}, which is no volume", own.name))?;
            // Secrets and ConfigMaps are read-only, whatever the manifest says.
            let read_only = own.read_only || volume.empty_dir.is_none();
            mounts.push(bind(&volume_dir(dir, &own.name), &own.path, read_only));
        }
        Ok(mounts)
    }
}

pub(crate) fn volume_dir(dir: &Path, name: &str) -> PathBuf {
    dir.join("volumes").join(name)
}

fn mount(path: &str, kind: &str, options: &[&str]) -> Value {
    json!({ "destination": path, "type": kind, "source": kind, "options": options })
}

fn bind(source: &Path, path: &str, read_only: bool) -> Value {
    let mode = if read_only { "ro" } else { "rw" };
    json!({ "destination": path, "type": "bind", "source": source, "options": ["rbind", "rprivate", mode] })
}

fn files(dir: &Path, data: &Data, mode: u32, group: u32) -> Outcome<()> {
    for (name, text) in data {
        let path = dir.join(name);
        workspace::write(&path, text)?;
        set(&path, mode, Some(group))?;
    }
    Ok(())
}

/// Sets group and mode, in this order: a change of the group takes the bit away that hands it on to new files.
fn set(path: &Path, mode: u32, group: Option<u32>) -> Outcome<()> {
    chown(path, Some(0), group)
        .and_then(|()| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)))
        .map_err(|cause| Failure::because(format!("set owner and mode of {}", path.display()), cause))
}

#[cfg(test)]
mod tests {
    use super::super::cluster::Cluster;
    use super::super::dockerfile;
    use super::super::manifest::Workload;
    use super::Plan;
    use crate::workspace;
    use serde_json::{Value, json};
    use std::path::Path;

    fn config(change: impl Fn(&mut Workload)) -> Result<Value, String> {
        let root = workspace::root();
        let mut workload = Workload::read(&root.join("k8s/base/migration-job.yaml")).expect("a job");
        change(&mut workload);
        let (cluster, image) = (Cluster::default(), dockerfile::settings().expect("settings"));
        let (rootfs, seccomp) = (Path::new("/image"), json!("profile"));
        let plan = Plan { workload: &workload, cluster: &cluster, image: &image, rootfs, seccomp: &seccomp };
        plan.check().and_then(|()| plan.config(Path::new("/pod"), "id"))
    }

    #[test]
    fn the_restrictions_are_those_of_the_manifest() {
        let config = config(|_| {}).expect("a configuration");
        let process = &config["process"];
        assert_eq!(process["user"], json!({ "uid": 65532, "gid": 65532, "additionalGids": [65532] }));
        assert_eq!(process["args"], json!(["/pgrefit", "migrate", "--log-format", "json"]));
        assert_eq!(process["noNewPrivileges"], true);
        assert_eq!(process["capabilities"]["bounding"], json!([]));
        assert_eq!(config["root"], json!({ "path": "/image", "readonly": true }));
        assert_eq!(config["linux"]["resources"]["memory"]["limit"], 268_435_456);
        assert_eq!(config["linux"]["seccomp"], "profile");
        let mounts = config["mounts"].as_array().expect("mounts");
        let options =
            |path: &str| mounts.iter().find(|own| own["destination"] == path).map(|own| &own["options"][2]);
        assert_eq!(options("/tmp"), Some(&json!("rw")));
        assert_eq!(options("/etc/pgrefit/database"), Some(&json!("ro")));
    }

    #[test]
    fn a_weaker_manifest_makes_a_weaker_pod_or_none() {
        let weaker = config(|own| {
            let security = &mut own.pod.containers[0].security_context;
            (security.allow_privilege_escalation, security.read_only_root_filesystem) = (true, false);
        });
        let weaker = weaker.expect("a configuration");
        assert_eq!(
            (&weaker["process"]["noNewPrivileges"], &weaker["root"]["readonly"]),
            (&json!(false), &json!(false))
        );
        let root = config(|own| own.pod.security_context.run_as_user = 0);
        assert_eq!(root.expect_err("root"), "runAsNonRoot is set, and the user is root");
        let kept = config(|own| own.pod.containers[0].security_context.capabilities.drop.clear());
        assert_eq!(kept.expect_err("caps"), "it has capabilities that are kept, which is not emulated");
        let open = config(|own| own.pod.security_context.seccomp_profile.kind = "Unconfined".into());
        assert!(open.expect_err("seccomp").contains("seccomp"));
        let stray = config(|own| own.pod.volumes.clear());
        assert_eq!(stray.expect_err("a mount"), "it mounts tmp, which is no volume");
        let greedy = config(|own| own.pod.containers[0].resources.limits.clear());
        assert_eq!(greedy.expect_err("memory"), "it has no memory limit");
    }
}
