//! The rules for one object, in the order in which the API server applies them: validation, then admission.

mod budget;
mod config;
mod container;
mod cron;
mod deployment;
mod env;
mod failure_policy;
mod images;
mod job;
mod meta;
mod mounts;
mod network_policy;
mod passwords;
mod pod;
mod pod_security;
mod port;
mod probe;
mod references;
mod resources;
mod scheduling;
mod security_context;
pub(crate) mod selector;
mod service;
mod template;
mod volume;

use crate::field::Field;
use crate::names;
use crate::object::{Object, Owner};
use crate::problem::Problems;
use crate::world::Expects;

/// Judges an object that could be decoded.
pub(crate) fn check(object: &Object, world: &Expects, problems: &mut Problems) {
    meta::check(object, name_form(object), problems);
    validate(object, problems);
    passwords::check(object, problems);
    let Some(pod) = object.pod() else { return };
    images::check(&pod, world, problems);
    // Of a pod that is refused for its form the server does not ask whether it is safe.
    if pod.owner != Owner::Pod || !problems.rejected() {
        references::check(&pod, world, problems);
        pod_security::check(&pod, problems);
    }
}

fn validate(object: &Object, problems: &mut Problems) {
    match object {
        Object::Job(job) => job::check(job, problems),
        Object::CronJob(cron) => cron::check(cron, problems),
        Object::Pod(_) => {
            if let Some(view) = object.pod() {
                pod::check(view.spec, view.owner, &view.at, problems);
            } else {
                problems.required(&Field::of("spec.containers"), "");
            }
        }
        Object::Deployment(deployment) => deployment::check(deployment, problems),
        Object::Budget(budget) => budget::check(budget, problems),
        Object::NetworkPolicy(policy) => network_policy::check(policy, problems),
        Object::ConfigMap(map) => config::check_map(map, problems),
        Object::Secret(secret) => config::check_secret(secret, problems),
        Object::Service(service) => service::check(service, problems),
        Object::ServiceAccount(_) | Object::Namespace(_) | Object::Typed(_) | Object::Foreign(_) => {}
    }
}

/// What the name of such an object must look like.
fn name_form(object: &Object) -> fn(&str) -> Option<&'static str> {
    match object {
        Object::Service(_) => names::dns_1035_label,
        Object::Namespace(_) => names::dns_label,
        // Names of roles may be any that fit into a path.
        Object::Typed(_) => |name| name.contains(['/', '%']).then_some("may not contain '/' or '%'"),
        _ => names::dns_subdomain,
    }
}
