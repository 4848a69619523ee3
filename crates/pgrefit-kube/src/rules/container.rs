//! Containers: their names, images, and everything inside.

use super::{env, mounts, port, probe, resources, security_context};
use crate::field::Field;
use crate::names;
use crate::problem::Problems;
use k8s_openapi::api::core::v1::{Container, PodSpec};

pub(super) fn check_all(spec: &PodSpec, volumes: &[String], at: &Field, problems: &mut Problems) {
    let (main, init) = (at.child("containers"), at.child("initContainers"));
    if spec.containers.is_empty() {
        problems.required(&main, "");
    }
    let mut seen: Vec<&str> = Vec::new();
    for (container, at) in each(&spec.containers, &main) {
        check(container, volumes, &at, problems);
        probes(container, &at, problems);
        unique(container, &mut seen, &at, problems);
    }
    for (container, at) in each(spec.init_containers.as_deref().unwrap_or_default(), &init) {
        check(container, volumes, &at, problems);
        init_probes(container, &at, problems);
        unique(container, &mut seen, &at, problems);
    }
}

/// Every container of a list, and where it stands.
pub(super) fn each<'a>(
    containers: &'a [Container],
    at: &Field,
) -> impl Iterator<Item = (&'a Container, Field)> + use<'a> {
    let at = at.clone();
    containers.iter().enumerate().map(move |(index, container)| (container, at.index(index)))
}

/// Containers and init containers of a pod, and where they stand.
pub(super) fn of_pod<'a>(
    spec: &'a PodSpec,
    at: &Field,
) -> impl Iterator<Item = (&'a Container, Field)> + use<'a> {
    let init = spec.init_containers.as_deref().unwrap_or_default();
    each(&spec.containers, &at.child("containers")).chain(each(init, &at.child("initContainers")))
}

fn unique<'a>(container: &'a Container, seen: &mut Vec<&'a str>, at: &Field, problems: &mut Problems) {
    if !container.name.is_empty() && seen.contains(&container.name.as_str()) {
        problems.duplicate(&at.child("name"), &container.name);
    }
    seen.push(&container.name);
}

fn check(container: &Container, volumes: &[String], at: &Field, problems: &mut Problems) {
    problems.required_form(&at.child("name"), &container.name, names::dns_label);
    if container.image.as_ref().is_none_or(String::is_empty) {
        problems.required(&at.child("image"), "");
    }
    for (name, value, supported) in [
        ("imagePullPolicy", &container.image_pull_policy, &["Always", "IfNotPresent", "Never"][..]),
        (
            "terminationMessagePolicy",
            &container.termination_message_policy,
            &["File", "FallbackToLogsOnError"],
        ),
        ("restartPolicy", &container.restart_policy, &["Always", "OnFailure", "Never"]),
    ] {
        problems.one_of(&at.child(name), value.as_deref(), supported);
    }
    port::check(container, at, problems);
    env::check(container, at, problems);
    mounts::check(container, volumes, at, problems);
    resources::check(container, at, problems);
    security_context::check_container(container, at, problems);
}

fn probes(container: &Container, at: &Field, problems: &mut Problems) {
    for (name, one) in [
        ("livenessProbe", &container.liveness_probe),
        ("readinessProbe", &container.readiness_probe),
        ("startupProbe", &container.startup_probe),
    ] {
        if let Some(one) = one {
            probe::check(one, container, name != "readinessProbe", &at.child(name), problems);
        }
    }
}

/// Only one that goes on beside the others can be probed.
fn init_probes(container: &Container, at: &Field, problems: &mut Problems) {
    if container.restart_policy.as_deref() == Some("Always") {
        probes(container, at, problems);
        return;
    }
    for (name, set) in [
        ("livenessProbe", container.liveness_probe.is_some()),
        ("readinessProbe", container.readiness_probe.is_some()),
        ("startupProbe", container.startup_probe.is_some()),
        ("lifecycle", container.lifecycle.is_some()),
    ] {
        if set {
            problems.forbidden(
                &at.child(name),
                "may not be set for init containers without restartPolicy=Always",
            );
        }
    }
}
