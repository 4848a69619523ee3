//! `ConfigMaps` and Secrets: their keys and their size.

use crate::field::Field;
use crate::names;
use crate::problem::Problems;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};

/// What etcd takes of one object.
const BYTES_MAX: usize = 1 << 20;

pub(super) fn check_map(map: &ConfigMap, problems: &mut Problems) {
    let (text, binary) = (map.data.clone().unwrap_or_default(), map.binary_data.clone().unwrap_or_default());
    for key in text.keys() {
        let at = Field::of("data").key(key);
        problems.form(&at, key, names::config_key);
        if binary.contains_key(key) {
            problems.reject(&at, format!("invalid value \"{key}\": duplicate of key present in binaryData"));
        }
    }
    for key in binary.keys() {
        problems.form(&Field::of("binaryData").key(key), key, names::config_key);
    }
    let bytes = text.values().map(String::len).chain(binary.values().map(|value| value.0.len())).sum();
    size(bytes, problems);
}

pub(super) fn check_secret(secret: &Secret, problems: &mut Problems) {
    let binary = secret.data.clone().unwrap_or_default();
    let text = secret.string_data.clone().unwrap_or_default();
    // The server puts stringData into data, and judges it there.
    for key in binary.keys().chain(text.keys()) {
        problems.form(&Field::of("data").key(key), key, names::config_key);
    }
    let bytes = text.values().map(String::len).chain(binary.values().map(|value| value.0.len())).sum();
    size(bytes, problems);
}

fn size(bytes: usize, problems: &mut Problems) {
    if bytes > BYTES_MAX {
        let why = format!("too long: {bytes} bytes, may not be more than {BYTES_MAX}");
        problems.reject(&Field::default(), why);
    }
}
