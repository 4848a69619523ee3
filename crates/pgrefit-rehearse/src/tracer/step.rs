//! A step from its begin to its end: its locks, its WAL, and what the canary meets when it is over.

use std::collections::BTreeSet;

use pgrefit_history::{StepAt, Way};
use pgrefit_pg::{Error as PgError, Migrator};
use pgrefit_sql::LockMode;

use super::alone::flush;
use super::size::{toast_bytes, with_toast};
use super::{FIRST_NORMAL_OID, Recorder};
use crate::canary::After;
use crate::intervals::{Target, by_relation, segments};
use crate::look::{counters, look};
use crate::{LockTrace, Relation, StepTrace, StepWay};

impl Recorder {
    pub(super) async fn step_begins(
        &mut self,
        at: StepAt<'_>,
        session: &mut Migrator,
    ) -> Result<(), PgError> {
        self.starts.clear();
        let (way, transaction) = match at.way {
            Way::Together(number) => (StepWay::Transaction, Some(number)),
            Way::Batches => (StepWay::Batches, None),
            Way::Alone | Way::Setting => (StepWay::Alone, None),
        };
        self.last = look(session).await?;
        flush(session).await?;
        if way != StepWay::Transaction && !self.trace.traffic {
            self.watcher.report().await;
            self.counted = counters(&self.eye, None).await?;
        }
        if way == StepWay::Transaction {
            self.count_large().await?;
        }
        self.watch.begin_step();
        let step = StepTrace {
            number: at.number,
            way,
            transaction,
            started_ms: self.watch.begin(session.backend_pid()),
            // Until it is known how far the WAL came, where it began.
            wal_bytes: self.last.wal,
            ..StepTrace::default()
        };
        if let Some(file) = self.trace.files.last_mut() {
            file.steps.push(step);
        }
        Ok(())
    }

    pub(super) async fn closed(
        &mut self,
        at: StepAt<'_>,
        error: Option<&PgError>,
        session: &mut Migrator,
    ) -> Result<(), PgError> {
        let (ended_ms, _) = self.watch.end();
        let is_transaction = matches!(at.way, Way::Together(_));
        let wal = if error.is_none() { look(session).await?.wal } else { self.last.wal };
        if error.is_none() {
            if is_transaction {
                self.count_workers(session).await?;
            } else {
                self.count_alone(session).await?;
            }
        }
        let (locks, catalog_locks, touched) = self.locks(ended_ms, error.is_none());
        self.remember(&locks);
        if let Some(step) = self.step() {
            step.ended_ms = ended_ms;
            step.committed = error.is_none();
            step.wal_bytes = wal.zip(step.wal_bytes).map(|(now, before)| now.saturating_sub(before));
            (step.locks, step.catalog_locks) = (locks, catalog_locks);
        }
        self.counted.clear();
        if is_transaction && error.is_some() {
            return Ok(());
        }
        let title = at.file.title();
        let after = After { version: at.file.version, title: &title, step: at.number };
        self.watcher.run(after, |oid| touched.contains(&oid)).await
    }

    /// The locks of the step that has ended: on relations of users, on catalogs, and the oids of all that were locked.
    pub(super) fn locks(
        &self,
        ended_ms: f64,
        is_done: bool,
    ) -> (Vec<LockTrace>, Vec<LockTrace>, BTreeSet<u32>) {
        let began_ms =
            self.trace.files.last().and_then(|file| file.steps.last()).map_or(0.0, |step| step.started_ms);
        let mut observations = self.watch.observations();
        observations.retain(|observation| observation.got_ms <= ended_ms);
        let all = segments(&observations, &self.starts, began_ms, ended_ms, is_done);
        let locks = by_relation(&all, &self.starts, |oid| self.target(oid));
        let strong: Vec<_> = all
            .iter()
            .filter(|segment| segment.mode >= LockMode::Share && segment.oid < FIRST_NORMAL_OID)
            .copied()
            .collect();
        let catalog = |oid: u32| {
            Some(Target { relation: self.catalog_name(oid), existed_before: true, is_part: false })
        };
        let touched =
            all.iter().filter(|segment| segment.mode > LockMode::AccessShare).map(|segment| segment.oid);
        let owners = touched.flat_map(|oid| [Some(oid), self.inventory.get(&oid).map(|known| known.owner)]);
        (locks, by_relation(&strong, &self.starts, catalog), owners.flatten().collect())
    }

    fn catalog_name(&self, oid: u32) -> String {
        self.catalogs.get(&oid).cloned().unwrap_or_else(|| format!("relation {oid}"))
    }

    /// Notes what the relations were like before.
    fn remember(&mut self, locks: &[LockTrace]) {
        for lock in locks.iter().filter(|lock| lock.existed_before) {
            if self.trace.relations.contains_key(&lock.relation) {
                continue;
            }
            let known = self.inventory.iter().find(|(_, known)| known.name == lock.relation);
            if let Some((oid, known)) = known {
                let bytes = with_toast(*oid, known, |owner| toast_bytes(self.inventory.values(), owner));
                self.trace.relations.insert(lock.relation.clone(), Relation { bytes, ..known.relation() });
            }
        }
    }

    /// What a lock on a relation counts for; nothing of catalogs, temporary and own tables.
    pub(super) fn target(&self, oid: u32) -> Option<Target> {
        if oid < FIRST_NORMAL_OID || self.temporary.contains(&oid) {
            return None;
        }
        let target = if let Some(known) = self.inventory.get(&oid) {
            known.target(oid, true)
        } else {
            let known = self.made.get(&oid)?;
            // A new index, or a new TOAST table, of an old table: nobody else knows of it; but the table has a name.
            let table = self.inventory.get(&known.owner).map_or(&known.table, |table| &table.name);
            Target { relation: table.clone(), existed_before: false, is_part: known.owner != oid }
        };
        (!self.own_tables.contains(&target.relation)).then_some(target)
    }
}
