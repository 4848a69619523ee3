//! The migrations that a conversion consists of, in the folder: all of them or none.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use pgrefit_history::MigrationFile;
use pgrefit_lifecycle::MigrationDraft;

use crate::{Exit, Failed};

/// In the first line of each, so that the next run knows them again.
fn mark(table: &str) -> String {
    format!("-- pgrefit partition convert {table}: file ")
}

/// The text of a file as it is written: with its place among all.
fn marked(table: &str, place: usize, count: usize, sql: &str) -> String {
    format!("{}{place} of {count}\n{sql}", mark(table))
}

/// Which of a table's conversion these files are, in order; `None` for files of somebody else.
fn place(file: &MigrationFile, table: &str) -> Option<(usize, usize)> {
    let line = file.sql.lines().next()?.strip_prefix(&mark(table))?;
    let (place, count) = line.split_once(" of ")?;
    Some((place.parse().ok()?, count.parse().ok()?))
}

/// The files of a conversion that was begun: whole, or what a killed run has left of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// None.
    Nothing,
    /// All of them.
    All(Vec<PathBuf>),
    /// Some: the first, which is written last, is not among them, so that none can have been applied.
    Some(Vec<PathBuf>),
}

/// What there is of the conversion of a table in these files.
pub(super) fn found(files: &[MigrationFile], table: &str) -> Found {
    let ours: Vec<_> =
        files.iter().filter_map(|file| Some((place(file, table)?, file.path.clone()))).collect();
    let paths = || ours.iter().map(|(_, path)| path.clone()).collect();
    match ours.iter().map(|(place, _)| place.0).min() {
        None => Found::Nothing,
        Some(1) => Found::All(paths()),
        Some(_) => Found::Some(paths()),
    }
}

/// Writes the drafts, the first one last: whoever finds it finds all of them. Never overwrites a file.
pub(super) fn write(folder: &Path, table: &str, drafts: &[MigrationDraft]) -> Result<Vec<PathBuf>, Failed> {
    let paths: Vec<_> = drafts.iter().map(|draft| folder.join(draft.file_name())).collect();
    let failed = |path: &Path, error: &io::Error| {
        Failed::new(Exit::Usage, format!("failed to write {}: {error}", path.display()))
            .hint("the folder of migrations must be one that can be written to: --migrations DIR")
    };
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    for (index, (draft, path)) in drafts.iter().zip(&paths).enumerate().rev() {
        let text = marked(table, index + 1, drafts.len(), &draft.sql);
        // Read back before it is written: it must be a file that the next run accepts.
        MigrationFile::new(path, text.clone().into_bytes())?;
        if let Err(error) = write_new(path, &text) {
            remove(&paths[index + 1..]);
            return Err(failed(path, &error));
        }
    }
    Ok(paths)
}

/// Removes files that were not applied.
pub(super) fn remove(paths: &[PathBuf]) {
    for path in paths {
        // One that is gone already is as it should be; one that cannot be removed stops the run that reads it.
        let _ = fs::remove_file(path);
    }
}

/// Under a name that nobody reads first, and never over an existing file.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = path.with_file_name(format!(".{name}.{}.partial", std::process::id()));
    let written = fs::File::create(&draft)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| fs::hard_link(&draft, path));
    let _ = fs::remove_file(&draft);
    written
}

#[cfg(test)]
mod tests {
    use pgrefit_history::read_folder;

    use super::*;

    fn drafts() -> Vec<MigrationDraft> {
        (4..7)
            .map(|version| MigrationDraft { version, name: "a".into(), sql: format!("SELECT {version};\n") })
            .collect()
    }

    #[test]
    fn files_are_known_again_whole_or_in_part() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("V3__b.sql"), "SELECT 3;").unwrap();
        let found = |table: &str| found(&read_folder(folder.path()).unwrap(), table);
        assert_eq!(found("t"), Found::Nothing);
        let paths = write(folder.path(), "t", &drafts()).unwrap();
        assert_eq!(found("t"), Found::All(paths.clone()));
        assert_eq!(found("u"), Found::Nothing);
        fs::remove_file(&paths[0]).unwrap();
        assert_eq!(found("t"), Found::Some(paths[1..].to_vec()));
        remove(&paths[1..]);
        assert_eq!(found("t"), Found::Nothing);
    }

    #[test]
    fn a_file_of_somebody_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("V5__a.sql");
        fs::write(&taken, "SELECT 5;").unwrap();
        let failed = write(folder.path(), "t", &drafts()).unwrap_err();
        assert!(failed.line().contains("V5__a.sql"), "{}", failed.line());
        assert_eq!(fs::read_to_string(&taken).unwrap(), "SELECT 5;");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
