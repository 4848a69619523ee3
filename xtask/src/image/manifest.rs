//! A pod as its manifest has it. What a pod is run with is typed, and an unknown field is an error: a restriction that was
//! overlooked would be tested by nobody.

use crate::failure::{Failure, Outcome};
use crate::workspace;
use serde::Deserialize;
use serde_yaml_ng::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// A Job, or what makes one.
#[derive(Debug, Clone)]
pub(crate) struct Workload {
    pub(crate) name: String,
    pub(crate) rules: Vec<Rule>,
    pub(crate) pod: Pod,
}

/// `PodSpec`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Pod {
    pub(crate) containers: Vec<Container>,
    pub(crate) volumes: Vec<Volume>,
    pub(crate) security_context: PodSecurity,
    /// In seconds, from SIGTERM to SIGKILL.
    pub(crate) termination_grace_period_seconds: u64,
    pub(crate) restart_policy: String,
    pub(crate) automount_service_account_token: bool,
    pub(crate) enable_service_links: bool,
    #[serde(rename = "serviceAccountName")]
    _service_account_name: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PodSecurity {
    pub(crate) run_as_non_root: bool,
    pub(crate) run_as_user: u32,
    pub(crate) run_as_group: u32,
    pub(crate) fs_group: u32,
    pub(crate) seccomp_profile: Seccomp,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seccomp {
    #[serde(rename = "type")]
    pub(crate) kind: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Container {
    pub(crate) name: String,
    pub(crate) command: Vec<String>,
    pub(crate) args: Vec<String>,
    #[serde(default)]
    pub(crate) env: Vec<Variable>,
    pub(crate) resources: Resources,
    pub(crate) security_context: Security,
    pub(crate) volume_mounts: Vec<Mount>,
    #[serde(rename = "image")]
    _image: String,
    #[serde(rename = "terminationMessagePolicy")]
    _termination_message_policy: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) value: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Resources {
    pub(crate) limits: BTreeMap<String, String>,
    #[serde(rename = "requests")]
    _requests: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Security {
    pub(crate) allow_privilege_escalation: bool,
    pub(crate) read_only_root_filesystem: bool,
    pub(crate) capabilities: Capabilities,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Capabilities {
    pub(crate) drop: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Mount {
    pub(crate) name: String,
    #[serde(rename = "mountPath")]
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) read_only: bool,
}

/// One of the three sources is there.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Volume {
    pub(crate) name: String,
    pub(crate) empty_dir: Option<EmptyDir>,
    pub(crate) config_map: Option<ConfigMap>,
    pub(crate) secret: Option<Secret>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct EmptyDir {
    pub(crate) size_limit: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfigMap {
    pub(crate) name: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Secret {
    #[serde(rename = "secretName")]
    pub(crate) name: String,
    pub(crate) default_mode: u32,
    pub(crate) items: Vec<Item>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Item {
    pub(crate) key: String,
    pub(crate) path: String,
}

/// A rule of `podFailurePolicy`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Rule {
    pub(crate) action: String,
    pub(crate) on_exit_codes: Option<OnExitCodes>,
    #[serde(rename = "onPodConditions")]
    _on_pod_conditions: Option<Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OnExitCodes {
    pub(crate) container_name: String,
    pub(crate) operator: String,
    pub(crate) values: Vec<i32>,
}

impl Workload {
    /// Reads the file of a Job or of a `CronJob`.
    pub(crate) fn read(path: &Path) -> Outcome<Self> {
        let failed = |cause: String| Failure::because(format!("understand {}", path.display()), cause);
        Self::parse(&workspace::read(path)?).map_err(failed)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let manifest: Value = serde_yaml_ng::from_str(text).map_err(|error| error.to_string())?;
        let job = match manifest["kind"].as_str() {
            Some("Job") => &manifest["spec"],
            Some("CronJob") => &manifest["spec"]["jobTemplate"]["spec"],
            other => return Err(format!("it is neither a Job nor a CronJob, but {other:?}")),
        };
        let typed = |error: serde_yaml_ng::Error| error.to_string();
        let rules = serde_yaml_ng::from_value(job["podFailurePolicy"]["rules"].clone()).map_err(typed)?;
        let pod: Pod = serde_yaml_ng::from_value(job["template"]["spec"].clone()).map_err(typed)?;
        let name = manifest["metadata"]["name"].as_str().ok_or("it has no name")?.to_owned();
        match pod.containers.len() {
            1 => Ok(Self { name, rules, pod }),
            count => Err(format!("it has {count} containers, and one is run")),
        }
    }

    /// What the Job controller does about an exit code of a pod that nobody disrupted: the first rule that fits.
    pub(crate) fn verdict(&self, code: u8) -> &str {
        if code == 0 {
            return "Complete";
        }
        let fits = |on: &OnExitCodes| {
            let listed = on.values.contains(&code.into());
            self.container().name == on.container_name && listed == (on.operator == "In")
        };
        let rule = self.rules.iter().find(|rule| rule.on_exit_codes.as_ref().is_some_and(fits));
        rule.map_or("a new pod", |rule| rule.action.as_str())
    }

    pub(crate) fn container(&self) -> &Container {
        &self.pod.containers[0]
    }

    /// The same with one more `ConfigMap`, of the volume's name, at a path.
    pub(crate) fn mounting(mut self, name: &str, path: &str) -> Self {
        let config_map = Some(ConfigMap { name: name.to_owned() });
        self.pod.volumes.push(Volume { name: name.to_owned(), empty_dir: None, config_map, secret: None });
        let mount = Mount { name: name.to_owned(), path: path.to_owned(), read_only: true };
        self.pod.containers[0].volume_mounts.push(mount);
        self
    }

    /// The same with another value of a variable, as an overlay would set it.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut own = self.clone();
        let variables = &mut own.pod.containers[0].env;
        variables.retain(|variable| variable.name != name);
        variables.push(Variable { name: name.to_owned(), value: value.to_owned() });
        own
    }
}

#[cfg(test)]
mod tests {
    use super::Workload;
    use crate::workspace;

    fn job() -> String {
        workspace::read(&workspace::root().join("k8s/base/migration-job.yaml")).expect("a manifest")
    }

    #[test]
    fn every_workload_of_the_base_is_understood() {
        for (file, name) in [
            ("migration-job.yaml", "pgrefit-migrate"),
            ("audit-cronjob.yaml", "pgrefit-audit"),
            ("partition-cronjob.yaml", "pgrefit-partitions"),
        ] {
            let path = workspace::root().join("k8s/base").join(file);
            assert_eq!(Workload::read(&path).expect("a workload").name, name);
        }
    }

    #[test]
    fn what_is_not_emulated_is_an_error() {
        let check = |from: &str, to: &str, expected: &str| {
            let changed = job().replacen(from, to, 1);
            assert_ne!(changed, job(), "{from}");
            let error = Workload::parse(&changed).expect_err(to);
            assert!(error.contains(expected), "{error}");
        };
        check(
            "restartPolicy: Never",
            "restartPolicy: Never\n      hostNetwork: true",
            "unknown field `hostNetwork`",
        );
        check("drop: [ALL]", "drop: [ALL]\n              add: [NET_ADMIN]", "unknown field `add`");
        check("runAsNonRoot: true\n", "\n", "missing field `runAsNonRoot`");
        check("kind: Job", "kind: Pod", "neither a Job nor a CronJob");
    }

    #[test]
    fn the_policy_of_the_job_is_that_of_the_controller() {
        let job = Workload::parse(&job()).expect("a job");
        for code in 0..=u8::MAX {
            let expected = match code {
                0 => "Complete",
                75 | 137 | 143 => "a new pod",
                _ => "FailJob",
            };
            assert_eq!(job.verdict(code), expected, "{code}");
        }
    }

    #[test]
    fn an_overlay_sets_a_variable_once() {
        let job = Workload::parse(&job())
            .expect("a job")
            .with("PGREFIT_CONFIG", "/x")
            .with("A", "1")
            .with("A", "2");
        let values: Vec<_> =
            job.container().env.iter().map(|own| format!("{}={}", own.name, own.value)).collect();
        assert_eq!(values, ["DATABASE_URL_FILE=/etc/pgrefit/database/url", "PGREFIT_CONFIG=/x", "A=2"]);
    }
}
