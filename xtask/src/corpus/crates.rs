//! The crates that `Cargo.lock` names, and where cargo keeps their sources.

use super::hash::stable;
use crate::failure::{Failure, Outcome};
use crate::workspace;
use cargo_metadata::{MetadataCommand, Package};
use std::path::{Path, PathBuf};

/// Vendored, tested and generated code in a crate is no documentation of it.
const SKIPPED: [&str; 6] = ["tests", "benches", "examples", "target", "testdata", "fuzz"];

/// A crate as a source of documents.
pub(super) struct Source {
    pub(super) name: String,
    pub(super) version: String,
    /// The first category of its `Cargo.toml`.
    pub(super) category: String,
    /// The first keyword of its `Cargo.toml`.
    pub(super) topic: String,
    pub(super) documents: usize,
    pub(super) tokens: usize,
    dir: PathBuf,
}

/// Every registry crate of the lock, by name, then from its oldest version to its newest. Crates not
/// downloaded yet are downloaded.
pub(super) fn locked() -> Outcome<Vec<Source>> {
    let metadata = MetadataCommand::new()
        .current_dir(workspace::root())
        .features(cargo_metadata::CargoOpt::AllFeatures)
        .other_options(vec!["--locked".into()])
        .exec()
        .map_err(|cause| Failure::because("read the locked dependencies", cause))?;
    let mut packages = metadata.packages;
    packages.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    let outside = packages.into_iter().filter(|package| package.source.is_some());
    Ok(outside.map(Source::from).collect())
}

impl From<Package> for Source {
    fn from(package: Package) -> Self {
        let dir = package.manifest_path.parent().map_or_else(PathBuf::new, Into::into);
        let first = |words: Vec<String>| words.into_iter().next();
        Self {
            category: first(package.categories).unwrap_or_else(|| "uncategorized".into()),
            topic: first(package.keywords).unwrap_or_else(|| package.name.to_string()),
            ..Self::new(&package.name, &package.version.to_string(), dir)
        }
    }
}

impl Source {
    pub(super) fn new(name: &str, version: &str, dir: impl Into<PathBuf>) -> Self {
        Self {
            name: name.into(),
            version: version.into(),
            category: "uncategorized".into(),
            topic: name.into(),
            documents: 0,
            tokens: 0,
            dir: dir.into(),
        }
    }

    /// One source in twenty has documents and no row of its own, as in production, where the row comes later.
    pub(super) fn is_missing(&self) -> bool {
        stable(&self.name).is_multiple_of(20)
    }

    /// READMEs and Rust files of the crate, as (path from its folder, text), in order of path. Files that are
    /// no UTF-8 are left out.
    pub(super) fn files(&self) -> Vec<(String, String)> {
        let mut paths = Vec::new();
        collect(&self.dir, &mut paths, &SKIPPED, is_document);
        paths.sort();
        paths.iter().filter_map(|path| self.file(path)).collect()
    }

    /// Every SQL file of the crate, those of its tests too, in order of path.
    pub(super) fn sql_files(&self) -> Vec<PathBuf> {
        let mut paths = Vec::new();
        collect(&self.dir, &mut paths, &[], |name| {
            name.rsplit_once('.').is_some_and(|(_, end)| end == "sql")
        });
        paths.sort();
        paths
    }

    fn file(&self, path: &Path) -> Option<(String, String)> {
        let relative = path.strip_prefix(&self.dir).ok()?;
        let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
        Some((parts.join("/"), std::fs::read_to_string(path).ok()?))
    }
}

/// The files below a folder that are wanted; some folders are skipped.
fn collect(dir: &Path, paths: &mut Vec<PathBuf>, skipped: &[&str], wanted: fn(&str) -> bool) {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() && !name.starts_with('.') && !skipped.contains(&name.as_str()) {
            collect(&entry.path(), paths, skipped, wanted);
        } else if kind.is_file() && wanted(&name) {
            paths.push(entry.path());
        }
    }
}

fn is_document(name: &str) -> bool {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    extension == "rs" || (extension == "md" && stem.eq_ignore_ascii_case("readme"))
}

#[cfg(test)]
mod tests {
    use super::is_document;

    #[test]
    fn documents_are_readmes_and_rust_files() {
        let check = |name, expected| assert_eq!(is_document(name), expected, "{name}");
        check("README.md", true);
        check("Readme.md", true);
        check("lib.rs", true);
        check("CHANGELOG.md", false);
        check("README", false);
        check("rs", false);
    }
}
