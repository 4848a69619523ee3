//! The rules by which a Job tells failures that may pass from those that do not.

use crate::field::Field;
use crate::names;
use crate::problem::Problems;
use k8s_openapi::api::batch::v1::{
    JobSpec, PodFailurePolicyOnExitCodesRequirement as ExitCodes,
    PodFailurePolicyOnPodConditionsPattern as Condition, PodFailurePolicyRule as Rule,
};

const ACTIONS: [&str; 4] = ["Count", "FailIndex", "FailJob", "Ignore"];
const RULES_MAX: usize = 20;
const CONDITIONS_MAX: usize = 20;
const VALUES_MAX: usize = 255;

pub(super) fn check(spec: &JobSpec, at: &Field, problems: &mut Problems) {
    let Some(policy) = &spec.pod_failure_policy else { return };
    let at = at.child("podFailurePolicy").child("rules");
    problems.too_many(&at, policy.rules.len(), RULES_MAX);
    for (index, rule) in policy.rules.iter().enumerate() {
        self::rule(rule, spec, &at.index(index), problems);
    }
}

fn rule(rule: &Rule, spec: &JobSpec, at: &Field, problems: &mut Problems) {
    action(&rule.action, spec, &at.child("action"), problems);
    if let Some(codes) = &rule.on_exit_codes {
        exit_codes(codes, spec, &at.child("onExitCodes"), problems);
    }
    let conditions = rule.on_pod_conditions.as_deref().unwrap_or_default();
    let here = at.child("onPodConditions");
    problems.too_many(&here, conditions.len(), CONDITIONS_MAX);
    for (index, condition) in conditions.iter().enumerate() {
        self::condition(condition, &here.index(index), problems);
    }
    match (rule.on_exit_codes.is_some(), !conditions.is_empty()) {
        (true, true) => {
            problems.reject(at, "specifying both onExitCodes and onPodConditions is not supported");
        }
        (false, false) => {
            problems.reject(at, "specifying one of onExitCodes and onPodConditions is required");
        }
        _ => {}
    }
}

fn action(action: &str, spec: &JobSpec, at: &Field, problems: &mut Problems) {
    match action {
        "" => problems.required(at, &format!("valid values: {}", ACTIONS.join(", "))),
        "FailIndex" if spec.backoff_limit_per_index.is_none() => {
            problems.invalid(at, action, "requires the backoffLimitPerIndex to be set");
        }
        action if !ACTIONS.contains(&action) => problems.unsupported(at, action, &ACTIONS),
        _ => {}
    }
}

fn exit_codes(codes: &ExitCodes, spec: &JobSpec, at: &Field, problems: &mut Problems) {
    match codes.operator.as_str() {
        "" => problems.required(&at.child("operator"), "valid values: In, NotIn"),
        operator => problems.set_one_of(&at.child("operator"), Some(operator), &["In", "NotIn"]),
    }
    if let Some(name) = codes.container_name.as_ref().filter(|name| !has_container(spec, name)) {
        let why = "must be one of the container or initContainer names in the pod template";
        problems.invalid(&at.child("containerName"), name, why);
    }
    let at = at.child("values");
    if codes.values.is_empty() {
        problems.reject(&at, "invalid value: at least one value is required");
    }
    problems.too_many(&at, codes.values.len(), VALUES_MAX);
    if !codes.values.is_sorted() {
        problems.reject(&at, "invalid value: must be ordered");
    }
    values(codes, &at, problems);
}

fn values(codes: &ExitCodes, at: &Field, problems: &mut Problems) {
    for (index, value) in codes.values.iter().enumerate() {
        let at = at.index(index);
        if codes.values.iter().take(index).any(|before| before == value) {
            problems.duplicate(&at, value);
        }
        match (value, codes.operator.as_str()) {
            (0, "In") => problems.invalid(&at, value, "must not be 0 for the In operator"),
            (0, _) => problems.strict("exit-code-never", &at, "0 is success and is never asked about"),
            (1..=255, _) => {}
            _ => problems.strict("exit-code-never", &at, format!("no process ends with {value}: 1 to 255")),
        }
    }
}

fn condition(condition: &Condition, at: &Field, problems: &mut Problems) {
    problems.form(&at.child("type"), &condition.type_, names::qualified_name);
    // Absent, it is True.
    problems.one_of(&at.child("status"), condition.status.as_deref(), &["False", "True", "Unknown"]);
}

fn has_container(spec: &JobSpec, name: &str) -> bool {
    let pod = spec.template.spec.as_ref();
    let containers =
        pod.into_iter().flat_map(|pod| pod.containers.iter().chain(pod.init_containers.iter().flatten()));
    containers.into_iter().any(|container| container.name == name)
}
