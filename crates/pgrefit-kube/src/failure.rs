//! What the Job controller does with a pod that failed: a port of its `matchPodFailurePolicy`, and the exit codes of
//! pgrefit held against every policy.

use crate::exit_codes::{ExitCodes, KILLED};
use crate::field::Field;
use crate::object::Object;
use crate::problem::Problems;
use k8s_openapi::api::batch::v1::{
    JobSpec, PodFailurePolicy, PodFailurePolicyOnExitCodesRequirement as Requirement, PodFailurePolicyRule,
};

/// What becomes of the Job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// It ends.
    FailJob,
    /// One of its indexes ends.
    FailIndex,
    /// Another pod, which does not count towards the limit.
    Ignore,
    /// Another pod, while the limit is not reached.
    Count,
}

/// A pod that failed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FailedPod<'a> {
    /// The containers and what each ended with.
    pub(crate) containers: &'a [(&'a str, i32)],
    /// The conditions that it has, with their status.
    pub(crate) conditions: &'a [(&'a str, &'a str)],
}

/// What the controller does: the first rule that matches, else it counts. After
/// `pkg/controller/job/pod_failure_policy.go` of Kubernetes 1.36.
pub(crate) fn judge(policy: Option<&PodFailurePolicy>, pod: FailedPod<'_>) -> Action {
    let rules = policy.into_iter().flat_map(|policy| &policy.rules);
    let first = rules.into_iter().find(|rule| matches(rule, pod));
    match first.map(|rule| rule.action.as_str()) {
        Some("FailJob") => Action::FailJob,
        Some("FailIndex") => Action::FailIndex,
        Some("Ignore") => Action::Ignore,
        _ => Action::Count,
    }
}

fn matches(rule: &PodFailurePolicyRule, pod: FailedPod<'_>) -> bool {
    if let Some(codes) = &rule.on_exit_codes {
        return pod.containers.iter().any(|(name, code)| matches_code(codes, name, *code));
    }
    let patterns = rule.on_pod_conditions.iter().flatten();
    patterns.into_iter().any(|pattern| {
        let status = pattern.status.as_deref().filter(|status| !status.is_empty()).unwrap_or("True");
        pod.conditions.iter().any(|(kind, own)| *kind == pattern.type_ && *own == status)
    })
}

/// Success is never asked about: 0 is not "not in" anything.
fn matches_code(codes: &Requirement, container: &str, code: i32) -> bool {
    if code == 0 || codes.container_name.as_ref().is_some_and(|name| name != container) {
        return false;
    }
    match codes.operator.as_str() {
        "In" => codes.values.contains(&code),
        "NotIn" => !codes.values.contains(&code),
        _ => false,
    }
}

/// Holds the policy of a Job against the exit codes: every container, every code, in a drain and not.
pub(crate) fn check(object: &Object, codes: Option<&ExitCodes>, problems: &mut Problems) {
    let Some((codes, (spec, at))) = codes.zip(object.job()) else { return };
    let at = at.child("podFailurePolicy");
    if spec.pod_failure_policy.is_none() {
        problems.strict("failure-policy", &at, "without one, every failure is tried again");
        return;
    }
    for name in containers(spec) {
        for disrupted in [false, true] {
            let wrong = |code: &u8| !is_right(spec, name, *code, disrupted, codes);
            let wrong: Vec<_> = (1..=u8::MAX).filter(wrong).collect();
            report(&wrong, name, disrupted, codes, &at, problems);
        }
    }
}

/// A failure that may pass counts, or all attempts would never end; in a drain it need not. Every other one is final,
/// also in a drain, or the drain would hide it.
fn is_right(spec: &JobSpec, container: &str, code: u8, disrupted: bool, codes: &ExitCodes) -> bool {
    let conditions = [("DisruptionTarget", "True")];
    let pod = FailedPod {
        containers: &[(container, code.into())],
        conditions: if disrupted { &conditions } else { &[] },
    };
    match judge(spec.pod_failure_policy.as_ref(), pod) {
        Action::Count => codes.retry(code),
        Action::Ignore => codes.retry(code) && disrupted,
        Action::FailJob | Action::FailIndex => !codes.retry(code),
    }
}

fn report(
    wrong: &[u8],
    container: &str,
    disrupted: bool,
    codes: &ExitCodes,
    at: &Field,
    problems: &mut Problems,
) {
    let when = if disrupted { " in a drain" } else { "" };
    for (retry, should) in [(true, "tried again, and count"), (false, "final")] {
        let of_kind: Vec<_> = wrong.iter().copied().filter(|code| codes.retry(*code) == retry).collect();
        if !of_kind.is_empty() {
            let list = ranges(&of_kind);
            let why = format!("exit codes {list} of container \"{container}\" should be {should}{when}");
            problems.strict("failure-policy", at, why);
        }
    }
}

fn containers(spec: &JobSpec) -> impl Iterator<Item = &str> {
    let pod = spec.template.spec.as_ref();
    let all =
        pod.into_iter().flat_map(|pod| pod.containers.iter().chain(pod.init_containers.iter().flatten()));
    all.map(|container| container.name.as_str())
}

/// Numbers as people write them: `1-74, 76`.
fn ranges(codes: &[u8]) -> String {
    let mut spans: Vec<(u8, u8)> = Vec::new();
    for code in codes {
        match spans.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*code) => *last = *code,
            _ => spans.push((*code, *code)),
        }
    }
    let word = |(first, last): &(u8, u8)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    spans.iter().map(word).collect::<Vec<_>>().join(", ")
}

/// Every code that a policy's reader should find explained beside it.
pub(crate) fn explained(codes: &ExitCodes) -> Vec<u8> {
    codes.own().chain(KILLED).collect()
}

#[cfg(test)]
mod tests {
    use super::{Action, FailedPod, judge, ranges};
    use serde_json::{Value, json};

    fn check(rules: &Value, code: i32, conditions: &[(&str, &str)], expected: Action) {
        let policy = serde_json::from_value(json!({ "rules": rules })).expect("a policy");
        let pod = FailedPod { containers: &[("migrate", code)], conditions };
        assert_eq!(judge(Some(&policy), pod), expected, "{rules} {code} {conditions:?}");
    }

    const DRAIN: [(&str, &str); 1] = [("DisruptionTarget", "True")];

    fn codes(action: &str, operator: &str, values: &[i32]) -> Value {
        let codes = json!({ "containerName": "migrate", "operator": operator, "values": values });
        json!({ "action": action, "onExitCodes": codes })
    }

    fn drain(action: &str) -> Value {
        json!({ "action": action, "onPodConditions": [{ "type": "DisruptionTarget", "status": "True" }] })
    }

    #[test]
    fn the_first_rule_that_matches_decides() {
        let ours = json!([codes("FailJob", "NotIn", &[75]), drain("Ignore")]);
        check(&ours, 3, &[], Action::FailJob);
        check(&ours, 3, &DRAIN, Action::FailJob);
        check(&ours, 75, &[], Action::Count);
        check(&ours, 75, &DRAIN, Action::Ignore);
        let drain_first = json!([drain("Ignore"), codes("FailJob", "NotIn", &[75])]);
        check(&drain_first, 3, &DRAIN, Action::Ignore);
    }

    #[test]
    fn operators_containers_and_conditions() {
        check(&json!([codes("FailJob", "NotIn", &[75])]), 0, &[], Action::Count);
        check(&json!([codes("FailIndex", "In", &[3])]), 3, &[], Action::FailIndex);
        check(&json!([codes("FailJob", "In", &[3])]), 4, &[], Action::Count);
        let other = json!([{ "action": "FailJob",
            "onExitCodes": { "containerName": "other", "operator": "In", "values": [3] } }]);
        check(&other, 3, &[], Action::Count);
        let any = json!([{ "action": "FailJob", "onExitCodes": { "operator": "In", "values": [3] } }]);
        check(&any, 3, &[], Action::FailJob);
        let absent = json!([{ "action": "Ignore", "onPodConditions": [{ "type": "DisruptionTarget" }] }]);
        check(&absent, 3, &DRAIN, Action::Ignore);
        check(&json!([drain("Ignore")]), 3, &[("DisruptionTarget", "False")], Action::Count);
        check(&json!([drain("Count"), codes("FailJob", "In", &[3])]), 3, &DRAIN, Action::Count);
    }

    #[test]
    fn codes_read_as_ranges() {
        assert_eq!(ranges(&[1, 2, 3, 5, 7, 8]), "1-3, 5, 7-8");
        assert_eq!(ranges(&[255]), "255");
    }
}
