//! Where a pod may run.

use super::{meta, selector};
use crate::field::Field;
use crate::names;
use crate::problem::Problems;
use k8s_openapi::api::core::v1::{PodSpec, Toleration, TopologySpreadConstraint};

pub(super) fn check(spec: &PodSpec, at: &Field, problems: &mut Problems) {
    meta::labels(spec.node_selector.as_ref(), &at.child("nodeSelector"), problems);
    let spread = spec.topology_spread_constraints.as_deref().unwrap_or_default();
    for (index, constraint) in spread.iter().enumerate() {
        let here = at.child("topologySpreadConstraints").index(index);
        spread_over(constraint, &here, problems);
        let before = spread.get(..index).unwrap_or_default();
        let same = |other: &TopologySpreadConstraint| {
            other.topology_key == constraint.topology_key
                && other.when_unsatisfiable == constraint.when_unsatisfiable
        };
        if before.iter().any(same) {
            problems.duplicate(&here.child("{topologyKey, whenUnsatisfiable}"), &constraint.topology_key);
        }
    }
    for (index, toleration) in spec.tolerations.iter().flatten().enumerate() {
        tolerate(toleration, &at.child("tolerations").index(index), problems);
    }
}

fn spread_over(constraint: &TopologySpreadConstraint, at: &Field, problems: &mut Problems) {
    if constraint.max_skew <= 0 {
        problems.invalid(&at.child("maxSkew"), constraint.max_skew, "must be greater than zero");
    }
    if constraint.topology_key.is_empty() {
        problems.required(&at.child("topologyKey"), "can not be empty");
    }
    problems.set_one_of(
        &at.child("whenUnsatisfiable"),
        Some(&constraint.when_unsatisfiable),
        &["DoNotSchedule", "ScheduleAnyway"],
    );
    if let Some(domains) = constraint.min_domains.filter(|domains| *domains <= 0) {
        problems.invalid(&at.child("minDomains"), domains, "must be greater than zero");
    }
    selector::check(constraint.label_selector.as_ref(), &at.child("labelSelector"), problems);
}

fn tolerate(toleration: &Toleration, at: &Field, problems: &mut Problems) {
    let operator = toleration.operator.as_deref().unwrap_or_default();
    let key = toleration.key.as_deref().unwrap_or_default();
    if !key.is_empty() {
        problems.form(&at.child("key"), key, names::qualified_name);
    }
    if key.is_empty() && operator != "Exists" {
        problems.invalid(&at.child("operator"), operator, "operator must be Exists when `key` is empty");
    }
    if toleration.toleration_seconds.is_some() && toleration.effect.as_deref() != Some("NoExecute") {
        problems.reject(
            &at.child("effect"),
            "invalid value: effect must be 'NoExecute' when `tolerationSeconds` is set",
        );
    }
    let value = toleration.value.as_deref().unwrap_or_default();
    match operator {
        "" | "Equal" => problems.form(&at.child("operator"), value, names::label_value),
        "Exists" if !value.is_empty() => {
            problems.invalid(&at.child("operator"), value, "value must be empty when `operator` is 'Exists'");
        }
        "Exists" => {}
        other => problems.unsupported(&at.child("operator"), other, &["Equal", "Exists"]),
    }
    let effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
    problems.one_of(&at.child("effect"), toleration.effect.as_deref(), &effects);
}
