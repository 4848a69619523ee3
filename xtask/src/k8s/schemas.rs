//! Manifests against the schemas that Kubernetes publishes: a second opinion, of which custom resources are no part.

use crate::failure::{Failure, Outcome};
use crate::{bounded, tools, workspace};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// It loads some megabytes of schemas.
const LIMIT: Duration = Duration::from_mins(3);

/// The release whose schemas are used: that of the API server whose answers the linter is held against.
const KUBERNETES: &str = "1.36";

/// Whether all files fit; what does not, is printed.
pub(super) fn check(files: &[PathBuf]) -> Outcome<bool> {
    let mut command = tools::command("kubernetes-validate")?;
    let files = files.iter().map(|file| own_kinds(file)).collect::<Outcome<Vec<_>>>()?;
    command.args(["--strict", "--quiet", "--kubernetes-version", KUBERNETES]).args(files);
    let ended = bounded::run(&mut command, LIMIT)?;
    if !ended.success {
        println!("{}", ended.said);
    }
    Ok(ended.success)
}

/// A copy of a file without custom resources, which are named.
fn own_kinds(file: &Path) -> Outcome<PathBuf> {
    let text = workspace::read(&workspace::root().join(file))?;
    let (own, foreign): (Vec<_>, Vec<_>) = text.split("\n---\n").partition(|document| !is_foreign(document));
    for document in foreign {
        eprintln!("no schema for {} of {}", kind(document), file.display());
    }
    let copy = workspace::root().join(file).with_extension("kinds.yaml");
    if own.is_empty() {
        return Err(Failure::new(format!("find a manifest with a schema in {}", file.display())));
    }
    workspace::write(&copy, own.join("\n---\n"))?;
    Ok(copy)
}

fn kind(document: &str) -> &str {
    document.lines().find_map(|line| line.strip_prefix("kind: ")).unwrap_or("a manifest without a kind")
}

/// Groups of Kubernetes have no dot, or end in `k8s.io`.
fn is_foreign(document: &str) -> bool {
    let version = document.lines().find_map(|line| line.strip_prefix("apiVersion: ")).unwrap_or_default();
    let group = version.split_once('/').map_or("", |(group, _)| group);
    group.contains('.') && !group.ends_with(".k8s.io")
}

#[cfg(test)]
mod tests {
    use super::is_foreign;

    #[test]
    fn custom_resources_are_told_by_their_group() {
        let check =
            |version: &str, expected| assert_eq!(is_foreign(&format!("apiVersion: {version}\n")), expected);
        check("v1", false);
        check("apps/v1", false);
        check("networking.k8s.io/v1", false);
        check("monitoring.coreos.com/v1", true);
    }
}
