//! Brings an archive back: the table is made again, loaded, compared, and attached where it was.

mod parent;

use pgrefit_pg::digest::{sent_by, sent_columns_by};
use pgrefit_pg::{Connector, Migrator};

use crate::detach::{Presence, presence};
use crate::export::same_columns;
use crate::failpoint::reach;
use crate::ledger::{Change, Ledger, literal};
use crate::lock::TableLock;
use crate::manifest::content;
use crate::prove::the_part;
use crate::verify::{fetched, find};
use crate::work::WorkFile;
use crate::{Error, Event, Job, Record, State, load};

/// Where a table is brought back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// As a partition of its parent, under its bounds; where there is no parent any more, on its own.
    AsBefore,
    /// On its own, under its name.
    Alone,
}

/// What was brought back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The ledger's row.
    pub record: Record,
    /// How many rows.
    pub rows: u64,
    /// Whether it is a partition again.
    pub attached: bool,
}

/// Brings an archive back, by its name or that of its table, or goes on where an earlier run was interrupted.
///
/// The table is made, loaded and digested in one transaction, and nobody sees it before its rows are those of the archive. Then each
/// foreign key is added `NOT VALID` (SHARE ROW EXCLUSIVE on both tables, for a moment) and validated (ROW SHARE on the table it refers
/// to, which stops no writer). At last it is attached: SHARE UPDATE EXCLUSIVE on the parent, which stops nobody from reading or
/// writing it, and no scan, because a CHECK says what the bounds ask for; it is dropped in the same transaction.
///
/// Its privileges are those that the schema's defaults give.
///
/// # Errors
/// [`Error::WrongState`] where the table is still there; [`Error::NotRestorable`] where its name is taken, or the parent is another one;
/// [`Error::ObjectChanged`], [`Error::Differs`] where it is not what it was. Nothing is left behind then but what the ledger knows.
pub async fn restore(job: &Job<'_>, what: &str, placement: Placement) -> Result<Restored, Error> {
    let _heed = job.stop.heed();
    let record = find(job, what).await?;
    let lock = TableLock::acquire(job.source, record.table()).await?;
    let mut back = Back::start(job, &record.id, placement).await?;
    if back.record.state == State::Dropped {
        Box::pin(back.load()).await?;
    }
    let attached = Box::pin(back.place()).await?;
    lock.release().await;
    let rows = back.record.exported()?.rows;
    Ok(Restored { rows, attached, record: back.record })
}

struct Back<'a> {
    job: &'a Job<'a>,
    ledger: Ledger,
    session: Migrator,
    record: Record,
    placement: Placement,
}

impl<'a> Back<'a> {
    async fn start(job: &'a Job<'a>, id: &str, placement: Placement) -> Result<Self, Error> {
        let ledger = Ledger::find(job.source, job.history).await?;
        let mut session = connector(job).migrator().await.map_err(Error::Source)?;
        let found = ledger.get(&mut session, id).await?;
        let record = found.ok_or_else(|| Error::NoArchive { what: id.to_owned() })?;
        let mut back = Self { job, ledger, session, record, placement };
        back.check().await?;
        Ok(back)
    }

    /// Before anything is fetched.
    async fn check(&mut self) -> Result<(), Error> {
        let Record { id, state, plan, loaded_oid, .. } = &self.record;
        let table = plan.table.clone();
        let oid = match state {
            State::Dropped => 0,
            State::Loaded => loaded_oid.unwrap_or_default(),
            _ => return Err(Error::WrongState { action: "restore", id: id.clone(), state: *state }),
        };
        let why = match (presence(&mut self.session, &table, oid).await.map_err(Error::Source)?, state) {
            (Presence::Gone, State::Dropped) | (Presence::There, _) => return self.check_parent().await,
            (Presence::Gone, _) => "it was loaded by an earlier run, and is gone",
            (Presence::Other, _) => "there is another table of its name",
        };
        Err(Error::NotRestorable { table, why: why.to_owned() })
    }

    /// Fetches the file, and makes the table in one transaction.
    async fn load(&mut self) -> Result<(), Error> {
        let file = fetched(self.job, &self.record, "restore").await?;
        let loaded = self.job.unless_stopped(self.loaded(&file)).await;
        if loaded.is_err() {
            let _ = self.session.cancel_handle().cancel().await;
            let _ = self.session.batch("ROLLBACK").await;
        }
        file.remove(self.job)?;
        loaded?;
        self.reload().await
    }

    async fn loaded(&mut self, file: &WorkFile) -> Result<(), Error> {
        let (record, session) = (&self.record, &mut self.session);
        let export = record.exported()?;
        session.batch(&begin(self.job)).await.map_err(Error::Source)?;
        script(session, &record.plan.definition.create).await?;
        // It sets what is checked of bodies of functions only, but nothing of ours may depend on that.
        load::copy_in(session, &record.plan, &file.path, &the_part(export)?.sha256, Error::Source).await?;
        let columns = sent_columns_by(session, record.table()).await.map_err(Error::Source)?;
        let columns = same_columns(&record.plan, &columns)?;
        let found = sent_by(session, record.table(), &columns).await.map_err(Error::Source)?;
        if (found.rows, &found.digest) != (export.rows, &export.digest) {
            let found = content(found.rows, &found.digest);
            return Err(Error::Differs { place: "in the restored table", expected: export.content(), found });
        }
        script(session, &record.plan.definition.finish).await?;
        self.finish_load().await
    }

    async fn finish_load(&mut self) -> Result<(), Error> {
        let (record, session) = (&self.record, &mut self.session);
        session.batch(&sequences(record)).await.map_err(Error::Source)?;
        let sql =
            format!("SELECT {}::pg_catalog.regclass::pg_catalog.oid", literal(&record.table().to_string()));
        let rows = session.simple(&sql).await.map_err(Error::Source)?;
        let oid = rows.first().and_then(|row| row.first()?.as_deref()?.parse().ok());
        let change = Change { loaded_oid: oid, ..Change::to(State::Loaded) };
        self.ledger.change(session, record, self.job.tool, &change).await?;
        reach("loaded but not committed");
        session.batch("COMMIT").await.map_err(Error::Source)?;
        reach("loaded and committed");
        Ok(())
    }

    async fn reload(&mut self) -> Result<(), Error> {
        let found = self.ledger.get(&mut self.session, &self.record.id).await?;
        self.record = found.ok_or_else(|| Error::NoArchive { what: self.record.id.clone() })?;
        let (table, state) = (self.record.table().clone(), self.record.state);
        self.job.tell(Event::Reached { table, state });
        Ok(())
    }
}

/// Where they stood when the table was exported.
fn sequences(record: &Record) -> String {
    let moved = record.plan.sequences.iter().filter_map(|state| Some((&state.sequence, state.last_value?)));
    let set = moved.map(|(sequence, value)| {
        format!("SELECT pg_catalog.setval({}, {value});", literal(&sequence.to_string()))
    });
    set.collect()
}

fn connector(job: &Job<'_>) -> Connector {
    let (statement, lock) = (job.limits.statement, job.limits.lock);
    job.source.clone().with_limits(pgrefit_pg::Limits { statement, lock, ..job.source.limits() })
}

fn begin(job: &Job<'_>) -> String {
    let limits = job.limits;
    format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL lock_timeout = {}; SET LOCAL statement_timeout = {}; \
         SET LOCAL search_path = pg_catalog, pg_temp",
        limits.lock.as_millis(),
        limits.statement.as_millis(),
    )
}

async fn script(session: &mut Migrator, sql: &str) -> Result<(), Error> {
    session.script(sql).await.map_err(|error| Error::Source(error.source))
}
