//! Probes: what is asked, how often, and whether there is such a port.

use super::port;
use crate::field::Field;
use crate::problem::Problems;
use k8s_openapi::api::core::v1::{Container, Probe};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// Judges a probe; `once` of those for which one success is the only number.
pub(super) fn check(probe: &Probe, container: &Container, once: bool, at: &Field, problems: &mut Problems) {
    handler(probe, container, at, problems);
    for (name, value) in [
        ("initialDelaySeconds", probe.initial_delay_seconds),
        ("timeoutSeconds", probe.timeout_seconds),
        ("periodSeconds", probe.period_seconds),
        ("successThreshold", probe.success_threshold),
        ("failureThreshold", probe.failure_threshold),
    ] {
        problems.not_negative(&at.child(name), value);
    }
    if let Some(grace) = probe.termination_grace_period_seconds.filter(|grace| *grace <= 0) {
        problems.invalid(&at.child("terminationGracePeriodSeconds"), grace, "must be greater than 0");
    }
    if let Some(threshold) = probe.success_threshold.filter(|threshold| once && !matches!(threshold, 0 | 1)) {
        problems.invalid(&at.child("successThreshold"), threshold, "must be 1");
    }
}

fn handler(probe: &Probe, container: &Container, at: &Field, problems: &mut Problems) {
    let all = [
        ("exec", probe.exec.is_some()),
        ("httpGet", probe.http_get.is_some()),
        ("tcpSocket", probe.tcp_socket.is_some()),
        ("grpc", probe.grpc.is_some()),
    ];
    let mut set = all.into_iter().filter(|(_, set)| *set).map(|(name, _)| name);
    if set.next().is_none() {
        problems.required(at, "must specify a handler type");
    }
    for second in set {
        problems.forbidden(&at.child(second), "may not specify more than 1 handler type");
    }
    if probe.exec.as_ref().is_some_and(|exec| exec.command.as_ref().is_none_or(Vec::is_empty)) {
        problems.required(&at.child("exec").child("command"), "");
    }
    if let Some(get) = &probe.http_get {
        let at = at.child("httpGet");
        problems.one_of(&at.child("scheme"), get.scheme.as_deref(), &["HTTP", "HTTPS"]);
        either_port(&get.port, container, &at.child("port"), problems);
    }
    if let Some(socket) = &probe.tcp_socket {
        either_port(&socket.port, container, &at.child("tcpSocket").child("port"), problems);
    }
    if let Some(grpc) = &probe.grpc {
        problems.between(&at.child("grpc").child("port"), Some(grpc.port), 1, port::PORT_MAX);
    }
}

fn either_port(asked: &IntOrString, container: &Container, at: &Field, problems: &mut Problems) {
    port::check_either(asked, at, problems);
    let IntOrString::String(name) = asked else { return };
    let named = container.ports.iter().flatten().any(|port| port.name.as_ref() == Some(name));
    if !named {
        problems.strict("probe-of-no-port", at, format!("the container has no port \"{name}\""));
    }
}
