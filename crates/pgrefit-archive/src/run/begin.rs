//! The beginning of a run: everything is looked at before anything is changed.

use pgrefit_catalog::Name;
use pgrefit_pg::{Connector, Migrator};

use super::check_room;
use crate::detach::{Presence, presence};
use crate::ledger::Ledger;
use crate::{Error, Event, Job, Plan, Record, State, prove, work};

/// Nothing is changed before all that can be looked at has been.
pub(super) async fn begun(
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
pub(super) async fn resumed(job: &Job<'_>, session: &mut Migrator, record: Record) -> Result<Record, Error> {
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
