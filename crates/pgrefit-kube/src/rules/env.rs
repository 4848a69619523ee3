//! Environment variables of a container.

use crate::field::Field;
use crate::names;
use crate::problem::Problems;
use k8s_openapi::api::core::v1::{Container, EnvFromSource, EnvVar, EnvVarSource};

/// What a variable may say about its pod, besides one label or annotation.
const POD_FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

pub(super) fn check(container: &Container, at: &Field, problems: &mut Problems) {
    let variables = container.env.as_deref().unwrap_or_default();
    for (index, variable) in variables.iter().enumerate() {
        let at = at.child("env").index(index);
        check_one(variable, &at, problems);
        let before = variables.get(..index).unwrap_or_default();
        if before.iter().any(|other| other.name == variable.name) {
            let why = format!(
                "hides the previous definition of {}, which may be dropped when using apply",
                variable.name
            );
            problems.strict("variable-twice", &at, why);
        }
    }
    for (index, source) in container.env_from.iter().flatten().enumerate() {
        check_source(source, &at.child("envFrom").index(index), problems);
    }
}

fn check_one(variable: &EnvVar, at: &Field, problems: &mut Problems) {
    let name = at.child("name");
    problems.required_form(&name, &variable.name, names::env_name);
    if names::env_name(&variable.name).is_none() && !names::is_c_identifier(&variable.name) {
        problems.strict(
            "variable-name",
            &name,
            format!("\"{}\": many programs cannot read it", variable.name),
        );
    }
    let Some(source) = &variable.value_from else { return };
    let here = at.child("valueFrom");
    if variable.value.as_ref().is_some_and(|value| !value.is_empty()) {
        problems.reject(&here, "invalid value: may not be specified when `value` is not empty");
    }
    value_from(source, &here, problems);
}

fn value_from(source: &EnvVarSource, at: &Field, problems: &mut Problems) {
    let config = source.config_map_key_ref.as_ref().map(|one| ("configMapKeyRef", &one.name, &one.key));
    let secret = source.secret_key_ref.as_ref().map(|one| ("secretKeyRef", &one.name, &one.key));
    let others =
        [&source.resource_field_ref.is_some(), &source.field_ref.is_some(), &source.file_key_ref.is_some()];
    let count =
        others.into_iter().filter(|set| **set).count() + [&config, &secret].into_iter().flatten().count();
    match count {
        0 => problems.reject(at, "invalid value: must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"),
        1 => {}
        _ => problems.reject(at, "invalid value: may not have more than one field specified at a time"),
    }
    for (kind, name, key) in [config, secret].into_iter().flatten() {
        let at = at.child(kind);
        if name.is_empty() {
            problems.required(&at.child("name"), "");
        }
        problems.required_form(&at.child("key"), key, names::config_key);
    }
    if let Some(field) = &source.field_ref {
        field_path(&field.field_path, &at.child("fieldRef").child("fieldPath"), problems);
    }
}

fn field_path(path: &str, at: &Field, problems: &mut Problems) {
    if path.is_empty() {
        problems.required(at, "");
        return;
    }
    let one_of_map = ["metadata.labels['", "metadata.annotations['"]
        .iter()
        .find_map(|map| path.strip_prefix(map)?.strip_suffix("']"));
    let known = match one_of_map {
        Some(key) => names::qualified_name(&key.to_lowercase()).is_none(),
        None => POD_FIELDS.contains(&path),
    };
    if !known {
        problems.invalid(at, path, "field label not supported");
    }
}

fn check_source(source: &EnvFromSource, at: &Field, problems: &mut Problems) {
    if let Some(prefix) = source.prefix.as_deref().filter(|prefix| !prefix.is_empty()) {
        problems.form(&at.child("prefix"), prefix, names::env_name);
    }
    let secret = source.secret_ref.as_ref().map(|one| ("secretRef", &one.name));
    let map = source.config_map_ref.as_ref().map(|one| ("configMapRef", &one.name));
    match (&secret, &map) {
        (None, None) => {
            problems.reject(at, "invalid value: must specify one of: `configMapRef` or `secretRef`");
        }
        (Some(_), Some(_)) => {
            problems.reject(at, "invalid value: may not have more than one field specified at a time");
        }
        _ => {}
    }
    for (kind, name) in [secret, map].into_iter().flatten() {
        problems.required_form(&at.child(kind).child("name"), name, names::dns_subdomain);
    }
}
