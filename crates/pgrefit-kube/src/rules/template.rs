//! The template from which a Job or Deployment makes its pods.

use super::{meta, pod};
use crate::field::Field;
use crate::object::Owner;
use crate::problem::Problems;
use k8s_openapi::api::core::v1::{PodSpec, PodTemplateSpec};

/// Judges a template; the server names its labels without `metadata`.
pub(super) fn check(template: &PodTemplateSpec, owner: Owner, at: &Field, problems: &mut Problems) {
    if let Some(metadata) = &template.metadata {
        meta::labels(metadata.labels.as_ref(), &at.child("labels"), problems);
        meta::annotations(metadata.annotations.as_ref(), &at.child("annotations"), problems);
    }
    let none = PodSpec::default();
    pod::check(template.spec.as_ref().unwrap_or(&none), owner, &at.child("spec"), problems);
}
