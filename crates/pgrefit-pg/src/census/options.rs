//! What a census is asked for.

use std::collections::BTreeSet;

use pgrefit_catalog::census::{Source, Why};

use super::collect::Collector;

/// What is read, and how much of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CensusOptions {
    /// Statistics of the columns of all tables, whatever their size.
    pub deep: bool,
    /// Otherwise of tables with as many pages, of those with a thousand rows and no time of an `ANALYZE`, of integer keys and
    /// of vectors.
    pub statistics_floor_pages: i64,
    /// Where refinery's history is.
    pub history_table: HistoryTable,
    /// Sources that are not read: [`Why::NotAsked`].
    pub without: BTreeSet<Source>,
}

/// Names the history table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryTable {
    /// Its schema; none for the first on the search path that has it.
    pub schema: Option<String>,
    /// Its name.
    pub name: String,
}

impl Default for CensusOptions {
    fn default() -> Self {
        let history_table = HistoryTable { schema: None, name: "refinery_schema_history".to_owned() };
        Self { deep: false, statistics_floor_pages: 128, history_table, without: BTreeSet::new() }
    }
}

impl CensusOptions {
    /// The pages from which on the columns of a table are looked at.
    pub(super) fn floor(&self) -> i64 {
        if self.deep { 0 } else { self.statistics_floor_pages }
    }
}

impl Collector<'_> {
    /// Notes what is not asked for.
    pub(super) fn omit(&mut self, options: &CensusOptions) {
        for source in &options.without {
            self.note(*source, Why::NotAsked, "it was not asked for", None);
        }
    }
}
