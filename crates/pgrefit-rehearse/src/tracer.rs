//! Writes the trace: told by the run what happens, it looks at the session that works, at the samples of the second
//! connection, and at the copy before and after each file.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pgrefit_history::{
    Batches as HistoryBatches, Looked, MigrationFile, Moment, StatementAt, StepAt, Tracer, Way,
};
use pgrefit_pg::introspect::{Faults, faults};
use pgrefit_pg::{Error as PgError, Migrator, ReadOnly};
use pgrefit_sql::{Directive, LockMode, Phase as FilePhase};

use crate::canary::{After, Watcher};
use crate::intervals::{Target, by_relation, segments};
use crate::inventory::{self, Inventory, Known};
use crate::look::{Counters, Look, counters, look};
use crate::sampler::{Watch, to_microseconds};
use crate::{
    Batches, FileTrace, LockTrace, Relation, RelationKind, Rewrite, StatementTrace, StepTrace, StepWay,
    Trace, Work, redact,
};

/// Catalogs and what else the server makes itself have smaller oids.
const FIRST_NORMAL_OID: u32 = 16_384;

/// The tracer of a rehearsal.
pub(crate) struct Recorder {
    pub(crate) trace: Trace,
    pub(crate) watcher: Watcher,
    /// The connection from which it looks at the copy between steps.
    eye: ReadOnly,
    watch: Watch,
    /// Bytes of temporary files that the working session was told of; none if it is told of none.
    temp_bytes: Option<Arc<AtomicU64>>,
    /// Tables that are pgrefit's own.
    own_tables: Vec<String>,
    /// The names of catalogs.
    catalogs: HashMap<u32, String>,
    /// The relations as the file found them.
    inventory: Inventory,
    /// Where they are by now.
    files: HashMap<u32, u32>,
    /// Relations that the file has made, as far as they were seen.
    made: Inventory,
    temporary: BTreeSet<u32>,
    faults: Faults,
    database_bytes: Option<i64>,
    last: Look,
    /// Counters before a step that is no transaction.
    counted: HashMap<u32, Counters>,
    temp_before: u64,
    starts: Vec<(usize, f64)>,
}

impl Recorder {
    pub(crate) fn new(
        trace: Trace,
        watcher: Watcher,
        eye: ReadOnly,
        watch: Watch,
        temp_bytes: Option<Arc<AtomicU64>>,
        own_tables: Vec<String>,
        catalogs: HashMap<u32, String>,
    ) -> Self {
        Self {
            trace,
            watcher,
            eye,
            watch,
            temp_bytes,
            own_tables,
            catalogs,
            inventory: Inventory::new(),
            files: HashMap::new(),
            made: Inventory::new(),
            temporary: BTreeSet::new(),
            faults: Faults::default(),
            database_bytes: None,
            last: Look::default(),
            counted: HashMap::new(),
            temp_before: 0,
            starts: Vec::new(),
        }
    }

    async fn take(&mut self, moment: Moment<'_>, session: &mut Migrator) -> Result<(), PgError> {
        match moment {
            Moment::FileBegins(file) => self.file_begins(file).await,
            Moment::StepBegins(at) => self.step_begins(at, session).await,
            Moment::Opened(_) | Moment::Closing(_) => self.look(session).await.map(|_| ()),
            Moment::Begins(at) => {
                self.begins(at, session);
                Ok(())
            }
            Moment::Ended(at, batches, error) => self.ended(at, batches, error, session).await,
            Moment::Closed(at, error) => self.closed(at, error, session).await,
            Moment::FileEnded(_) => self.file_ended(true).await,
        }
    }

    async fn file_begins(&mut self, file: &MigrationFile) -> Result<(), PgError> {
        self.inventory = inventory::read(&self.eye).await?;
        self.files = self.inventory.iter().map(|(oid, known)| (*oid, known.file)).collect();
        self.made.clear();
        self.temporary.clear();
        self.faults = faults(&self.eye).await?;
        self.database_bytes = self.database_size().await?;
        // After a lost connection a file begins again.
        if self.trace.files.last().is_none_or(|last| last.version != file.version) {
            self.trace.files.push(FileTrace {
                version: file.version,
                title: file.title(),
                path: file.path.display().to_string(),
                started_ms: self.watch.clock.now_ms(),
                phase: file.directives().iter().find_map(phase).map(str::to_owned),
                ..FileTrace::default()
            });
        }
        Ok(())
    }

    async fn step_begins(&mut self, at: StepAt<'_>, session: &mut Migrator) -> Result<(), PgError> {
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
            self.counted = counters(&self.eye).await?;
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

    /// A look from inside; returns the one before.
    async fn look(&mut self, session: &mut Migrator) -> Result<Look, PgError> {
        let sent_ms = self.watch.clock.now_ms();
        let now = look(session).await?;
        self.watch.saw(sent_ms, now.locks());
        for (oid, held) in &now.relations {
            if held.is_temporary {
                self.temporary.insert(*oid);
            } else if let Some(known) = held.known.as_ref().filter(|_| !self.inventory.contains_key(oid)) {
                self.made.entry(*oid).or_insert_with(|| known.clone());
            }
        }
        Ok(std::mem::replace(&mut self.last, now))
    }

    fn begins(&mut self, at: StatementAt<'_>, session: &Migrator) {
        self.temp_before = self.temp_bytes.as_ref().map_or(0, |bytes| bytes.load(Ordering::SeqCst));
        let line = at.place.line_of(&at.step.file.sql);
        let started_ms = self.watch.begin(session.backend_pid());
        self.starts.push((at.number, started_ms));
        let statement = StatementTrace {
            number: at.number,
            line: at.place.line,
            column: at.place.column,
            text: redact::shown(at.text()),
            source_line: redact::shown(line),
            started_ms,
            ..StatementTrace::default()
        };
        if let Some(step) = self.step() {
            step.statements.push(statement);
        }
    }

    async fn ended(
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
        let one = |(oid, held): (&u32, &crate::look::Held)| {
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
    fn moved(&mut self, oid: u32, now: &Known, after_bytes: Option<u64>) -> Option<Rewrite> {
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

    /// What a lock on a relation counts for; nothing of catalogs, temporary and own tables.
    fn target(&self, oid: u32) -> Option<Target> {
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

    async fn closed(
        &mut self,
        at: StepAt<'_>,
        error: Option<&PgError>,
        session: &mut Migrator,
    ) -> Result<(), PgError> {
        let (ended_ms, _) = self.watch.end();
        let is_transaction = matches!(at.way, Way::Together(_));
        let wal = if error.is_none() { look(session).await?.wal } else { self.last.wal };
        if !is_transaction && error.is_none() {
            self.count_alone(session).await?;
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
    fn locks(&self, ended_ms: f64, is_done: bool) -> (Vec<LockTrace>, Vec<LockTrace>, BTreeSet<u32>) {
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

    /// What a statement outside of a transaction has read, written and moved, seen from outside.
    async fn count_alone(&mut self, session: &mut Migrator) -> Result<(), PgError> {
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
            let counted = counters(&self.eye).await?;
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

    /// Ends the file that is under way, if one is.
    pub(crate) async fn file_ended(&mut self, recorded: bool) -> Result<(), PgError> {
        let found = faults(&self.eye).await?;
        let grown = self.database_size().await?.zip(self.database_bytes).map(|(now, before)| now - before);
        let now_ms = self.watch.clock.now_ms();
        let Some(file) = self.trace.files.last_mut() else { return Ok(()) };
        file.duration_ms = to_microseconds(now_ms - file.started_ms);
        file.recorded = recorded;
        file.disk_growth_bytes = grown;
        let new =
            |now: &BTreeSet<String>, before: &BTreeSet<String>| now.difference(before).cloned().collect();
        file.invalid_indexes = new(&found.invalid_indexes, &self.faults.invalid_indexes);
        file.unvalidated_constraints =
            new(&found.unvalidated_constraints, &self.faults.unvalidated_constraints);
        Ok(())
    }

    /// Keeps of what files have left only what remains to the end.
    pub(crate) async fn keep_what_remains(&mut self) -> Result<(), PgError> {
        let found = faults(&self.eye).await?;
        for file in &mut self.trace.files {
            file.invalid_indexes.retain(|index| found.invalid_indexes.contains(index));
            file.unvalidated_constraints
                .retain(|constraint| found.unvalidated_constraints.contains(constraint));
        }
        Ok(())
    }

    async fn database_size(&self) -> Result<Option<i64>, PgError> {
        let rows = self.eye.simple("SELECT pg_catalog.pg_database_size(current_database())").await?;
        Ok(rows.into_iter().flatten().flatten().next().and_then(|text| text.parse().ok()))
    }

    fn step(&mut self) -> Option<&mut StepTrace> {
        self.trace.files.last_mut()?.steps.last_mut()
    }

    fn statement(&mut self) -> Option<&mut StatementTrace> {
        self.step()?.statements.last_mut()
    }
}

impl Tracer for Recorder {
    fn look<'a>(&'a mut self, moment: Moment<'a>, session: &'a mut Migrator) -> Looked<'a> {
        Box::pin(self.take(moment, session))
    }
}

/// Has the session report what it has counted when it is next idle, which is at once.
async fn flush(session: &mut Migrator) -> Result<(), PgError> {
    if session.version_num() >= 150_000 {
        session.simple("SELECT pg_catalog.pg_stat_force_next_flush()").await?;
    }
    Ok(())
}

/// The size of a relation; of a table with that of its long values.
fn with_toast(oid: u32, known: &Known, long_values: impl Fn(u32) -> u64) -> Option<u64> {
    let is_table = matches!(known.kind, RelationKind::Table | RelationKind::MaterializedView);
    known.bytes.map(|bytes| if is_table { bytes + long_values(oid) } else { bytes })
}

/// The size of the TOAST table of a table.
fn toast_bytes<'k>(all: impl Iterator<Item = &'k Known>, owner: u32) -> u64 {
    let long_values = all.filter(|known| known.kind == RelationKind::Toast && known.owner == owner);
    long_values.filter_map(|known| known.bytes).sum()
}

fn summed(batches: &HistoryBatches) -> Batches {
    let longest = batches.percentile(100).unwrap_or_default();
    Batches { count: batches.count(), rows: batches.rows, longest_ms: longest.as_secs_f64() * 1000.0 }
}

fn phase(directive: &Directive) -> Option<&'static str> {
    match directive {
        Directive::Phase(FilePhase::Expand) => Some("expand"),
        Directive::Phase(FilePhase::Contract) => Some("contract"),
        _ => None,
    }
}
