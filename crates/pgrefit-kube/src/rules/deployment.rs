//! Deployments: pods that are kept running.

use super::{selector, template};
use crate::field::Field;
use crate::object::Owner;
use crate::problem::Problems;
use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec};

pub(super) fn check(deployment: &Deployment, problems: &mut Problems) {
    let at = Field::of("spec");
    let Some(spec) = &deployment.spec else {
        problems.required(&at.child("selector"), "");
        return;
    };
    numbers(spec, &at, problems);
    strategy(spec, &at.child("strategy"), problems);
    own_selector(spec, &at, problems);
    template::check(&spec.template, Owner::Deployment, &at.child("template"), problems);
    let policy = spec.template.spec.as_ref().and_then(|pod| pod.restart_policy.as_deref());
    problems.one_of(&at.child("template").child("spec").child("restartPolicy"), policy, &["Always"]);
}

fn numbers(spec: &DeploymentSpec, at: &Field, problems: &mut Problems) {
    for (name, value) in [
        ("replicas", spec.replicas),
        ("minReadySeconds", spec.min_ready_seconds),
        ("revisionHistoryLimit", spec.revision_history_limit),
        ("progressDeadlineSeconds", spec.progress_deadline_seconds),
    ] {
        problems.not_negative(&at.child(name), value);
    }
    let ready = spec.min_ready_seconds.unwrap_or_default();
    if let Some(deadline) = spec.progress_deadline_seconds.filter(|deadline| *deadline <= ready) {
        problems.invalid(
            &at.child("progressDeadlineSeconds"),
            deadline,
            "must be greater than minReadySeconds",
        );
    }
}

fn strategy(spec: &DeploymentSpec, at: &Field, problems: &mut Problems) {
    let Some(strategy) = &spec.strategy else { return };
    problems.one_of(&at.child("type"), strategy.type_.as_deref(), &["Recreate", "RollingUpdate"]);
    if strategy.type_.as_deref() == Some("Recreate") && strategy.rolling_update.is_some() {
        problems
            .forbidden(&at.child("rollingUpdate"), "may not be specified when strategy `type` is 'Recreate'");
    }
}

fn own_selector(spec: &DeploymentSpec, at: &Field, problems: &mut Problems) {
    let here = at.child("selector");
    selector::check(Some(&spec.selector), &here, problems);
    let labels =
        spec.template.metadata.as_ref().and_then(|metadata| metadata.labels.clone()).unwrap_or_default();
    let asks = spec.selector.match_labels.as_ref().is_some_and(|labels| !labels.is_empty())
        || spec.selector.match_expressions.as_ref().is_some_and(|all| !all.is_empty());
    if !asks {
        problems.invalid(&here, "{}", "empty selector is invalid for deployment");
    } else if !selector::matches(&spec.selector, &labels) {
        let at = at.child("template").child("metadata").child("labels");
        problems.reject(&at, "invalid value: `selector` does not match template `labels`");
    }
}
