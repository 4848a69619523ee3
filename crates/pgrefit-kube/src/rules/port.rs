//! Ports: numbers and names.

use crate::field::Field;
use crate::names;
use crate::problem::Problems;
use k8s_openapi::api::core::v1::Container;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

pub(super) const PORT_MAX: i64 = 65535;

pub(super) fn check(container: &Container, at: &Field, problems: &mut Problems) {
    let mut names: Vec<&str> = Vec::new();
    for (index, port) in container.ports.iter().flatten().enumerate() {
        let at = at.child("ports").index(index);
        match port.container_port {
            0 => problems.required(&at.child("containerPort"), ""),
            number => problems.between(&at.child("containerPort"), Some(number), 1, PORT_MAX),
        }
        let host = port.host_port.filter(|host| *host != 0);
        problems.between(&at.child("hostPort"), host, 1, PORT_MAX);
        problems.one_of(&at.child("protocol"), port.protocol.as_deref(), &["SCTP", "TCP", "UDP"]);
        let Some(name) = port.name.as_deref().filter(|name| !name.is_empty()) else { continue };
        problems.form(&at.child("name"), name, names::port_name);
        if names.contains(&name) {
            problems.duplicate(&at.child("name"), name);
        }
        names.push(name);
    }
}

/// A port by number or by name.
pub(super) fn check_either(port: &IntOrString, at: &Field, problems: &mut Problems) {
    match port {
        IntOrString::Int(number) => problems.between(at, Some(*number), 1, PORT_MAX),
        IntOrString::String(name) => problems.form(at, name, names::port_name),
    }
}
