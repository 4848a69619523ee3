//! What must not be missing: the one check of a pull request waits for all others, and a release has every image.

use super::{jobs, lines, workflows};
use crate::workspace;
use serde_yaml_ng::Value;
use std::collections::BTreeSet;

fn workflow(name: &str) -> Value {
    let found = workflows().into_iter().find(|(path, _)| path.ends_with(&format!("/{name}")));
    found.expect("the workflow").1
}

fn job<'a>(workflow: &'a Value, name: &str) -> &'a Value {
    let found = jobs(workflow).into_iter().find(|(own, _)| own == name);
    found.expect("the job").1
}

fn words(list: &Value) -> BTreeSet<String> {
    let list = list.as_sequence().into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// It is never skipped, waits for every other job, and has the name that the settings of the repository have.
#[test]
fn the_required_check_waits_for_every_other() {
    let check = |name: &str, expected: &[&str]| {
        let workflow = workflow(name);
        let passed = job(&workflow, "passed");
        assert!(passed["name"].as_str().is_some_and(|name| name.contains("Checks passed")), "{name}");
        assert_eq!(passed["if"].as_str(), Some("always()"), "{name}");
        assert!(words(&passed["needs"]).iter().eq(expected), "{name}");
    };
    check("ci.yml", &["coverage", "lint", "quick", "test"]);
    check("pr.yml", &["ci", "deploy"]);
    assert_eq!(jobs(&workflow("ci.yml")).len(), 5, "the check, and what it waits for");
    let page = workspace::read(&workspace::root().join("docs/supply-chain.md")).expect("the page");
    assert!(page.contains("`Checks passed`"), "the settings of the repository name it");
}

/// Nothing goes to staging that has not passed: only workflows that check it first call the deployment.
#[test]
fn staging_waits_for_the_checks() {
    for name in ["pr.yml", "main.yml"] {
        assert_eq!(job(&workflow(name), "deploy")["needs"].as_str(), Some("ci"), "{name}");
    }
    let on = &workflow("deploy.yml")["on"];
    assert!(on["push"].is_null() && on["workflow_call"].is_mapping(), "{on:?}");
}

/// An image that manifests name and no release has would never start.
#[test]
fn a_release_has_every_image() {
    let expects = workspace::read(&workspace::root().join("k8s/expects.toml")).expect("a file");
    let expects: toml::Table = expects.parse().expect("TOML");
    let images = expects["images"].as_table().expect("images");
    let release = workflow("release.yml");
    let lines = lines(&release);
    for image in images.keys() {
        let built = format!("docker build --target {image} ");
        assert!(lines.iter().any(|line| line.starts_with(&built)), "{image} is not built");
        let end = image.trim_start_matches("pgrefit");
        let pushed = format!("docker push \"$IMAGE{end}:$GITHUB_REF_NAME\"");
        assert!(lines.contains(&pushed), "{image} is not pushed");
    }
    let steps = job(&release, "image")["steps"].as_sequence().into_iter().flatten();
    let attested = steps.filter(|step| step["with"]["subject-digest"].is_string()).count();
    assert_eq!(attested, images.len(), "each has an attestation");
}
