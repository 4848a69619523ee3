//! Our own Jobs as they are written: their failure policies, for all 256 exit codes, in a drain and not.
//!
//! `cargo xtask k8s lint` judges them whole, as they are applied; that takes kubectl, and this does not.

use pgrefit_kube::{ExitCodes, Linter, Manifest, check_sources};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn codes() -> ExitCodes {
    ExitCodes::read(&root().join("docs/reference/exit-codes.md")).expect("the page of exit codes")
}

/// Every Job and `CronJob` below a folder that has a policy; patches of others have none.
fn jobs(dir: &Path, all: &mut Vec<Manifest>) {
    for entry in std::fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            jobs(&path, all);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            all.extend(Manifest::read(&path).expect("YAML").into_iter().filter(has_policy));
        }
    }
}

fn has_policy(manifest: &Manifest) -> bool {
    let at = ["/spec/podFailurePolicy", "/spec/jobTemplate/spec/podFailurePolicy"];
    at.iter().any(|at| manifest.value.pointer(at).is_some())
}

#[test]
fn every_policy_of_ours_does_what_the_exit_codes_say() {
    let mut all = Vec::new();
    jobs(&root().join("k8s"), &mut all);
    assert!(all.iter().any(|one| one.kind() == "Job") && all.iter().any(|one| one.kind() == "CronJob"));
    let linter = Linter::default().exit_codes(codes());
    for job in all {
        let found = linter.lint(std::slice::from_ref(&job));
        let wrong = found.iter().filter(|one| one.problem.severity.rule() == Some("failure-policy"));
        assert_eq!(
            wrong.map(ToString::to_string).collect::<Vec<_>>(),
            Vec::<String>::new(),
            "{}",
            job.title()
        );
    }
}

#[test]
fn every_exit_code_is_explained_beside_the_policies() {
    let found = check_sources(&root().join("k8s"), &codes()).expect("readable manifests");
    assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
}
