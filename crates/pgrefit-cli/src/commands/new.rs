//! `pgrefit new`: creates the next migration file.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use pgrefit_history::{FileError, MigrationFile, read_folder};

use crate::context::shown;
use crate::setup::Folder;
use crate::{Context, Exit, Failed, Output};

const AFTER_HELP: &str = "\
Examples:
  pgrefit new add_language_to_documents
  pgrefit new 'Add language to documents'      becomes V8__add_language_to_documents.sql
  pgrefit new backfill_language --timestamp    V20260131120000__…, for teams whose branches collide";

const TEMPLATE: &str = "\
-- What this changes and why. What it locks, and for how long on the largest table.
--
-- The file runs in one transaction with its history row, so it has no BEGIN or COMMIT. A statement that cannot be in one,
-- such as CREATE INDEX CONCURRENTLY, runs on its own: best in a file of its own.
-- pgrefit reads these directives, anywhere in the file; any other tool sees comments. Add a colon to use one:
--   pgrefit lock-timeout 2s            how long a statement may wait for a lock
--   pgrefit statement-timeout 5min     how long a statement may run
--   pgrefit backfill                   runs the next UPDATE, DELETE or INSERT … SELECT in batches
--   pgrefit phase expand|contract      whether the application before this change still works after it
--   pgrefit changes documents          the tables whose rows this file changes on purpose

";

/// Create the next migration file.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct New {
    /// What the migration does, in a few words.
    name: String,
    /// Use the time (UTC) as the version in place of the next number.
    #[arg(long)]
    timestamp: bool,
    #[command(flatten)]
    folder: Folder,
}

impl New {
    pub(crate) fn run(self, context: &Context) -> Result<Output, Failed> {
        let config = context.config(&self.folder.flags())?;
        let folder = Context::migrations_folder(&config).unwrap_or_else(|| PathBuf::from("migrations"));
        let words = words(&self.name)?;
        let version = if self.timestamp { context.timestamp() } else { next_version(&folder)? };
        let path = folder.join(format!("V{version}__{words}.sql"));
        // Read back before it is written: the name must be one that the next run accepts.
        MigrationFile::new(&path, TEMPLATE.into())?;
        create(&folder, &path).map_err(|error| {
            Failed::new(Exit::Usage, format!("failed to create {}: {error}", path.display()))
        })?;
        Ok(Output::Plain(format!("{}\n", shown(&path))))
    }
}

/// Creates the file; never overwrites one.
fn create(folder: &Path, path: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(TEMPLATE.as_bytes())
}

/// The version behind the last one in a folder.
pub(super) fn next_version(folder: &Path) -> Result<i64, Failed> {
    match read_folder(folder) {
        Ok(files) => Ok(files.last().map_or(1, |file| file.version + 1)),
        Err(FileError::Empty(_)) => Ok(1),
        Err(FileError::Unreadable { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(1),
        Err(error) => Err(error.into()),
    }
}

/// Letters and digits in lower case, joined by underscores.
fn words(name: &str) -> Result<String, Failed> {
    let words: Vec<String> = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    if words.is_empty() {
        return Err(Failed::new(Exit::Usage, format!("failed to make a file name of {name:?}"))
            .hint("say in a few words what the migration does: `pgrefit new add_language_to_documents`"));
    }
    Ok(words.join("_"))
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn names_become_words() {
        let check = |name: &str, expected: Option<&str>| assert_eq!(words(name).ok().as_deref(), expected);
        check("add_index", Some("add_index"));
        check("Add language, to documents!", Some("add_language_to_documents"));
        check("--", None);
    }
}
