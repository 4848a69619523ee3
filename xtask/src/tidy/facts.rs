//! What the rules judge: our crates with their dependencies, and our files with their text.

use crate::failure::{Failure, Outcome};
use crate::workspace;
use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// One crate of the workspace.
pub(crate) struct Crate {
    pub(crate) name: String,
    pub(crate) dependencies: Vec<Dependency>,
}

/// A dependency as written in `Cargo.toml`.
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// Used by tests only.
    pub(crate) dev: bool,
}

/// One file that belongs to the repository.
pub(crate) struct File {
    /// From the root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

#[derive(Default)]
pub(crate) struct Facts {
    pub(crate) crates: Vec<Crate>,
    pub(crate) files: Vec<File>,
    /// The folder that holds the workspace's: a path below it exists on this machine only.
    pub(crate) checkout: String,
}

impl Facts {
    /// Reads the workspace. Needs cargo and git, and no network.
    pub(crate) fn of_workspace() -> Outcome<Self> {
        Ok(Self { crates: crates()?, files: files()?, checkout: checkout() })
    }
}

fn checkout() -> String {
    let folder = workspace::root().parent().unwrap_or(workspace::root());
    folder.to_string_lossy().into_owned()
}

fn crates() -> Outcome<Vec<Crate>> {
    let metadata = MetadataCommand::new()
        .current_dir(workspace::root())
        .no_deps()
        .other_options(vec!["--offline".into()])
        .exec()
        .map_err(|cause| Failure::because("read the workspace's metadata", cause))?;
    Ok(metadata.packages.into_iter().map(Crate::from).collect())
}

impl From<Package> for Crate {
    fn from(package: Package) -> Self {
        let dependencies = package.dependencies.into_iter();
        Self {
            name: package.name.to_string(),
            dependencies: dependencies
                .map(|dependency| Dependency {
                    name: dependency.name,
                    dev: dependency.kind == DependencyKind::Development,
                })
                .collect(),
        }
    }
}

/// The files git tracks or would track, so that a new file is judged before its first commit. Binary files
/// have no text.
fn files() -> Outcome<Vec<File>> {
    Ok(workspace::files(&[])?.iter().filter_map(|path| file(path)).collect())
}

/// A file that was deleted and not yet committed is listed and cannot be read: it is no longer a fact.
fn file(path: &str) -> Option<File> {
    let bytes = std::fs::read(workspace::root().join(path)).ok()?;
    Some(File { path: path.to_owned(), text: String::from_utf8(bytes).unwrap_or_default() })
}
