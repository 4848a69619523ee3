//! What a snapshot of the database tells a linter: the schema as a script, sizes and traffic, the session's settings.

use pgrefit_catalog::Snapshot;

use crate::Linter;
use crate::schema::Usage;

impl Linter {
    /// Takes the database of the snapshot as what the files will find: nothing else exists.
    pub fn seed(&mut self, snapshot: &Snapshot) {
        self.learn(&snapshot.catalog.to_sql());
        let found = snapshot.search_path.iter().find(|schema| snapshot.catalog.schemas.contains(*schema));
        self.schema.settings.path_start = found.cloned();
        self.schema.settings.time_zone = Some(snapshot.time_zone.clone());
        self.schema.is_whole = true;
        self.options.server_major = snapshot.server_version_num / 10_000;
        for (name, usage) in &snapshot.usage {
            let key = (name.schema.clone(), name.name.clone());
            let Some(table) = self.schema.tables.get_mut(&key) else { continue };
            table.usage = Some(Usage {
                rows: usage.rows.or(usage.live_rows),
                bytes: usage.bytes,
                index_bytes: usage.index_bytes,
                reads_per_s: usage.reads_per_s,
                writes_per_s: usage.writes_per_s,
            });
        }
    }

    /// Takes all files from here on as run in one go, one after the other: a table that one of them makes is nobody's yet
    /// when the next one changes it.
    pub fn run_together(&mut self) {
        self.schema.run_from = Some(self.files);
    }

    /// The major version of the server that the files are judged for.
    #[must_use]
    pub fn server_major(&self) -> u32 {
        self.options.server_major
    }
}
