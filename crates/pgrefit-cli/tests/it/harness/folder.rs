//! A folder of migrations made for one test.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A temporary folder with a folder `migrations` in it.
pub(crate) struct Folder {
    root: TempDir,
}

impl Folder {
    /// With these files: name and text.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self { root: tempfile::tempdir().unwrap() };
        std::fs::create_dir(folder.migrations()).unwrap();
        for (name, text) in files {
            folder.write(name, text);
        }
        folder
    }

    /// The folder around `migrations`: where to run the binary.
    pub(crate) fn path(&self) -> &Path {
        self.root.path()
    }

    /// The folder of migrations.
    pub(crate) fn migrations(&self) -> PathBuf {
        self.root.path().join("migrations")
    }

    /// Writes a migration.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.migrations().join(name), text).unwrap();
    }

    /// Removes a migration.
    pub(crate) fn remove(&self, name: &str) {
        std::fs::remove_file(self.migrations().join(name)).unwrap();
    }
}
