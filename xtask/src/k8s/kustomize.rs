//! The sets of manifests that are applied together, and kustomize, which makes each of them.

use crate::failure::{Failure, Outcome};
use crate::{bounded, shell, tools, workspace};
use std::path::{Component, Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Kustomize reads a few files and fetches nothing.
const LIMIT: Duration = Duration::from_mins(1);

/// As in the base: what a component adds belongs there, too.
const NAMESPACE: &str = "pgrefit";

/// Some components change the applications of others, so there is one.
const APPLICATION: &str = include_str!("application.yaml");

/// A folder that kustomize renders.
pub(super) struct Set {
    /// The name for people, and of the rendered file.
    pub(super) name: String,
    dir: PathBuf,
}

/// The folder of all manifests.
pub(super) fn folder() -> PathBuf {
    workspace::root().join("k8s")
}

/// The set of an overlay; without one, what `kubectl apply --kustomize k8s` applies.
pub(super) fn overlay(name: Option<&str>) -> Outcome<Set> {
    let Some(name) = name else { return Ok(Set { name: "k8s".to_owned(), dir: folder() }) };
    let dir = folder().join("overlays").join(name);
    if dir.join("kustomization.yaml").is_file() {
        return Ok(Set { name: name.to_owned(), dir });
    }
    let known: Vec<_> = folders("overlays")?.iter().map(|dir| last(dir)).collect();
    let cause = format!("there are: {}", known.join(", "));
    Err(Failure::because(format!("find the overlay {name}"), cause))
}

/// Everything that is to be judged: k8s itself, its base, every overlay, and the base with each component.
pub(super) fn all() -> Outcome<Vec<Set>> {
    let mut sets = vec![overlay(None)?];
    let base = folder().join("base");
    if !base.is_dir() {
        return Ok(sets);
    }
    for dir in folders("overlays")? {
        sets.push(Set { name: format!("overlay-{}", last(&dir)), dir });
    }
    for component in folders("components")? {
        sets.push(with_component(&base, &component)?);
    }
    sets.push(Set { name: "base".to_owned(), dir: base });
    Ok(sets)
}

/// The folders below one of k8s/ that kustomize can render, in order.
fn folders(name: &str) -> Outcome<Vec<PathBuf>> {
    let dir = folder().join(name);
    if !dir.is_dir() {
        return Ok(Vec::new());
    }
    let failed = |cause| Failure::because(format!("read {}", dir.display()), cause);
    let entries: Vec<_> =
        std::fs::read_dir(&dir).map_err(failed)?.collect::<Result<_, _>>().map_err(failed)?;
    let mut dirs: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
    dirs.retain(|dir| dir.join("kustomization.yaml").is_file());
    dirs.sort();
    Ok(dirs)
}

/// A component is no set of its own; kustomize wants paths that are relative.
fn with_component(base: &Path, component: &Path) -> Outcome<Set> {
    let name = format!("component-{}", last(component));
    let dir = workspace::target("k8s").join(&name);
    workspace::create_dir(&dir)?;
    let text = format!(
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: {NAMESPACE}\n\
         resources:\n  - {}\n  - application.yaml\ncomponents:\n  - {}\n",
        relative(&dir, base)?.display(),
        relative(&dir, component)?.display()
    );
    workspace::write(&dir.join("kustomization.yaml"), text)?;
    workspace::write(&dir.join("application.yaml"), APPLICATION)?;
    Ok(Set { name, dir })
}

fn last(dir: &Path) -> String {
    dir.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The way from one folder to another, with symbolic links resolved.
fn relative(from: &Path, to: &Path) -> Outcome<PathBuf> {
    let real = |path: &Path| {
        path.canonicalize().map_err(|cause| Failure::because(format!("find {}", path.display()), cause))
    };
    Ok(between(&real(from)?, &real(to)?))
}

fn between(from: &Path, to: &Path) -> PathBuf {
    let (from, to): (Vec<_>, Vec<_>) = (from.components().collect(), to.components().collect());
    let shared = from.iter().zip(&to).take_while(|(from, to)| from == to).count();
    let up = from.iter().skip(shared).map(|_| Component::ParentDir);
    up.chain(to.into_iter().skip(shared)).collect()
}

/// kubectl, which has kustomize inside.
pub(super) struct Kubectl(PathBuf);

impl Kubectl {
    /// That of the machine, else one that is installed for it.
    ///
    /// # Errors
    /// [`Failure::is_unavailable`] where there is none.
    pub(super) fn find() -> Outcome<Self> {
        let own = shell::first_line(Command::new("kubectl").args(["kustomize", "--help"]));
        Ok(Self(if own.is_some() { "kubectl".into() } else { tools::path("kubectl")? }))
    }

    /// Writes the manifests of a set, as they would be applied, and gives their file.
    pub(super) fn render(&self, set: &Set) -> Outcome<PathBuf> {
        let dir = workspace::target("k8s");
        workspace::create_dir(&dir)?;
        let file = dir.join(format!("{}.rendered.yaml", set.name));
        let mut command = Command::new(&self.0);
        // Into a file, because what it warns of would stand among the manifests.
        command.arg("kustomize").arg(&set.dir).arg("--output").arg(&file);
        let ended = bounded::run(&mut command, LIMIT)?;
        if !ended.success {
            return Err(Failure::because(format!("render {}", set.name), ended.last_lines(3)));
        }
        if !ended.said.is_empty() {
            eprintln!("{}: {}", set.name, ended.said);
        }
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use super::between;
    use std::path::Path;

    #[test]
    fn the_way_between_folders() {
        let check = |from: &str, to: &str, expected: &str| {
            assert_eq!(between(Path::new(from), Path::new(to)), Path::new(expected), "{from} {to}");
        };
        check("/a/target/k8s/x", "/a/k8s/base", "../../../k8s/base");
        check("/tmp/x", "/a/b", "../../a/b");
        check("/a", "/a/b", "b");
    }
}
