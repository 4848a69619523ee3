//! Where volumes appear inside of a container.

use crate::field::Field;
use crate::problem::Problems;
use k8s_openapi::api::core::v1::{Container, VolumeMount};

pub(super) fn check(container: &Container, volumes: &[String], at: &Field, problems: &mut Problems) {
    let list = at.child("volumeMounts");
    let mounts = container.volume_mounts.as_deref().unwrap_or_default();
    for (index, mount) in mounts.iter().enumerate() {
        let at = list.index(index);
        if mount.name.is_empty() {
            problems.required(&at.child("name"), "");
        }
        if !volumes.contains(&mount.name) {
            problems
                .reject(&at.child("name"), format!("not found: \"{}\" is no volume of the pod", mount.name));
        }
        let before = mounts.get(..index).unwrap_or_default();
        if before.iter().any(|other| other.mount_path == mount.mount_path) {
            problems.invalid(&at.child("mountPath"), &mount.mount_path, "must be unique");
        }
        path(&mount.mount_path, &at.child("mountPath"), problems);
        sub_path(mount, &list, problems);
        problems.one_of(
            &at.child("mountPropagation"),
            mount.mount_propagation.as_deref(),
            &["Bidirectional", "HostToContainer", "None"],
        );
    }
}

fn path(path: &str, at: &Field, problems: &mut Problems) {
    if path.is_empty() {
        problems.required(at, "");
    } else if !path.starts_with('/') {
        problems.strict("mount-path", at, format!("\"{path}\" is relative: to what, the runtime decides"));
    } else if path.contains(':') {
        problems.strict(
            "mount-path",
            at,
            format!("\"{path}\" has a colon, which runtimes refuse or split at"),
        );
    }
}

/// The server names the field without the number of the mount.
fn sub_path(mount: &VolumeMount, list: &Field, problems: &mut Problems) {
    for (name, value) in [("subPath", &mount.sub_path), ("subPathExpr", &mount.sub_path_expr)] {
        let Some(value) = value.as_deref().filter(|value| !value.is_empty()) else { continue };
        if value.starts_with('/') {
            problems.invalid(&list.child(name), value, "must be a relative path");
        }
        if value.split('/').any(|part| part == "..") {
            problems.invalid(&list.child(name), value, "must not contain '..'");
        }
    }
    let both = mount.sub_path.as_ref().zip(mount.sub_path_expr.as_ref());
    if both.is_some_and(|(path, expression)| !path.is_empty() && !expression.is_empty()) {
        problems.reject(&list.child("subPathExpr"), "subPathExpr and subPath are mutually exclusive");
    }
}
