//! Jobs: how often, how long, and until when.
//!
//! After `pkg/apis/batch/validation/validation.go` of Kubernetes 1.36.

use super::{failure_policy, selector, template};
use crate::field::Field;
use crate::names;
use crate::object::{Labels, Owner};
use crate::problem::Problems;
use k8s_openapi::api::batch::v1::{Job, JobSpec};

/// Limits of an Indexed Job.
const INDEXES_MAX: i64 = 100_000;
const SUCCESS_RULES_MAX: usize = 20;

pub(super) fn check(job: &Job, problems: &mut Problems) {
    let at = Field::of("spec");
    let Some(spec) = &job.spec else {
        problems.required(&at.child("template"), "");
        return;
    };
    let name = job.metadata.name.as_deref().unwrap_or_default();
    // The server labels the pods with the Job's name.
    problems.form(&at.child("template").child("labels"), name, names::label_value);
    host_names(name, spec, problems);
    own_selector(spec, &at, problems);
    self::spec(spec, &at, problems);
}

/// What a Job and the template of a `CronJob` have in common.
pub(super) fn spec(spec: &JobSpec, at: &Field, problems: &mut Problems) {
    numbers(spec, at, problems);
    completion(spec, at, problems);
    per_index(spec, at, problems);
    success_policy(spec, at, problems);
    if let Some(manager) = &spec.managed_by {
        problems.form(&at.child("managedBy"), manager, names::domain_prefixed_path);
    }
    replacement(spec, at, problems);
    failure_policy::check(spec, at, problems);
    deadline(spec, at, problems);
    template::check(&spec.template, Owner::Job, &at.child("template"), problems);
    restart(spec, at, problems);
}

fn numbers(spec: &JobSpec, at: &Field, problems: &mut Problems) {
    for (name, value) in [
        ("parallelism", spec.parallelism),
        ("completions", spec.completions),
        ("backoffLimit", spec.backoff_limit),
        ("ttlSecondsAfterFinished", spec.ttl_seconds_after_finished),
        ("backoffLimitPerIndex", spec.backoff_limit_per_index),
        ("maxFailedIndexes", spec.max_failed_indexes),
    ] {
        problems.not_negative(&at.child(name), value);
    }
    problems.not_negative(&at.child("activeDeadlineSeconds"), spec.active_deadline_seconds);
}

fn completion(spec: &JobSpec, at: &Field, problems: &mut Problems) {
    problems.set_one_of(
        &at.child("completionMode"),
        spec.completion_mode.as_deref(),
        &["NonIndexed", "Indexed"],
    );
    if !is_indexed(spec) {
        return;
    }
    if spec.completions.is_none() {
        problems.required(&at.child("completions"), "when completion mode is Indexed");
    }
    let most = |name: &str, value: Option<i32>, problems: &mut Problems| {
        if value.is_some_and(|value| i64::from(value) > INDEXES_MAX) {
            problems.invalid(&at.child(name), value.unwrap_or_default(), "must be at most 100000");
        }
    };
    most("parallelism", spec.parallelism, problems);
    if spec.backoff_limit_per_index.is_some() {
        most("completions", spec.completions, problems);
        most("maxFailedIndexes", spec.max_failed_indexes, problems);
    }
}

fn per_index(spec: &JobSpec, at: &Field, problems: &mut Problems) {
    if let Some(limit) = spec.backoff_limit_per_index.filter(|_| !is_indexed(spec)) {
        problems.invalid(&at.child("backoffLimitPerIndex"), limit, "requires indexed completion mode");
    }
    let Some(most) = spec.max_failed_indexes else { return };
    let here = at.child("maxFailedIndexes");
    if spec.backoff_limit_per_index.is_none() {
        problems.required(&at.child("backoffLimitPerIndex"), "when maxFailedIndexes is specified");
    }
    if !is_indexed(spec) {
        problems.invalid(&here, most, "requires indexed completion mode");
    }
    if spec.completions.is_some_and(|completions| is_indexed(spec) && most > completions) {
        problems.invalid(&here, most, "must be less than or equal to completions");
    }
}

fn success_policy(spec: &JobSpec, at: &Field, problems: &mut Problems) {
    let Some(policy) = &spec.success_policy else { return };
    let at = at.child("successPolicy");
    if !is_indexed(spec) {
        problems.reject(&at, "requires indexed completion mode");
        return;
    }
    let rules = at.child("rules");
    if policy.rules.is_empty() {
        problems.required(&rules, "at least one rule must be specified");
    }
    problems.too_many(&rules, policy.rules.len(), SUCCESS_RULES_MAX);
    for (index, rule) in policy.rules.iter().enumerate() {
        let at = rules.index(index);
        if rule.succeeded_count.is_none() && rule.succeeded_indexes.is_none() {
            problems.required(&at, "at least one of succeededCount or succeededIndexes must be specified");
        }
        problems.between(&at.child("succeededCount"), rule.succeeded_count, 1, INDEXES_MAX);
    }
}

fn replacement(spec: &JobSpec, at: &Field, problems: &mut Problems) {
    let supported: &[&str] = match spec.pod_failure_policy {
        Some(_) => &["Failed"],
        None => &["Failed", "TerminatingOrFailed"],
    };
    problems.set_one_of(&at.child("podReplacementPolicy"), spec.pod_replacement_policy.as_deref(), supported);
}

/// An absent policy is `Always`, which is nothing for work that ends.
fn restart(spec: &JobSpec, at: &Field, problems: &mut Problems) {
    let at = at.child("template").child("spec").child("restartPolicy");
    let policy = spec.template.spec.as_ref().and_then(|pod| pod.restart_policy.as_deref());
    match policy.unwrap_or_default() {
        "" | "Always" => problems.required(&at, "valid values: OnFailure, Never"),
        "OnFailure" if spec.pod_failure_policy.is_some() => {
            problems.invalid(&at, "OnFailure", "only Never is supported when podFailurePolicy is specified");
        }
        "OnFailure" | "Never" => {}
        other => problems.unsupported(&at, other, &["OnFailure", "Never"]),
    }
}

fn deadline(spec: &JobSpec, at: &Field, problems: &mut Problems) {
    let at = at.child("activeDeadlineSeconds");
    match spec.active_deadline_seconds {
        None => problems.strict("no-deadline", &at, "without it, a Job that hangs is never found out"),
        Some(0) => problems.strict("no-time", &at, "the Job fails at once, before its first pod has started"),
        Some(_) => {}
    }
}

fn own_selector(spec: &JobSpec, at: &Field, problems: &mut Problems) {
    selector::check(spec.selector.as_ref(), &at.child("selector"), problems);
    let labels = template_labels(spec);
    match &spec.selector {
        Some(selector) => {
            if spec.manual_selector != Some(true) {
                problems.reject(&at.child("selector"), "invalid value: `selector` not auto-generated");
            }
            if !selector::matches(selector, &labels) {
                let labels = at.child("template").child("metadata").child("labels");
                problems.reject(&labels, "invalid value: `selector` does not match template `labels`");
            }
        }
        None if spec.manual_selector == Some(true) => problems.required(&at.child("selector"), ""),
        None => {}
    }
}

/// The pods of an Indexed Job are hosts of the name and their number.
fn host_names(name: &str, spec: &JobSpec, problems: &mut Problems) {
    let Some(last) = spec.completions.filter(|count| is_indexed(spec) && *count > 0) else { return };
    if let Some(why) = names::dns_label(&format!("{name}-{}", last - 1)).filter(|_| !name.is_empty()) {
        let why = format!("pods of it would be hosts with an invalid name: {why}");
        problems.invalid(&Field::of("metadata.name"), name, why);
    }
}

fn template_labels(spec: &JobSpec) -> Labels {
    let metadata = spec.template.metadata.as_ref();
    metadata.and_then(|metadata| metadata.labels.clone()).unwrap_or_default()
}

pub(super) fn is_indexed(spec: &JobSpec) -> bool {
    spec.completion_mode.as_deref() == Some("Indexed")
}
