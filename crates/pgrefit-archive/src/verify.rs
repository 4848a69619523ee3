//! Whether an archive is still what it was: read from the store again.

use pgrefit_pg::Connector;

use crate::prove::{check_scratch, restored, the_part};
use crate::work::{self, WorkFile};
use crate::{Error, Event, Job, Record, load, records, space, upload};

/// What an archive was found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The ledger's row.
    pub record: Record,
    /// How many rows were read.
    pub rows: u64,
    /// How many bytes of files.
    pub bytes: u64,
    /// Whether it was restored on a server too.
    pub on_server: bool,
}

/// Reads an archive from the store: manifest, SHA-256 of the file, digest of its rows; and, where `scratch` is given, restores it
/// there in a database of its own, and has that server digest the rows.
///
/// Reads the ledger of the database, changes nothing. The file is kept in the work folder meanwhile.
///
/// # Errors
/// [`Error::ObjectChanged`], [`Error::FileChanged`], [`Error::Differs`]: it is not what it was. [`Error::NoArchive`],
/// [`Error::WrongState`] where there is nothing in the store yet.
pub async fn verify(job: &Job<'_>, id: &str, scratch: Option<&Connector>) -> Result<Verified, Error> {
    let _heed = job.stop.heed();
    let record = find(job, id).await?;
    let file = fetched(job, &record, "verify").await?;
    let checked = Box::pin(checked(job, &record, &file, scratch)).await;
    file.remove(job)?;
    checked
}

async fn checked(
    job: &Job<'_>,
    record: &Record,
    file: &WorkFile,
    scratch: Option<&Connector>,
) -> Result<Verified, Error> {
    let export = record.exported()?;
    let part = the_part(export)?;
    let found = job.unless_stopped(load::check(&file.path, &part.sha256)).await?;
    if (found.rows, found.to_string()) != (export.rows, export.digest.clone()) {
        return Err(Error::ObjectChanged { key: part.key.clone() });
    }
    if let Some(scratch) = scratch {
        check_scratch(job, scratch, &record.plan).await?;
        Box::pin(restored(job, scratch, &record.plan, export, file, &record.id)).await?;
    }
    let (rows, bytes) = (found.rows, part.bytes);
    Ok(Verified { record: record.clone(), rows, bytes, on_server: scratch.is_some() })
}

/// The archive of that name, or the latest of a table of that name.
pub(crate) async fn find(job: &Job<'_>, what: &str) -> Result<Record, Error> {
    let all = records(job.source, job.history).await?;
    let is_meant = |record: &Record| record.id == what || record.table().to_string() == what;
    all.into_iter().find(is_meant).ok_or_else(|| Error::NoArchive { what: what.to_owned() })
}

/// Fetches the file into the work folder, where it is whole and the one that was put there.
pub(crate) async fn fetched(job: &Job<'_>, record: &Record, action: &'static str) -> Result<WorkFile, Error> {
    let Some(manifest) = record.manifest.as_deref().filter(|_| record.state.is_stored()) else {
        return Err(Error::WrongState { action, id: record.id.clone(), state: record.state });
    };
    let part = the_part(record.exported()?)?;
    space::check(job.work, part.bytes, job.limits.work_bytes)?;
    work::prepare(job.work)?;
    // Another name than that of an archive in the making, which the same run may need.
    let file = WorkFile::of(job.work, &format!("{}.{action}", record.id));
    file.remove(job)?;
    job.unless_stopped(upload::check_manifest(job, record, manifest)).await?;
    let seen = job.unless_stopped(job.store.read(&part.key, Some(&file.partial))).await;
    match seen {
        Ok(seen) if (seen.bytes, &seen.sha256) == (part.bytes, &part.sha256) => file.complete()?,
        other => {
            file.remove(job)?;
            return Err(other.err().unwrap_or(Error::ObjectChanged { key: part.key.clone() }));
        }
    }
    job.tell(Event::Rows { rows: 0, bytes: part.bytes });
    Ok(file)
}
