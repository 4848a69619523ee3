//! What manifests say of one another: whether what selects pods selects any, and the right ones.

mod budgets;
mod monitors;
mod policies;
mod services;

use crate::field::Field;
use crate::lint::Item;
use crate::object::{Labels, Object, Owner, PodView};
use crate::problem::Problems;
use k8s_openapi::api::core::v1::{Container, ContainerPort};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// Judges the manifests of a set together.
pub(crate) fn check(items: &mut [Item<'_>]) {
    let judged: Vec<_> = (0..items.len()).map(|index| judge(items, index)).collect();
    for (item, found) in items.iter_mut().zip(judged) {
        for problem in found.into_vec() {
            item.problems.push(&Field::of(&problem.field), problem.message, problem.severity);
        }
    }
}

fn judge(items: &[Item<'_>], index: usize) -> Problems {
    let mut problems = Problems::default();
    let Some(item) = items.get(index) else { return problems };
    let before = items.get(..index).unwrap_or_default();
    let same = |other: &&Item<'_>| {
        other.manifest.title() == item.manifest.title() && namespace(other) == namespace(item)
    };
    if !item.manifest.name().is_empty() && before.iter().any(|other| same(&other)) {
        let why = format!("there is another {}", item.manifest.title());
        problems.strict("twice", &Field::of("metadata.name"), why);
    }
    // What an object would have selected cannot be known while another is not understood.
    if items.iter().any(|other| other.object.is_none()) {
        return problems;
    }
    let neighbours: Vec<_> = items.iter().filter(|other| namespace(other) == namespace(item)).collect();
    match &item.object {
        Some(Object::Budget(budget)) => budgets::check(budget, &neighbours, &mut problems),
        Some(Object::NetworkPolicy(policy)) => policies::check(policy, &neighbours, &mut problems),
        Some(Object::Service(service)) => services::check(service, &neighbours, &mut problems),
        Some(Object::Foreign(_)) => monitors::check(item.manifest, &neighbours, &mut problems),
        _ => {}
    }
    problems
}

fn namespace<'a>(item: &'a Item<'_>) -> Option<&'a str> {
    item.manifest.value.pointer("/metadata/namespace").and_then(serde_json::Value::as_str)
}

/// The pods of a set that have such labels.
fn pods<'a>(items: &'a [&'a Item<'a>], selects: impl Fn(&Labels) -> bool) -> Vec<PodView<'a>> {
    let views = items.iter().filter_map(|item| item.object.as_ref()?.pod());
    views.filter(|view| selects(&view.labels)).collect()
}

/// Whether any of the pods is a Job's.
fn of_jobs(pods: &[PodView<'_>]) -> usize {
    pods.iter().filter(|pod| pod.owner == Owner::Job).count()
}

/// Whether a pod listens on a port that is given by number or name. A port that is not declared can be listened on all
/// the same, but then nobody knows.
fn listens(pod: &PodView<'_>, port: &IntOrString) -> bool {
    let ports = |container: &'_ Container| container.ports.clone().unwrap_or_default();
    let mut all = pod.spec.containers.iter().flat_map(ports);
    all.any(|own: ContainerPort| match port {
        IntOrString::Int(number) => own.container_port == *number,
        IntOrString::String(name) => own.name.as_ref() == Some(name),
    })
}
