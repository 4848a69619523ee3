//! Pods: what is in them, how they start and end.
//!
//! After `ValidatePodSpec` in `pkg/apis/core/validation/validation.go` of Kubernetes 1.36.

use super::{container, scheduling, security_context, volume};
use crate::field::Field;
use crate::names;
use crate::object::Owner;
use crate::problem::Problems;
use k8s_openapi::api::core::v1::PodSpec;

const DNS_POLICIES: [&str; 4] = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];

pub(super) fn check(spec: &PodSpec, owner: Owner, at: &Field, problems: &mut Problems) {
    let volumes = volume::check(spec, at, problems);
    container::check_all(spec, &volumes, at, problems);
    problems.one_of(
        &at.child("restartPolicy"),
        spec.restart_policy.as_deref(),
        &["Always", "OnFailure", "Never"],
    );
    times(spec, owner, at, problems);
    network(spec, at, problems);
    names(spec, at, problems);
    scheduling::check(spec, at, problems);
    security_context::check_pod(spec, at, problems);
}

fn times(spec: &PodSpec, owner: Owner, at: &Field, problems: &mut Problems) {
    let deadline = at.child("activeDeadlineSeconds");
    if owner == Owner::Deployment && spec.active_deadline_seconds.is_some() {
        problems.forbidden(&deadline, "activeDeadlineSeconds in ReplicaSet is not supported");
    }
    problems.between(&deadline, spec.active_deadline_seconds, 1, i64::from(i32::MAX));
    if spec.termination_grace_period_seconds.is_some_and(|seconds| seconds < 0) {
        let why = "must be >= 0; negative values are invalid and will be treated as 1";
        problems.strict("no-grace", &at.child("terminationGracePeriodSeconds"), why);
    }
}

fn network(spec: &PodSpec, at: &Field, problems: &mut Problems) {
    problems.one_of(&at.child("dnsPolicy"), spec.dns_policy.as_deref(), &DNS_POLICIES);
    let servers = spec.dns_config.as_ref().and_then(|dns| dns.nameservers.as_ref());
    if spec.dns_policy.as_deref() == Some("None") && servers.is_none_or(Vec::is_empty) {
        problems.required(&at.child("dnsConfig").child("nameservers"), "when `dnsPolicy` is None");
    }
    if spec.share_process_namespace == Some(true) && spec.host_pid == Some(true) {
        problems.reject(
            &at.child("shareProcessNamespace"),
            "ShareProcessNamespace and HostPID cannot both be enabled",
        );
    }
    for (name, value) in [("hostname", &spec.hostname), ("subdomain", &spec.subdomain)] {
        if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
            problems.form(&at.child(name), value, names::dns_label);
        }
    }
}

fn names(spec: &PodSpec, at: &Field, problems: &mut Problems) {
    for (name, value) in [
        ("serviceAccountName", &spec.service_account_name),
        ("nodeName", &spec.node_name),
        ("priorityClassName", &spec.priority_class_name),
        ("runtimeClassName", &spec.runtime_class_name),
    ] {
        if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
            problems.form(&at.child(name), value, names::dns_subdomain);
        }
    }
    problems.one_of(
        &at.child("preemptionPolicy"),
        spec.preemption_policy.as_deref(),
        &["PreemptLowerPriority", "Never"],
    );
    for (index, secret) in spec.image_pull_secrets.iter().flatten().enumerate() {
        if secret.name.is_empty() {
            let why = "an empty name pulls with no secret";
            problems.strict("nameless-secret", &at.child("imagePullSecrets").index(index).child("name"), why);
        }
    }
}
