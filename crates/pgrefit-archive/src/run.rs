//! One table, taken out: from whatever state it is in to the one that is wanted.

mod patience;

use std::time::Duration;

use pgrefit_catalog::Name;
use pgrefit_pg::{Connector, Migrator};

use crate::detach::{Presence, detach, presence};
use crate::failpoint::reach;
use crate::finish::{self, Finished};
use crate::ledger::{Change, Exported, Ledger};
use crate::lock::TableLock;
use crate::work::{self, WorkFile};
use crate::{Error, Event, Job, Plan, Record, State, export, prove, space, upload};

pub(crate) use patience::{Patience, is_lock};

/// How far a run goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// The rows are in the store, proven, and counted once more; the table stays, detached.
    Recounted,
    /// … and the table is dropped.
    Dropped,
}

/// What a run has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archived {
    /// The ledger's row.
    pub record: Record,
    /// How often the table was exported in this run.
    pub exports: u32,
    /// How long the table was locked against everybody, before it was dropped.
    pub exclusive: Option<Duration>,
    /// How long it was locked against writers before that.
    pub writers: Option<Duration>,
}

/// Takes a partition, or a table that is none, out of the database, or goes on where an earlier run was interrupted.
///
/// `scratch` is a database of another server, on which the role may create databases: the file is tried there.
///
/// # What is read, written and locked
/// Everything that can be refused is refused before anything is changed: privileges, foreign keys, types, the store, the room in the
/// work folder, the scratch server. Then:
/// - the ledger is made, and has a row;
/// - a partition is detached concurrently: SHARE UPDATE EXCLUSIVE on the parent, which stops nobody from reading or writing it;
/// - the table is read twice under ACCESS SHARE and one snapshot;
/// - at the end it is locked against writers (SHARE ROW EXCLUSIVE) while it is counted and digested once more, with readers going
///   on, and against everybody (ACCESS EXCLUSIVE) for the `DROP` alone. Each lock is waited for `Limits::lock`, and tried again.
///   Lock, digest, `DROP` and the ledger's row are one transaction.
///
/// Rows that were inserted, changed or deleted since the export are found by that digest: nothing is dropped, the ledger goes back to
/// [`State::Detached`], and the table is exported again, [`Limits::rounds`](crate::Limits::rounds) times at most.
///
/// # Errors
/// [`Error`]: each leaves the table in the database, and the ledger with what is true.
pub async fn run(job: &Job<'_>, scratch: &Connector, table: &Name, until: Until) -> Result<Archived, Error> {
    let _heed = job.stop.heed();
    job.check_stop()?;
    let lock = TableLock::acquire(job.source, table).await?;
    let run = Run::start(job, scratch, table, lock, until).await?;
    Box::pin(run.finish()).await
}

struct Run<'a> {
    job: &'a Job<'a>,
    scratch: &'a Connector,
    ledger: Ledger,
    session: Migrator,
    lock: TableLock,
    record: Record,
    until: Until,
    exports: u32,
    /// The objects were read back by this very run.
    is_stored: bool,
}

impl<'a> Run<'a> {
    async fn start(
        job: &'a Job<'a>,
        scratch: &'a Connector,
        table: &Name,
        lock: TableLock,
        until: Until,
    ) -> Result<Self, Error> {
        let ledger = Ledger::find(job.source, job.history).await?;
        let limits = pgrefit_pg::Limits {
            statement: job.limits.statement,
            lock: job.limits.lock,
            ..job.source.limits()
        };
        let connector = job.source.clone().with_limits(limits);
        let mut session = connector.migrator().await.map_err(Error::Source)?;
        let open =
            if ledger.exists(&mut session).await? { ledger.open(&mut session, table).await? } else { None };
        let record = match open {
            Some(record) => resumed(job, &mut session, record).await?,
            None => begun(job, scratch, &ledger, &mut session, table).await?,
        };
        Ok(Self { job, scratch, ledger, session, lock, record, until, exports: 0, is_stored: false })
    }

    async fn finish(mut self) -> Result<Archived, Error> {
        loop {
            self.job.check_stop()?;
            // The other session is asked, so that no two runs go on side by side for long; the ledger stops them in any case.
            self.lock.check().await?;
            reach(self.record.state.name());
            match self.record.state {
                State::Planned => self.detach().await?,
                State::Detached => Box::pin(self.export()).await?,
                State::Exported => self.read_back().await?,
                State::FileVerified => Box::pin(self.prove()).await?,
                State::RestoredVerified => self.upload().await?,
                State::Uploaded | State::Recounted => {
                    if let Some(finished) = self.recount().await? {
                        return self.archived(finished).await;
                    }
                }
                State::Dropped | State::Loaded | State::Restored => {
                    return Err(Error::WrongState {
                        action: "go on with",
                        id: self.record.id.clone(),
                        state: self.record.state,
                    });
                }
            }
        }
    }

    async fn detach(&mut self) -> Result<(), Error> {
        detach(self.job, &mut self.session, &self.record.plan).await?;
        reach("detached but not recorded");
        self.change(&Change::to(State::Detached)).await
    }

    /// The plan is made again: what was altered since then is exported too, or refused.
    async fn export(&mut self) -> Result<(), Error> {
        if self.exports >= self.job.limits.rounds {
            let (table, rounds) = (self.record.table().clone(), self.exports);
            return Err(Error::Changing { table, rounds });
        }
        self.exports += 1;
        // Somebody may have attached it again.
        detach(self.job, &mut self.session, &self.record.plan).await?;
        let mut reader = self.job.source.read_only().await.map_err(Error::Source)?;
        let plan = self.record.plan.again(Plan::read(&mut reader, self.record.table()).await?);
        check_room(self.job, &plan)?;
        let export = Box::pin(export::export(self.job, &plan, &self.record.id)).await?;
        reach("exported but not recorded");
        let change =
            Change { export: Exported::New(&export), plan: Some(&plan), ..Change::to(State::Exported) };
        self.change(&change).await
    }

    async fn read_back(&mut self) -> Result<(), Error> {
        let export = self.record.exported()?.clone();
        let file = self.file();
        let read = self.job.unless_stopped(prove::read_back(&file, &export)).await;
        self.or_export_again(read).await?;
        self.change(&Change::to(State::FileVerified)).await
    }

    async fn prove(&mut self) -> Result<(), Error> {
        let (job, file, Record { id, plan, .. }) = (self.job, self.file(), &self.record);
        let proven = prove::restored(job, self.scratch, plan, self.record.exported()?, &file, id);
        let proven = Box::pin(proven).await;
        self.or_export_again(proven).await?;
        self.change(&Change::to(State::RestoredVerified)).await
    }

    async fn upload(&mut self) -> Result<(), Error> {
        // The file may have changed since it was proven: what is read back is compared with the ledger.
        let file = self.file();
        if !file.path.exists() {
            let gone = Err(Error::FileChanged { path: file.path });
            return self.or_export_again(gone).await;
        }
        let uploaded = self.job.unless_stopped(upload::upload(self.job, &self.record, &file)).await;
        if let Err(Error::ObjectChanged { .. }) = &uploaded {
            // Either it was changed here before it was read, or on its way: the file tells.
            let export = self.record.exported()?.clone();
            let read = self.job.unless_stopped(prove::read_back(&file, &export)).await;
            self.or_export_again(read).await?;
        }
        let manifest = uploaded?;
        reach("uploaded but not recorded");
        let store = self.job.store.to_string();
        let change = Change { stored: Some((&store, &manifest)), ..Change::to(State::Uploaded) };
        self.change(&change).await?;
        self.is_stored = true;
        Ok(())
    }

    /// `None` where the rows have changed: the table is exported again.
    async fn recount(&mut self) -> Result<Option<Finished>, Error> {
        if !self.is_stored {
            // An earlier run has put it there; that may be long ago.
            let manifest = self.record.manifest.clone().unwrap_or_default();
            self.job.unless_stopped(upload::check(self.job, &self.record, &manifest)).await?;
            self.is_stored = true;
        }
        let finish = finish::Finish {
            job: self.job,
            ledger: &self.ledger,
            record: &self.record,
            drops: self.until == Until::Dropped,
        };
        let finished = finish.run(&mut self.session).await?;
        let Finished::Changed { rows } = finished else { return Ok(Some(finished)) };
        let (export, manifest) = (self.record.exported()?.clone(), self.record.manifest.clone());
        self.job.tell(Event::Changed {
            table: self.record.table().clone(),
            exported_rows: export.rows,
            rows,
        });
        self.change(&Change { export: Exported::Forgotten, ..Change::to(State::Detached) }).await?;
        self.is_stored = false;
        upload::forget(self.job, &export, manifest.as_deref()).await;
        Ok(None)
    }

    async fn archived(mut self, finished: Finished) -> Result<Archived, Error> {
        self.reload().await?;
        let state = self.record.state;
        self.job.tell(Event::Reached { table: self.record.table().clone(), state });
        // Before that the file was the only other copy in reach.
        self.file().remove(self.job)?;
        self.lock.release().await;
        let (exclusive, writers) = match finished {
            Finished::Dropped { exclusive, writers } => (Some(exclusive), Some(writers)),
            Finished::Kept { writers } => (None, Some(writers)),
            Finished::Changed { .. } => (None, None),
        };
        Ok(Archived { record: self.record, exports: self.exports, exclusive, writers })
    }

    /// A file that is not as it was written is of no use: the next run exports again.
    async fn or_export_again(&mut self, checked: Result<(), Error>) -> Result<(), Error> {
        let is_about_file = match &checked {
            Err(Error::FileChanged { .. } | Error::Differs { .. }) => true,
            Err(Error::Io { source, .. }) => source.kind() == std::io::ErrorKind::NotFound,
            _ => false,
        };
        if is_about_file {
            self.change(&Change { export: Exported::Forgotten, ..Change::to(State::Detached) }).await?;
        }
        checked
    }

    async fn change(&mut self, change: &Change<'_>) -> Result<(), Error> {
        self.ledger.change(&mut self.session, &self.record, self.job.tool, change).await?;
        self.reload().await?;
        let (table, state) = (self.record.table().clone(), self.record.state);
        self.job.tell(Event::Reached { table, state });
        Ok(())
    }

    async fn reload(&mut self) -> Result<(), Error> {
        let found = self.ledger.get(&mut self.session, &self.record.id).await?;
        self.record = found.ok_or_else(|| Error::NoArchive { what: self.record.id.clone() })?;
        Ok(())
    }

    fn file(&self) -> WorkFile {
        WorkFile::of(self.job.work, &self.record.id)
    }
}

/// Nothing is changed before all that can be looked at has been.
async fn begun(
    job: &Job<'_>,
    scratch: &Connector,
    ledger: &Ledger,
    session: &mut Migrator,
    table: &Name,
) -> Result<Record, Error> {
    let plan = Plan::read(&mut job.source.read_only().await.map_err(Error::Source)?, table).await?;
    check_room(job, &plan)?;
    prove::check_scratch(job, scratch, &plan).await?;
    job.unless_stopped(job.store.probe()).await?;
    work::prepare(job.work)?;
    ledger.create(session).await?;
    let id = new_id();
    ledger.begin(session, &id, &plan, job.tool).await?;
    job.tell(Event::Reached { table: table.clone(), state: State::Planned });
    let record = ledger.get(session, &id).await?;
    record.ok_or(Error::NoArchive { what: id })
}

/// The table must be the one that the archive was begun for.
async fn resumed(job: &Job<'_>, session: &mut Migrator, record: Record) -> Result<Record, Error> {
    let table = record.table().clone();
    match presence(session, &table, record.plan.oid).await.map_err(Error::Source)? {
        Presence::There => {
            work::prepare(job.work)?;
            job.tell(Event::Resumes { table, state: record.state });
            Ok(record)
        }
        Presence::Gone => Err(Error::NoTable { table }),
        Presence::Other => Err(Error::OtherTable { id: record.id, table }),
    }
}

/// As much as the table has on the disk, with TOAST: files are smaller.
fn check_room(job: &Job<'_>, plan: &Plan) -> Result<(), Error> {
    space::check(job.work, plan.table_bytes, job.limits.work_bytes)
}

/// Sorts by time, and is no two archives' name.
fn new_id() -> String {
    let now = time::OffsetDateTime::now_utc();
    format!(
        "{:04}{:02}{:02}-{:02}{:02}{:02}-{:08x}",
        now.year(),
        u8::from(now.month()),
        now.day(),
        now.hour(),
        now.minute(),
        now.second(),
        fastrand::u32(..)
    )
}
