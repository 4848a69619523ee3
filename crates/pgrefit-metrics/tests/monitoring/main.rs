//! The alerts and the dashboard of `k8s/components/monitoring`, held against the catalogue, their pages, and `promtool`.
//!
//! Where Prometheus is not installed, what needs it is left out, which is said; with `PGREFIT_TEST_PROMETHEUS` set it must be there.

#![expect(clippy::unwrap_used, reason = "a panic is the report of a failed test")]

mod dashboard;
mod promql;
mod promtool;
mod rules;

use std::path::{Path, PathBuf};

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A file of the folder.
fn text(name: &str) -> String {
    let path = root().join("k8s/components/monitoring").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
