//! The folder of evidence: one folder a run, with its proofs, its traces and its report.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use pgrefit_migrate::proof::Proof;

use crate::output::write_beside;
use crate::{Context, Exit, Failed};

/// The report of a run, which is written last: a folder without it is of a run that did not come to its end.
pub(crate) const EVIDENCE: &str = "evidence.json";
/// The page of a run.
pub(crate) const PAGE: &str = "report.html";
/// The same in short, for a pull request.
pub(crate) const MARKDOWN: &str = "report.md";

/// What proofs are called.
const PROOF_END: &str = ".proof.json";

/// The folder of one run.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) id: String,
    folder: PathBuf,
}

impl Run {
    /// Makes the folder of a run on a database. Its name has the time, the database and the process.
    pub(crate) fn begin(context: &Context, root: &Path, database: &str) -> Result<Self, Failed> {
        let safe: String =
            database.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(40).collect();
        let id = format!("{}-{safe}-{}", context.timestamp(), std::process::id());
        let folder = root.join(&id);
        // For nobody else: what migrations say may be confidential.
        let made = std::fs::create_dir_all(root)
            .and_then(|()| std::fs::DirBuilder::new().mode(0o700).create(&folder));
        made.map_err(|error| {
            Failed::new(Exit::Usage, format!("failed to create {}: {error}", folder.display())).hint(
                "[evidence] dir in pgrefit.toml, or PGREFIT_EVIDENCE_DIR, is a folder that may be written to",
            )
        })?;
        Ok(Self { id, folder })
    }

    /// The path of a file of the run.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes a file of the run whole, or not at all.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<PathBuf, Failed> {
        let path = self.path(name);
        write_beside(&path, text).map_err(|error| {
            Failed::new(Exit::Usage, format!("failed to write {}: {error}", path.display()))
        })?;
        Ok(path)
    }

    /// Writes a proof.
    pub(crate) fn write_proof(&self, proof: &Proof) -> Result<PathBuf, Failed> {
        self.write(&format!("{}{PROOF_END}", proof.kind()), &proof.to_json())
    }
}

/// The proofs in a folder of evidence, the newest run first. What cannot be read is passed over: it proves nothing.
pub(crate) fn proofs(root: &Path) -> Vec<(PathBuf, Proof)> {
    let mut found = Vec::new();
    for folder in folders(root) {
        for path in files(&folder).into_iter().filter(|path| path.to_string_lossy().ends_with(PROOF_END)) {
            if let Ok(proof) = Proof::read(&path) {
                found.push((path, proof));
            }
        }
    }
    found
}

/// Removes the oldest runs but for `keep`, and but for the last one that came to its end.
pub(crate) fn prune(root: &Path, keep: usize) {
    let folders = folders(root);
    let complete = folders.iter().find(|folder| folder.join(EVIDENCE).is_file());
    for folder in folders.iter().skip(keep.max(1)).filter(|folder| Some(*folder) != complete) {
        if let Err(error) = std::fs::remove_dir_all(folder) {
            tracing::warn!(target: "pgrefit", "failed to remove {}: {error}", folder.display());
        }
    }
}

/// The folders of runs, the newest first. Their names begin with the time.
fn folders(root: &Path) -> Vec<PathBuf> {
    let is_run = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let is_named = name.len() > 15 && name.as_bytes()[..14].iter().all(u8::is_ascii_digit);
        is_named && path.is_dir() && files(path).iter().all(|file| is_ours(file))
    };
    let mut folders: Vec<PathBuf> = files(root).into_iter().filter(is_run).collect();
    folders.sort_unstable_by(|a, b| b.cmp(a));
    folders
}

/// Whether a run writes a file of this name: a folder with anything else in it is somebody's own.
fn is_ours(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let names = [
        EVIDENCE,
        PAGE,
        MARKDOWN,
        "trace.json",
        "queries.json",
        "traffic.json",
        "expected.json",
        "roll-forward.sql",
    ];
    names.contains(&name) || name.ends_with(PROOF_END) || name.ends_with(".partial")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.flatten().map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_complete_run_stays() {
        let root = tempfile::tempdir().unwrap();
        let names = ["20260101000000-a-1", "20260102000000-a-1", "20260103000000-a-1", "20260104000000-a-1"];
        for name in names {
            std::fs::create_dir_all(root.path().join(name)).unwrap();
        }
        std::fs::create_dir_all(root.path().join("backups")).unwrap();
        std::fs::write(root.path().join(names[0]).join(EVIDENCE), "{}").unwrap();
        let own = root.path().join("20200101000000-my-own");
        std::fs::create_dir_all(&own).unwrap();
        std::fs::write(own.join("thesis.txt"), "").unwrap();
        prune(root.path(), 2);
        let mut left: Vec<String> = std::fs::read_dir(root.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        left.sort();
        assert_eq!(left, ["20200101000000-my-own", names[0], names[2], names[3], "backups"]);
    }
}
