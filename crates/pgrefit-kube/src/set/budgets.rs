//! Disruption budgets: of one Job only, and by a number that its controller can count.

use super::{of_jobs, pods};
use crate::field::Field;
use crate::lint::Item;
use crate::problem::Problems;
use crate::rules::selector;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

pub(super) fn check(budget: &PodDisruptionBudget, items: &[&Item<'_>], problems: &mut Problems) {
    let spec = budget.spec.clone().unwrap_or_default();
    let Some(asked) = &spec.selector else { return };
    let at = Field::of("spec");
    let selected = pods(items, |labels| selector::matches(asked, labels));
    if selected.is_empty() {
        problems.strict(
            "selects-nothing",
            &at.child("selector"),
            "no pod of these manifests has such labels",
        );
    }
    let jobs = of_jobs(&selected);
    if jobs > 1 {
        let why = format!("selects the pods of {jobs} Jobs, whose pods are then counted together");
        problems.strict("budget-of-many-jobs", &at.child("selector"), why);
    }
    if jobs == 0 {
        return;
    }
    if spec.max_unavailable.is_some() {
        let why = "of a Job's pods only minAvailable can be counted: Jobs have no scale";
        problems.strict("budget-for-jobs", &at.child("maxUnavailable"), why);
    }
    if matches!(spec.min_available, Some(IntOrString::String(_))) {
        let why = "of a Job's pods only a number can be kept: Jobs have no scale to take a percentage of";
        problems.strict("budget-for-jobs", &at.child("minAvailable"), why);
    }
}
