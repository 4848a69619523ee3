//! What a pod names that must exist: accounts, secrets, configuration, priorities.

use super::container;
use crate::field::Field;
use crate::object::{Owner, PodView};
use crate::problem::{Problems, Severity};
use crate::world::Expects;
use k8s_openapi::api::core::v1::{Container, Volume};
use std::collections::BTreeSet;

pub(super) fn check(pod: &PodView<'_>, world: &Expects, problems: &mut Problems) {
    account(pod, world, problems);
    if let Some(class) = pod.spec.priority_class_name.as_ref().filter(|class| !class.is_empty()) {
        let at = pod.at.child("priorityClassName");
        known("PriorityClass", class, &world.priority_classes, &at, problems);
    }
    for (index, secret) in pod.spec.image_pull_secrets.iter().flatten().enumerate() {
        let at = pod.at.child("imagePullSecrets").index(index).child("name");
        known("Secret", &secret.name, &world.secrets, &at, problems);
    }
    for (index, volume) in pod.spec.volumes.iter().flatten().enumerate() {
        from_volume(volume, world, &pod.at.child("volumes").index(index), problems);
    }
    for (container, at) in container::of_pod(pod.spec, &pod.at) {
        from_container(container, world, &at, problems);
    }
}

/// Without it a pod is refused, and a Job makes no pod for ever. The token of an account is for those who talk to the
/// API server, and we do not.
fn account(pod: &PodView<'_>, world: &Expects, problems: &mut Problems) {
    let at = pod.at.child("serviceAccountName");
    let name = pod.spec.service_account_name.as_deref().filter(|name| !name.is_empty());
    if let Some(name) = name.filter(|name| !world.service_accounts.contains(*name)) {
        let message = format!("serviceaccount \"{name}\" is neither among the manifests nor expected");
        let severity = match pod.owner {
            Owner::Pod => Severity::Error,
            Owner::Job | Owner::Deployment => Severity::Strict("not-there"),
        };
        problems.push(&at, message, severity);
    }
    if pod.spec.automount_service_account_token != Some(false) {
        let why = "the API server's token is mounted, and nothing here needs it";
        problems.strict("token-mounted", &pod.at.child("automountServiceAccountToken"), why);
    }
}

fn from_volume(volume: &Volume, world: &Expects, at: &Field, problems: &mut Problems) {
    if let Some(source) = &volume.secret
        && let Some(name) = &source.secret_name
        && source.optional != Some(true)
    {
        known("Secret", name, &world.secrets, &at.child("secret").child("secretName"), problems);
    }
    if let Some(source) = volume.config_map.as_ref().filter(|source| source.optional != Some(true)) {
        known("ConfigMap", &source.name, &world.config_maps, &at.child("configMap").child("name"), problems);
    }
    if let Some(source) = &volume.persistent_volume_claim {
        let at = at.child("persistentVolumeClaim").child("claimName");
        known("PersistentVolumeClaim", &source.claim_name, &world.volume_claims, &at, problems);
    }
    let projections = volume.projected.as_ref().and_then(|source| source.sources.as_deref());
    for (index, source) in projections.into_iter().flatten().enumerate() {
        let at = at.child("projected").child("sources").index(index);
        if let Some(secret) = source.secret.as_ref().filter(|one| one.optional != Some(true)) {
            known("Secret", &secret.name, &world.secrets, &at.child("secret").child("name"), problems);
        }
        if let Some(map) = source.config_map.as_ref().filter(|one| one.optional != Some(true)) {
            known("ConfigMap", &map.name, &world.config_maps, &at.child("configMap").child("name"), problems);
        }
    }
}

fn from_container(container: &Container, world: &Expects, at: &Field, problems: &mut Problems) {
    for (index, source) in container.env_from.iter().flatten().enumerate() {
        let at = at.child("envFrom").index(index);
        if let Some(secret) = source.secret_ref.as_ref().filter(|one| one.optional != Some(true)) {
            known("Secret", &secret.name, &world.secrets, &at.child("secretRef").child("name"), problems);
        }
        if let Some(map) = source.config_map_ref.as_ref().filter(|one| one.optional != Some(true)) {
            known(
                "ConfigMap",
                &map.name,
                &world.config_maps,
                &at.child("configMapRef").child("name"),
                problems,
            );
        }
    }
    for (index, variable) in container.env.iter().flatten().enumerate() {
        let Some(source) = &variable.value_from else { continue };
        let at = at.child("env").index(index).child("valueFrom");
        if let Some(secret) = source.secret_key_ref.as_ref().filter(|one| one.optional != Some(true)) {
            known("Secret", &secret.name, &world.secrets, &at.child("secretKeyRef").child("name"), problems);
        }
        if let Some(map) = source.config_map_key_ref.as_ref().filter(|one| one.optional != Some(true)) {
            known(
                "ConfigMap",
                &map.name,
                &world.config_maps,
                &at.child("configMapKeyRef").child("name"),
                problems,
            );
        }
    }
}

fn known(kind: &str, name: &str, names: &BTreeSet<String>, at: &Field, problems: &mut Problems) {
    if !name.is_empty() && !names.contains(name) {
        problems.strict(
            "not-there",
            at,
            format!("{kind} \"{name}\" is neither among the manifests nor expected"),
        );
    }
}
