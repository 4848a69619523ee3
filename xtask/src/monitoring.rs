//! `cargo xtask monitoring`: the alerts as the Prometheus operator takes them, made from those that Prometheus itself takes.

use crate::failure::{Failure, Outcome};
use crate::workspace;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// Where both are.
const FOLDER: &str = "k8s/components/monitoring";
const RULES: &str = "rules.yaml";
const RESOURCE: &str = "prometheusrule.yaml";

const HEAD: &str = "\
# Made from rules.yaml by `cargo xtask monitoring`. A Prometheus that only takes rules with a label of its own needs that label
# added by an overlay.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: pgrefit
  labels:
    app.kubernetes.io/name: pgrefit
    app.kubernetes.io/component: exporter
spec:
";

/// Write prometheusrule.yaml of k8s/components/monitoring from its rules.yaml
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_: &Args) -> Outcome<ExitCode> {
    let resource = resource(&read(RULES)?);
    std::fs::write(path(RESOURCE), resource)
        .map_err(|cause| Failure::because(format!("write {FOLDER}/{RESOURCE}"), cause))?;
    Ok(ExitCode::SUCCESS)
}

/// The rules, without the comment before them, as the specification of a resource.
fn resource(rules: &str) -> String {
    let mut text = HEAD.to_owned();
    for line in rules.lines().skip_while(|line| line.starts_with('#')) {
        let _ = if line.is_empty() { writeln!(text) } else { writeln!(text, "  {line}") };
    }
    text
}

fn read(name: &str) -> Outcome<String> {
    std::fs::read_to_string(path(name))
        .map_err(|cause| Failure::because(format!("read {FOLDER}/{name}"), cause))
}

fn path(name: &str) -> PathBuf {
    workspace::root().join(FOLDER).join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_the_specification() {
        let made = resource("# About.\n# More.\ngroups:\n  # One.\n  - name: a\n\n  - name: b\n");
        let expected = "spec:\n  groups:\n    # One.\n    - name: a\n\n    - name: b\n";
        assert!(made.ends_with(expected) && !made.contains("About"), "{made}");
    }

    #[test]
    fn the_resource_is_fresh() {
        let (rules, kept) = (read(RULES).unwrap_or_default(), read(RESOURCE).unwrap_or_default());
        assert!(resource(&rules) == kept, "{FOLDER}/{RESOURCE} is stale: run cargo xtask monitoring");
    }
}
