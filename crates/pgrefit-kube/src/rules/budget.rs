//! Disruption budgets: how many pods an eviction must leave.

use super::selector;
use crate::field::Field;
use crate::problem::Problems;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

pub(super) fn check(budget: &PodDisruptionBudget, problems: &mut Problems) {
    let at = Field::of("spec");
    let spec = budget.spec.clone().unwrap_or_default();
    if spec.min_available.is_some() && spec.max_unavailable.is_some() {
        problems.reject(&at, "minAvailable and maxUnavailable cannot be both set");
    }
    if spec.min_available.is_none() && spec.max_unavailable.is_none() {
        problems.strict(
            "budget-of-nothing",
            &at,
            "neither minAvailable nor maxUnavailable: it protects nothing",
        );
    }
    amount(spec.min_available.as_ref(), &at.child("minAvailable"), problems);
    amount(spec.max_unavailable.as_ref(), &at.child("maxUnavailable"), problems);
    problems.set_one_of(
        &at.child("unhealthyPodEvictionPolicy"),
        spec.unhealthy_pod_eviction_policy.as_deref(),
        &["AlwaysAllow", "IfHealthyBudget"],
    );
    selector::check(spec.selector.as_ref(), &at.child("selector"), problems);
    if spec.selector.is_none() {
        problems.strict("budget-of-nothing", &at.child("selector"), "without a selector it selects no pod");
    }
}

fn amount(amount: Option<&IntOrString>, at: &Field, problems: &mut Problems) {
    match amount {
        None => {}
        Some(IntOrString::Int(count)) => problems.not_negative(at, Some(*count)),
        Some(IntOrString::String(text)) => percent(text, at, problems),
    }
}

fn percent(text: &str, at: &Field, problems: &mut Problems) {
    let digits = text.strip_suffix('%').filter(|digits| !digits.is_empty());
    match digits.filter(|digits| digits.chars().all(|c| c.is_ascii_digit())) {
        None => problems.invalid(at, format!("\"{text}\""), "must be an integer or a percentage (e.g. '5%')"),
        Some(digits) if digits.parse().map_or(true, |percent: u32| percent > 100) => {
            problems.invalid(at, format!("\"{text}\""), "must not be greater than 100%");
        }
        Some(_) => {}
    }
}
