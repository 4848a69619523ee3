//! The migrations that are part of the binary.

use std::path::Path;

use pgrefit_history::{FileError, MigrationFile, sorted};

const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// What stands in the place of a folder's name.
const FOLDER: &str = "embedded migrations";

/// The migrations of the repository that this binary was built from.
pub(crate) fn migrations() -> Result<Vec<MigrationFile>, FileError> {
    let files = FILES
        .iter()
        .map(|(name, bytes)| MigrationFile::new(&Path::new(FOLDER).join(name), bytes.to_vec()))
        .collect::<Result<Vec<_>, _>>()?;
    sorted(files, Path::new(FOLDER))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_embedded_migrations_can_be_used() {
        assert!(!super::migrations().unwrap().is_empty());
    }
}
