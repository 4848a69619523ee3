//! A migration file that is not written yet.

/// A migration that a conversion consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationDraft {
    /// Its version.
    pub version: i64,
    /// Words joined by underscores, for the name of the file.
    pub name: String,
    /// The whole text of the file.
    pub sql: String,
}

impl MigrationDraft {
    /// `V20__documents_key_check.sql`.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("V{}__{}.sql", self.version, self.name)
    }
}
