//! Histories and migrations for tests.

use pgrefit_catalog::census::HistoryRow;

use super::Sample;
use crate::Migration;

impl Sample {
    /// These versions are recorded as applied.
    pub(crate) fn history(self, versions: &[i64]) -> Self {
        let row = |version: &i64| HistoryRow {
            version: *version,
            name: Some(format!("m{version}")),
            applied_on: Some("2026-01-01T00:00:00Z".to_owned()),
            checksum: Some(version.to_string()),
        };
        self.with(|census| census.history = Some(versions.iter().map(row).collect()))
    }

    /// The project has these migrations.
    pub(crate) fn migrations(mut self, versions: &[i64]) -> Self {
        let migration = |version: &i64| Migration {
            version: *version,
            name: format!("m{version}"),
            checksums: vec![version.to_string(), (version + 1_000).to_string()],
            any_time: false,
        };
        self.options.migrations = Some(versions.iter().map(migration).collect());
        self
    }
}
