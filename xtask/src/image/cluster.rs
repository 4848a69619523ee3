//! What a cluster has beside its pods: Secrets and `ConfigMaps`, by name and key.

use crate::failure::{Failure, Outcome};
use crate::workspace;
use std::collections::BTreeMap;
use std::path::Path;

/// Files of a Secret or a `ConfigMap`, by key.
pub(crate) type Data = BTreeMap<String, String>;

#[derive(Debug, Clone, Default)]
pub(crate) struct Cluster {
    pub(crate) secrets: BTreeMap<String, Data>,
    pub(crate) config_maps: BTreeMap<String, Data>,
}

impl Cluster {
    /// One with the `ConfigMaps` that the kustomization in a folder generates.
    pub(crate) fn of_kustomization(dir: &Path) -> Outcome<Self> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Kustomization {
            #[serde(default)]
            config_map_generator: Vec<Generator>,
        }
        #[derive(serde::Deserialize)]
        struct Generator {
            name: String,
            files: Vec<String>,
        }
        let path = dir.join("kustomization.yaml");
        let kustomization: Kustomization = serde_yaml_ng::from_str(&workspace::read(&path)?)
            .map_err(|cause| Failure::because(format!("understand {}", path.display()), cause))?;
        let mut cluster = Self::default();
        for Generator { name, files } in kustomization.config_map_generator {
            let read = |file: String| Ok((file.clone(), workspace::read(&dir.join(file))?));
            cluster.config_maps.insert(name, files.into_iter().map(read).collect::<Outcome<Data>>()?);
        }
        Ok(cluster)
    }

    /// The same with a Secret that has one key.
    pub(crate) fn with_secret(mut self, name: &str, key: &str, value: &str) -> Self {
        self.secrets.insert(name.to_owned(), Data::from([(key.to_owned(), value.to_owned())]));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::Cluster;
    use crate::workspace;
    use serde_yaml_ng::Value;
    use toml::Table;

    fn configuration(path: &str) -> Table {
        workspace::read(&workspace::root().join(path)).expect("a file").parse().expect("TOML")
    }

    #[test]
    fn the_policy_comes_from_the_generator() {
        let cluster =
            Cluster::of_kustomization(&workspace::root().join("k8s/base")).expect("a kustomization");
        assert!(
            cluster.config_maps["pgrefit-config"]["pgrefit.toml"].contains("environment = \"production\"")
        );
    }

    /// Kustomize reads no file outside of its folder, so what belongs to the migrations is there twice.
    #[test]
    fn the_cluster_holds_the_database_to_what_the_repository_does() {
        let (ours, theirs) = (configuration("pgrefit.toml"), configuration("k8s/base/pgrefit.toml"));
        for key in ours.keys().filter(|key| *key != "migrations") {
            assert_eq!(theirs.get(key), ours.get(key), "[{key}] of pgrefit.toml and k8s/base/pgrefit.toml");
        }
    }

    /// An index for each database, and no more.
    #[test]
    fn the_fleet_has_an_index_for_every_database() {
        let databases = configuration("k8s/components/fleet/databases.toml");
        let job =
            workspace::read(&workspace::root().join("k8s/components/fleet/fleet-job.yaml")).expect("a job");
        let job: Value = serde_yaml_ng::from_str(&job).expect("YAML");
        let entries = databases["database"].as_array().map(Vec::len);
        assert_eq!(job["spec"]["completions"].as_u64(), entries.map(|count| count as u64));
    }

    /// Production databases are backed up by the pods of a fleet: that is there when the pod is not.
    #[test]
    fn what_a_fleet_keeps_outlives_its_pods() {
        let job =
            workspace::read(&workspace::root().join("k8s/components/fleet/fleet-job.yaml")).expect("a job");
        let job: Value = serde_yaml_ng::from_str(&job).expect("YAML");
        let spec = &job["spec"]["template"]["spec"];
        let named = |list: &Value, key: &str, name: &str| -> Value {
            let mut list = list.as_sequence().into_iter().flatten();
            list.find(|one| one[key].as_str() == Some(name)).cloned().expect(name)
        };
        let container = &spec["containers"][0];
        for (variable, mount) in [("PGREFIT_BACKUP_DIR", "/backups"), ("PGREFIT_EVIDENCE_DIR", "/evidence")] {
            let folder = named(&container["env"], "name", variable);
            assert!(folder["value"].as_str().is_some_and(|folder| folder.starts_with(mount)), "{variable}");
            let mount = named(&container["volumeMounts"], "mountPath", mount);
            let volume = named(&spec["volumes"], "name", mount["name"].as_str().expect("a name"));
            assert!(volume["persistentVolumeClaim"].is_mapping(), "{variable} is gone with the pod");
        }
    }
}
