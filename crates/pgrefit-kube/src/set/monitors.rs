//! Monitors of the Prometheus operator: what they scrape is there.

use super::{listens, pods};
use crate::field::Field;
use crate::lint::Item;
use crate::manifest::Manifest;
use crate::object::Object;
use crate::problem::Problems;
use crate::rules::selector;
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::Value;

pub(super) fn check(monitor: &Manifest, items: &[&Item<'_>], problems: &mut Problems) {
    if !matches!(monitor.kind(), "ServiceMonitor" | "PodMonitor") {
        return;
    }
    // One that looks into other namespaces may find there what is not here.
    if monitor.value.pointer("/spec/namespaceSelector").is_some() {
        return;
    }
    let none = Value::Object(serde_json::Map::new());
    let asked = monitor.value.pointer("/spec/selector").unwrap_or(&none).clone();
    let Ok(asked) = serde_json::from_value::<LabelSelector>(asked) else {
        return problems.reject(&Field::of("spec.selector"), "not a label selector");
    };
    match monitor.kind() {
        "ServiceMonitor" => services(monitor, &asked, items, problems),
        _ => own_pods(monitor, &asked, items, problems),
    }
}

fn services(monitor: &Manifest, asked: &LabelSelector, items: &[&Item<'_>], problems: &mut Problems) {
    let service = |item: &&'_ Item<'_>| match &item.object {
        Some(Object::Service(service)) => Some((**service).clone()),
        _ => None,
    };
    let matches =
        |service: &Service| selector::matches(asked, &service.metadata.labels.clone().unwrap_or_default());
    let selected: Vec<_> = items.iter().filter_map(service).filter(matches).collect();
    if selected.is_empty() {
        nothing(problems);
        return;
    }
    let has = |name: &str| {
        let ports = selected.iter().filter_map(|service| service.spec.as_ref()?.ports.as_ref()).flatten();
        ports.into_iter().any(|port| port.name.as_deref() == Some(name))
    };
    ports(monitor, "endpoints", has, problems);
}

fn own_pods(monitor: &Manifest, asked: &LabelSelector, items: &[&Item<'_>], problems: &mut Problems) {
    let selected = pods(items, |labels| selector::matches(asked, labels));
    if selected.is_empty() {
        nothing(problems);
        return;
    }
    let has = |name: &str| {
        let port = IntOrString::String(name.to_owned());
        selected.iter().any(|pod| listens(pod, &port))
    };
    ports(monitor, "podMetricsEndpoints", has, problems);
}

fn nothing(problems: &mut Problems) {
    let why = "nothing of these manifests has such labels";
    problems.strict("selects-nothing", &Field::of("spec.selector"), why);
}

fn ports(monitor: &Manifest, list: &str, has: impl Fn(&str) -> bool, problems: &mut Problems) {
    let at = Field::of("spec").child(list);
    let endpoints = monitor.value.pointer(&format!("/spec/{list}")).and_then(Value::as_array);
    for (index, endpoint) in endpoints.into_iter().flatten().enumerate() {
        let Some(name) = endpoint.get("port").and_then(Value::as_str).filter(|name| !has(name)) else {
            continue;
        };
        let at = at.index(index).child("port");
        problems.strict("no-such-port", &at, format!("there is no port \"{name}\""));
    }
}
