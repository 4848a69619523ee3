//! What parallel workers read is not among the counters of the session they work for. They report it when they end; so the
//! tables that are large enough for them are counted from outside, too.

use pgrefit_pg::{Error as PgError, Migrator};

use super::Recorder;
use super::alone::flush;
use crate::RelationKind;
use crate::Work;
use crate::look::counters;

/// The server's default of `min_parallel_table_scan_size`.
const LARGE_BYTES: u64 = 8 << 20;

impl Recorder {
    /// Counts the large tables before a transaction. Traffic beside it would count as of the workers.
    pub(super) async fn count_large(&mut self) -> Result<(), PgError> {
        let large: Vec<u32> = self
            .inventory
            .iter()
            .filter(|(_, known)| matches!(known.kind, RelationKind::Table | RelationKind::MaterializedView))
            .filter(|(_, known)| known.bytes.unwrap_or(0) >= LARGE_BYTES)
            .map(|(oid, _)| *oid)
            .collect();
        if self.trace.traffic || large.is_empty() {
            return Ok(());
        }
        self.watcher.report().await;
        self.counted = counters(&self.eye, Some(&large)).await?;
        Ok(())
    }

    /// Adds what workers have read of the large tables to the statement that has read most of it.
    pub(super) async fn count_workers(&mut self, session: &mut Migrator) -> Result<(), PgError> {
        if self.counted.is_empty() {
            return Ok(());
        }
        flush(session).await?;
        let large: Vec<u32> = self.counted.keys().copied().collect();
        for (oid, now) in counters(&self.eye, Some(&large)).await? {
            let before = self.counted.get(&oid).copied().unwrap_or_default();
            if let (Some(total), Some(target)) = (now.since(before), self.target(oid)) {
                self.add_workers(&target.relation, &total);
            }
        }
        Ok(())
    }

    fn add_workers(&mut self, relation: &str, total: &Work) {
        let Some(step) = self.step() else { return };
        let works = || step.statements.iter().flat_map(|statement| &statement.work);
        let own = works().filter(|work| work.relation == relation);
        let (rows, blocks) =
            own.fold((0, 0), |(rows, blocks), work| (rows + work.rows_scanned, blocks + work.blocks_read));
        let all = step.statements.iter_mut().flat_map(|statement| &mut statement.work);
        let most = all.filter(|work| work.relation == relation).max_by_key(|work| work.rows_scanned);
        if let Some(most) = most {
            most.rows_scanned += total.rows_scanned.saturating_sub(rows);
            most.blocks_read += total.blocks_read.saturating_sub(blocks);
        }
    }
}
