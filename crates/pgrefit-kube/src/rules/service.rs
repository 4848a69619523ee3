//! Services: the ports that they give to pods.

use super::{meta, port};
use crate::field::Field;
use crate::names;
use crate::problem::Problems;
use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};

const TYPES: [&str; 4] = ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"];

pub(super) fn check(service: &Service, problems: &mut Problems) {
    let at = Field::of("spec");
    let spec = service.spec.clone().unwrap_or_default();
    let kind = spec.type_.as_deref().unwrap_or_default();
    problems.one_of(&at.child("type"), Some(kind), &TYPES);
    let headless = spec.cluster_ip.as_deref() == Some("None");
    let ports = spec.ports.as_deref().unwrap_or_default();
    if ports.is_empty() && !headless && kind != "ExternalName" {
        problems.required(&at.child("ports"), "");
    }
    for (index, one) in ports.iter().enumerate() {
        self::port(one, ports, index, &at.child("ports").index(index), problems);
    }
    meta::labels(spec.selector.as_ref(), &at.child("selector"), problems);
    words(&spec, &at, problems);
    if kind == "ExternalName" && spec.external_name.as_ref().is_none_or(String::is_empty) {
        problems.invalid(&at.child("externalName"), "\"\"", "must be a valid DNS name");
    }
}

fn words(spec: &ServiceSpec, at: &Field, problems: &mut Problems) {
    problems.one_of(&at.child("sessionAffinity"), spec.session_affinity.as_deref(), &["ClientIP", "None"]);
    problems.one_of(
        &at.child("internalTrafficPolicy"),
        spec.internal_traffic_policy.as_deref(),
        &["Cluster", "Local"],
    );
}

fn port(one: &ServicePort, all: &[ServicePort], index: usize, at: &Field, problems: &mut Problems) {
    let name = one.name.as_deref().unwrap_or_default();
    let before = all.get(..index).unwrap_or_default();
    if name.is_empty() && all.len() > 1 {
        problems.required(&at.child("name"), "");
    } else if !name.is_empty() {
        problems.form(&at.child("name"), name, names::dns_label);
        if before.iter().any(|other| other.name.as_deref() == Some(name)) {
            problems.duplicate(&at.child("name"), name);
        }
    }
    problems.between(&at.child("port"), Some(one.port), 1, port::PORT_MAX);
    problems.one_of(&at.child("protocol"), one.protocol.as_deref(), &["TCP", "UDP", "SCTP"]);
    if let Some(target) = &one.target_port {
        port::check_either(target, &at.child("targetPort"), problems);
    }
    let protocol = |port: &ServicePort| port.protocol.clone().unwrap_or_else(|| "TCP".to_owned());
    if before.iter().any(|other| other.port == one.port && protocol(other) == protocol(one)) {
        problems.duplicate(at, one.port);
    }
}
