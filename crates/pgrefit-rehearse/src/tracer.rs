//! Writes the trace: told by the run what happens, it looks at the session that works, at the samples of the second
//! connection, and at the copy before and after each file.

mod alone;
mod size;
mod statement;
mod step;
mod workers;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use pgrefit_history::{Looked, MigrationFile, Moment, Tracer};
use pgrefit_pg::introspect::{Faults, faults};
use pgrefit_pg::{Error as PgError, Migrator, ReadOnly};
use pgrefit_sql::{Directive, Phase as FilePhase};

use crate::canary::Watcher;
use crate::inventory::{self, Inventory};
use crate::look::{Counters, Look, look};
use crate::sampler::{Watch, to_microseconds};
use crate::{FileTrace, StatementTrace, StepTrace, Trace};

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
    /// Counters before the step: of all tables, or, if it is a transaction, of large ones.
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

fn phase(directive: &Directive) -> Option<&'static str> {
    match directive {
        Directive::Phase(FilePhase::Expand) => Some("expand"),
        Directive::Phase(FilePhase::Contract) => Some("contract"),
        _ => None,
    }
}
