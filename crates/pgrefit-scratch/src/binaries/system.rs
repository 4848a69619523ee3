//! PostgreSQL installations of the system, by the places that packages use.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Binaries, Origin, Search, inspect::inspect, wheel::Wheel};
use crate::account::RunAs;

/// Directories with one subdirectory per version: the parent, how the subdirectory's name begins, and the
/// rest.
const VERSIONED: [(&str, &str, &str); 4] = [
    ("/usr/lib/postgresql", "", "bin"),          // Debian, Ubuntu
    ("/usr", "pgsql-", "bin"),                   // the PostgreSQL project's RPMs
    ("/opt/homebrew/opt", "postgresql@", "bin"), // Homebrew on Apple silicon
    ("/usr/local/opt", "postgresql@", "bin"),    // Homebrew on Intel
];

/// Built from source with the default prefix.
const FROM_SOURCE: &str = "/usr/local/pgsql/bin";

/// The newest installation that fits. pgvector is required where a wheel would have brought it.
pub(crate) fn find(search: &Search<'_>, run_as: &RunAs) -> Option<Binaries> {
    let needs_pgvector = Wheel::of_major(search.major).is_some();
    let usable = candidates(&search.path_dirs)
        .into_iter()
        .filter_map(|dir| inspect(&dir, Origin::System, run_as).ok());
    usable
        .filter(|found| found.has_pgvector || !needs_pgvector)
        .filter(|found| search.major.is_none_or(|major| major == found.version.0))
        .max_by_key(|found| found.version)
}

fn candidates(path_dirs: &[PathBuf]) -> Vec<PathBuf> {
    let versioned =
        VERSIONED.iter().flat_map(|(parent, prefix, rest)| subdirectories(parent.as_ref(), prefix, rest));
    let all = versioned.chain([PathBuf::from(FROM_SOURCE)]).chain(path_dirs.iter().cloned());
    all.filter(|dir| dir.join("postgres").is_file()).collect()
}

fn subdirectories(parent: &Path, prefix: &str, rest: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else { return Vec::new() };
    let named = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix));
    named.map(|entry| entry.path().join(rest)).collect()
}
