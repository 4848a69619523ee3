//! Network policies: they select pods, and the ports that they let in are ports of those.

use super::{listens, pods};
use crate::field::Field;
use crate::lint::Item;
use crate::problem::Problems;
use crate::rules::selector;
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

pub(super) fn check(policy: &NetworkPolicy, items: &[&Item<'_>], problems: &mut Problems) {
    let spec = policy.spec.clone().unwrap_or_default();
    let asked = spec.pod_selector.clone().unwrap_or_default();
    let at = Field::of("spec");
    let selected = pods(items, |labels| selector::matches(&asked, labels));
    if selected.is_empty() {
        let why = "no pod of these manifests has such labels";
        problems.strict("selects-nothing", &at.child("podSelector"), why);
        return;
    }
    for (index, rule) in spec.ingress.iter().flatten().enumerate() {
        for (number, port) in rule.ports.iter().flatten().enumerate() {
            let Some(name @ IntOrString::String(text)) = &port.port else { continue };
            if !selected.iter().any(|pod| listens(pod, name)) {
                let at = at.child("ingress").index(index).child("ports").index(number).child("port");
                problems.strict("no-such-port", &at, format!("none of the pods has a port \"{text}\""));
            }
        }
    }
}
