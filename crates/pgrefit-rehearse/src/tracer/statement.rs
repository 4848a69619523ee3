//! A statement within a step: how long it took, and what it has read, written and moved.

use std::sync::atomic::Ordering;

use pgrefit_history::{Batches as HistoryBatches, StatementAt, Way};
use pgrefit_pg::{Error as PgError, Migrator};

use super::size::{toast_bytes, with_toast};
use super::{FIRST_NORMAL_OID, Recorder};
use pgrefit_sql::without_passwords;

use crate::inventory::Known;
use crate::look::{Held, Look};
use crate::sampler::to_microseconds;
use crate::{Batches, Rewrite, StatementTrace, Work};

impl Recorder {
    pub(super) fn begins(&mut self, at: StatementAt<'_>, session: &Migrator) {
        self.temp_before = self.temp_bytes.as_ref().map_or(0, |bytes| bytes.load(Ordering::SeqCst));
        let line = at.place.line_of(&at.step.file.sql);
        let started_ms = self.watch.begin(session.backend_pid());
        self.starts.push((at.number, started_ms));
        let statement = StatementTrace {
            number: at.number,
            line: at.place.line,
            column: at.place.column,
            text: without_passwords(at.text()),
            source_line: without_passwords(line),
            started_ms,
            ..StatementTrace::default()
        };
        if let Some(step) = self.step() {
            step.statements.push(statement);
        }
    }

    pub(super) async fn ended(
        &mut self,
        at: StatementAt<'_>,
        batches: Option<&HistoryBatches>,
        error: Option<&PgError>,
        session: &mut Migrator,
    ) -> Result<(), PgError> {
        let (ended_ms, phases) = self.watch.end();
        let temp_bytes = self.temp_written();
        let failure = error.map(|error| crate::run::failure_at(error, at));
        if let Some(statement) = self.statement() {
            statement.duration_ms = to_microseconds(ended_ms - statement.started_ms);
            statement.phases = phases;
            statement.batches = batches.map(summed);
            statement.temp_bytes = temp_bytes;
            statement.error = failure;
        }
        if error.is_some() {
            return Ok(());
        }
        let is_transaction = matches!(at.step.way, Way::Together(_));
        let before = self.look(session).await?;
        let told = self.last.tells_temp_files && before.tells_temp_files;
        let wal_bytes = self.last.wal.zip(before.wal).map(|(now, before)| now.saturating_sub(before));
        let work = if is_transaction { self.worked(&before) } else { Vec::new() };
        let rewritten = if is_transaction { self.rewritten() } else { Vec::new() };
        if let Some(statement) = self.statement() {
            statement.wal_bytes = wal_bytes;
            statement.work = work;
            statement.rewritten = rewritten;
            statement.temp_bytes = statement.temp_bytes.filter(|_| told);
        }
        // What is between statements belongs to the transaction, too.
        self.watch.begin(session.backend_pid());
        Ok(())
    }

    /// Bytes of temporary files since the statement began.
    fn temp_written(&self) -> Option<u64> {
        let bytes = self.temp_bytes.as_ref()?.load(Ordering::SeqCst);
        Some(bytes.saturating_sub(self.temp_before))
    }

    /// Rows read and written since the look before, in this transaction.
    fn worked(&self, before: &Look) -> Vec<Work> {
        let one = |(oid, held): (&u32, &Held)| {
            let (target, now) = (self.target(*oid)?, held.counters?);
            let then = before.relations.get(oid).and_then(|held| held.counters);
            // What it has done before this transaction was reported when the step began, and counts no more.
            let work = now.since(then.unwrap_or_default())?;
            Some(Work {
                relation: target.relation,
                existed_before: target.existed_before,
                under: held.strongest(),
                ..work
            })
        };
        let mut work: Vec<Work> = self.last.relations.iter().filter_map(one).collect();
        work.sort_by(|a, b| a.relation.cmp(&b.relation));
        work
    }

    /// Relations that are in another file than at the look before.
    fn rewritten(&mut self) -> Vec<Rewrite> {
        let mut found = Vec::new();
        let now: Vec<(u32, Known)> = self
            .last
            .relations
            .iter()
            .filter(|(_, held)| !held.is_temporary)
            .filter_map(|(oid, held)| Some((*oid, held.known.clone()?)))
            .collect();
        for (oid, known) in now {
            let long_values = |owner| {
                let all = self.last.relations.values().filter_map(|held| held.known.as_ref());
                toast_bytes(all, owner)
            };
            let after_bytes = with_toast(oid, &known, long_values);
            found.extend(self.moved(oid, &known, after_bytes));
        }
        found.sort_by(|a, b| {
            (&a.relation, a.kind as u8, &a.object).cmp(&(&b.relation, b.kind as u8, &b.object))
        });
        found
    }

    /// The rewrite of a relation, if it is in another file by now, which is of that size.
    pub(super) fn moved(&mut self, oid: u32, now: &Known, after_bytes: Option<u64>) -> Option<Rewrite> {
        let before = self.files.insert(oid, now.file);
        if before.is_none_or(|before| before == now.file) || oid < FIRST_NORMAL_OID {
            return None;
        }
        let target = self.target(oid)?;
        let known = self.inventory.get(&oid);
        Some(Rewrite {
            relation: target.relation,
            object: known.map_or_else(|| now.name.clone(), |known| known.name.clone()),
            kind: now.kind,
            existed_before: target.existed_before,
            before_bytes: known.and_then(|known| {
                with_toast(oid, known, |owner| toast_bytes(self.inventory.values(), owner))
            }),
            after_bytes,
        })
    }
}

fn summed(batches: &HistoryBatches) -> Batches {
    let longest = batches.percentile(100).unwrap_or_default();
    Batches { count: batches.count(), rows: batches.rows, longest_ms: longest.as_secs_f64() * 1000.0 }
}
