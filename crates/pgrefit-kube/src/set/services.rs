//! Services: they select pods which listen on their ports.

use super::{listens, pods};
use crate::field::Field;
use crate::lint::Item;
use crate::problem::Problems;
use crate::rules::selector;
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

pub(super) fn check(service: &Service, items: &[&Item<'_>], problems: &mut Problems) {
    let spec = service.spec.clone().unwrap_or_default();
    // Without a selector somebody else says where it leads.
    let Some(asked) = spec.selector.filter(|labels| !labels.is_empty()) else { return };
    let at = Field::of("spec");
    let selected = pods(items, |labels| selector::selects(Some(&asked), labels));
    if selected.is_empty() {
        problems.strict(
            "selects-nothing",
            &at.child("selector"),
            "no pod of these manifests has such labels",
        );
        return;
    }
    for (index, port) in spec.ports.iter().flatten().enumerate() {
        let target = port.target_port.clone().unwrap_or(IntOrString::Int(port.port));
        for pod in selected.iter().filter(|pod| !listens(pod, &target)) {
            let at = at.child("ports").index(index).child("targetPort");
            let target = match &target {
                IntOrString::Int(number) => number.to_string(),
                IntOrString::String(name) => format!("\"{name}\""),
            };
            let names: Vec<_> = pod.spec.containers.iter().map(|container| container.name.as_str()).collect();
            let why = format!("the pod of {} has no port {target}", names.join(", "));
            problems.strict("no-such-port", &at, why);
        }
    }
}
