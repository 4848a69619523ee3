//! What there is in the cluster: what the manifests make, and what is expected to be there before.

use crate::error::Error;
use crate::object::Object;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What somebody else makes, by name, as in `k8s/expects.toml`. Everything that manifests name is in them or here.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Expects {
    /// Secrets, and why they are not in the manifests: they would be read by everybody.
    pub secrets: BTreeSet<String>,
    /// `ConfigMaps`.
    pub config_maps: BTreeSet<String>,
    /// Service accounts besides `default`, which every namespace has.
    pub service_accounts: BTreeSet<String>,
    /// Priority classes besides those of Kubernetes itself.
    pub priority_classes: BTreeSet<String>,
    /// Volume claims.
    pub volume_claims: BTreeSet<String>,
    /// Images that stand as a placeholder, to be set by `images:` of kustomize, by name, and the programs they have.
    pub images: BTreeMap<String, Image>,
    /// Exceptions.
    pub allow: Vec<Allow>,
}

/// An exception to a strict rule for one object, with its reason. One that nothing needs is a problem itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allow {
    /// The rule, of [`crate::STRICT_RULES`].
    pub rule: String,
    /// Kind and name, as in `Job/pgrefit-migrate`.
    pub object: String,
    /// Why it is right here.
    pub reason: String,
}

/// An image that this project builds.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// The programs that a container's `command` may name, by path.
    pub programs: BTreeSet<String>,
}

impl Expects {
    /// Reads the list.
    ///
    /// # Errors
    /// When the file cannot be read or has a key that is not known.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text =
            std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        toml::from_str(&text).map_err(|source| Error::Expects { path: path.to_owned(), source })
    }

    /// With what the objects make themselves.
    pub(crate) fn with<'a>(&self, objects: impl Iterator<Item = &'a Object>) -> Self {
        let mut all = self.clone();
        all.service_accounts.insert("default".to_owned());
        for class in ["system-cluster-critical", "system-node-critical"] {
            all.priority_classes.insert(class.to_owned());
        }
        for object in objects {
            let Some(name) = object.metadata().name.clone() else { continue };
            match object {
                Object::Secret(_) => all.secrets.insert(name),
                Object::ConfigMap(_) => all.config_maps.insert(name),
                Object::ServiceAccount(_) => all.service_accounts.insert(name),
                _ => false,
            };
        }
        all
    }
}
