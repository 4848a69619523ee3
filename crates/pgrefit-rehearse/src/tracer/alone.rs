//! What runs outside of a transaction block is counted from outside, before and after.

use std::collections::HashMap;

use pgrefit_pg::{Error as PgError, Migrator};
use pgrefit_sql::LockMode;

use super::Recorder;
use super::size::{toast_bytes, with_toast};
use crate::inventory;
use crate::look::{Counters, counters};
use crate::{Rewrite, Work};

impl Recorder {
    /// What a statement outside of a transaction has read, written and moved, seen from outside.
    pub(super) async fn count_alone(&mut self, session: &mut Migrator) -> Result<(), PgError> {
        flush(session).await?;
        let now = inventory::read(&self.eye).await?;
        for (oid, known) in &now {
            if !self.inventory.contains_key(oid) {
                self.made.insert(*oid, known.clone());
            }
        }
        let mut rewritten: Vec<Rewrite> = now
            .iter()
            .filter_map(|(oid, known)| {
                let after_bytes = with_toast(*oid, known, |owner| toast_bytes(now.values(), owner));
                self.moved(*oid, known, after_bytes)
            })
            .collect();
        rewritten.sort_by(|a, b| {
            (&a.relation, a.kind as u8, &a.object).cmp(&(&b.relation, b.kind as u8, &b.object))
        });
        let mut work = Vec::new();
        if !self.trace.traffic {
            let counted = counters(&self.eye, None).await?;
            let strongest = self.strongest();
            let one =
                |(oid, now): (&u32, &Counters)| self.worked_alone(*oid, *now, strongest.get(oid).copied());
            work = counted.iter().filter_map(one).collect();
            work.sort_by(|a, b| a.relation.cmp(&b.relation));
        }
        if let Some(statement) = self.statement() {
            (statement.rewritten, statement.work) = (rewritten, work);
        }
        Ok(())
    }

    /// The strongest lock that was seen on each relation.
    fn strongest(&self) -> HashMap<u32, LockMode> {
        let mut strongest: HashMap<u32, LockMode> = HashMap::new();
        let observations = self.watch.observations();
        for seen in observations.iter().flat_map(|observation| &observation.locks).filter(|seen| seen.granted)
        {
            let mode = strongest.entry(seen.oid).or_insert(seen.mode);
            *mode = seen.mode.max(*mode);
        }
        strongest
    }

    fn worked_alone(&self, oid: u32, now: Counters, under: Option<LockMode>) -> Option<Work> {
        let target = self.target(oid)?;
        let work = now.since(self.counted.get(&oid).copied().unwrap_or_default())?;
        Some(Work { relation: target.relation, existed_before: target.existed_before, under, ..work })
    }
}

/// Has the session report what it has counted when it is next idle, which is at once.
pub(super) async fn flush(session: &mut Migrator) -> Result<(), PgError> {
    if session.version_num() >= 150_000 {
        session.simple("SELECT pg_catalog.pg_stat_force_next_flush()").await?;
    }
    Ok(())
}
