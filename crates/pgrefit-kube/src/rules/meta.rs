//! Names, labels and annotations of any object.

use crate::field::Field;
use crate::names;
use crate::object::{Labels, Object};
use crate::problem::Problems;

/// All annotations of an object together, in bytes.
const ANNOTATIONS_BYTES_MAX: usize = 256 << 10;

pub(super) fn check(object: &Object, form: fn(&str) -> Option<&'static str>, problems: &mut Problems) {
    let (metadata, at) = (object.metadata(), Field::of("metadata"));
    name(object, form, problems);
    if let Some(namespace) = &metadata.namespace {
        problems.form(&at.child("namespace"), namespace, names::dns_label);
    }
    labels(metadata.labels.as_ref(), &at.child("labels"), problems);
    annotations(metadata.annotations.as_ref(), &at.child("annotations"), problems);
}

fn name(object: &Object, form: fn(&str) -> Option<&'static str>, problems: &mut Problems) {
    let (metadata, at) = (object.metadata(), Field::of("metadata"));
    let name = metadata.name.as_deref().unwrap_or_default();
    let prefix = metadata.generate_name.as_deref().unwrap_or_default();
    if name.is_empty() && prefix.is_empty() {
        problems.required(&at.child("name"), "name or generateName is required");
        return;
    }
    if name.is_empty() {
        // Five characters come after it, so that it may end in what a name may not.
        problems.form(&at.child("generateName"), &format!("{prefix}a"), form);
        return;
    }
    problems.form(&at.child("name"), name, form);
    if object.pod().is_some() && form(name).is_none() && name.contains('.') {
        let why = "names pods and hosts, where a dot has surprising results; a DNS label is better";
        problems.strict("dotted-name", &at.child("name"), why);
    }
}

/// Labels of an object, or those that a selector asks for.
pub(super) fn labels(labels: Option<&Labels>, at: &Field, problems: &mut Problems) {
    for (key, value) in labels.into_iter().flatten() {
        problems.form(at, key, names::qualified_name);
        problems.form(at, value, names::label_value);
    }
}

pub(super) fn annotations(annotations: Option<&Labels>, at: &Field, problems: &mut Problems) {
    for key in annotations.into_iter().flat_map(Labels::keys) {
        problems.form(at, &key.to_lowercase(), names::qualified_name);
    }
    let bytes: usize = annotations.into_iter().flatten().map(|(key, value)| key.len() + value.len()).sum();
    if bytes > ANNOTATIONS_BYTES_MAX {
        problems.reject(at, format!("too long: {bytes} bytes, may not be more than {ANNOTATIONS_BYTES_MAX}"));
    }
}
