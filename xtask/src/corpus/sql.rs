//! The SQL files of our dependencies, put through everything that reads SQL.

use super::crates::Source;
use crate::failure::{Failure, Outcome};
use crate::{shell, workspace};
use std::fs::File;
use std::path::Path;
use std::process::ExitCode;

/// The names of the files, one a line.
const LIST: &str = "sql-files.txt";

/// Says what the parser does not understand, and fails if anything panics. Crates also ship SQL of other databases and
/// files that are wrong on purpose: whether an error is false is for the reader to say.
pub(super) fn check(sources: &[Source], dir: &Path) -> Outcome<ExitCode> {
    let files: Vec<String> =
        sources.iter().flat_map(Source::sql_files).map(|path| path.display().to_string()).collect();
    workspace::create_dir(dir)?;
    let list = dir.join(LIST);
    workspace::write(&list, files.join("\n"))?;
    let names =
        File::open(&list).map_err(|cause| Failure::because(format!("read {}", list.display()), cause))?;
    let mut cargo = workspace::cargo();
    cargo.args(["run", "--quiet", "--release", "--package", "pgrefit-sql", "--example", "corpus"]);
    shell::status(cargo.stdin(names))
}
