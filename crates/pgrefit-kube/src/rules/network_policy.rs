//! Network policies: who may talk to whom.

use super::{port, selector};
use crate::field::Field;
use crate::problem::Problems;
use ipnet::IpNet;
use k8s_openapi::api::networking::v1::{IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

const TYPES: [&str; 2] = ["Ingress", "Egress"];

pub(super) fn check(policy: &NetworkPolicy, problems: &mut Problems) {
    let at = Field::of("spec");
    let spec = policy.spec.clone().unwrap_or_default();
    selector::check(spec.pod_selector.as_ref(), &at.child("podSelector"), problems);
    let types = spec.policy_types.unwrap_or_default();
    problems.too_many(&at.child("policyTypes"), types.len(), TYPES.len());
    for (index, kind) in types.iter().enumerate() {
        problems.set_one_of(&at.child("policyTypes").index(index), Some(kind), &TYPES);
    }
    for (index, rule) in spec.ingress.iter().flatten().enumerate() {
        let at = at.child("ingress").index(index);
        ports(rule.ports.as_deref(), &at, problems);
        peers(rule.from.as_deref(), &at.child("from"), problems);
    }
    for (index, rule) in spec.egress.iter().flatten().enumerate() {
        let at = at.child("egress").index(index);
        ports(rule.ports.as_deref(), &at, problems);
        peers(rule.to.as_deref(), &at.child("to"), problems);
    }
    unlisted(&types, spec.egress.is_some(), spec.ingress.is_some(), &at, problems);
}

/// Rules of a direction that is not among the types are there to be read, and do nothing.
fn unlisted(types: &[String], egress: bool, ingress: bool, at: &Field, problems: &mut Problems) {
    for (name, kind, has) in [("egress", "Egress", egress), ("ingress", "Ingress", ingress)] {
        if has && !types.is_empty() && !types.iter().any(|one| one == kind) {
            let why = format!("without {kind} among the policyTypes these rules do nothing");
            problems.strict("rules-without-type", &at.child(name), why);
        }
    }
}

fn ports(ports: Option<&[NetworkPolicyPort]>, at: &Field, problems: &mut Problems) {
    for (index, one) in ports.into_iter().flatten().enumerate() {
        let at = at.child("ports").index(index);
        problems.one_of(&at.child("protocol"), one.protocol.as_deref(), &["TCP", "UDP", "SCTP"]);
        if let Some(number) = &one.port {
            port::check_either(number, &at.child("port"), problems);
        }
        end_port(one, &at.child("endPort"), problems);
    }
}

fn end_port(one: &NetworkPolicyPort, at: &Field, problems: &mut Problems) {
    let Some(end) = one.end_port else { return };
    match &one.port {
        None => problems.invalid(at, end, "may not be specified when `port` is not specified"),
        Some(IntOrString::String(_)) => {
            problems.invalid(at, end, "may not be specified when `port` is non-numeric");
        }
        Some(IntOrString::Int(first)) if end < *first => {
            problems.invalid(at, first, "must be greater than or equal to `port`");
        }
        Some(IntOrString::Int(_)) => problems.between(at, Some(end), 1, port::PORT_MAX),
    }
}

fn peers(peers: Option<&[NetworkPolicyPeer]>, at: &Field, problems: &mut Problems) {
    for (index, peer) in peers.into_iter().flatten().enumerate() {
        let at = at.index(index);
        selector::check(peer.pod_selector.as_ref(), &at.child("podSelector"), problems);
        selector::check(peer.namespace_selector.as_ref(), &at.child("namespaceSelector"), problems);
        let selects = peer.pod_selector.is_some() || peer.namespace_selector.is_some();
        match &peer.ip_block {
            None if !selects => problems.required(&at, "must specify a peer"),
            None => {}
            Some(_) if selects => problems.forbidden(&at, "may not specify both ipBlock and another peer"),
            Some(block) => ip_block(block, &at.child("ipBlock"), problems),
        }
    }
}

fn ip_block(block: &IPBlock, at: &Field, problems: &mut Problems) {
    if block.cidr.is_empty() {
        problems.required(&at.child("cidr"), "");
        return;
    }
    let Some(outer) = cidr(&block.cidr, &at.child("cidr"), problems) else { return };
    for (index, text) in block.except.iter().flatten().enumerate() {
        let at = at.child("except").index(index);
        let Some(inner) = cidr(text, &at, problems) else { continue };
        if !outer.contains(&inner) || outer.prefix_len() >= inner.prefix_len() {
            problems.invalid(&at, text, "must be a strict subset of `cidr`");
        }
    }
}

fn cidr(text: &str, at: &Field, problems: &mut Problems) -> Option<IpNet> {
    let parsed = text.parse().ok();
    if parsed.is_none() {
        problems.invalid(at, text, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
    }
    parsed
}
