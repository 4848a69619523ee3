//! Archives that the store has and the ledger does not: of a database that was restored from an old backup, or made anew.

use std::collections::BTreeSet;

use crate::ledger::Ledger;
use crate::manifest::Manifest;
use crate::prove::the_part;
use crate::{Error, Job, Record, records};

/// The keys of manifests of this database in the store that no row of the ledger names.
///
/// Lists the objects of the database in the store, 100,000 at most; reads the ledger.
///
/// # Errors
/// What the server or the store says.
pub async fn strays(job: &Job<'_>) -> Result<Vec<String>, Error> {
    let _heed = job.stop.heed();
    let known: BTreeSet<String> =
        records(job.source, job.history).await?.into_iter().filter_map(|record| record.manifest).collect();
    let database = job.source.settings().database();
    let mut keys = job.unless_stopped(job.store.keys(database, ".json")).await?;
    keys.retain(|key| !known.contains(key));
    keys.sort();
    Ok(keys)
}

/// Writes an archive that only the store knows into the ledger, so that it can be verified and restored. `manifest` is its key, as
/// [`strays`] gives it.
///
/// Writes one row; makes the ledger where it is missing.
///
/// # Errors
/// [`Error::Unreadable`], [`Error::ObjectChanged`] where manifest or file are not what they should be; what the server says of an
/// archive that is there already.
pub async fn adopt(job: &Job<'_>, manifest: &str) -> Result<Record, Error> {
    let _heed = job.stop.heed();
    let json = job.unless_stopped(job.store.text(manifest, Manifest::BYTES_MAX)).await?;
    let found = Manifest::read(&json, manifest)?;
    let part = the_part(&found.export)?;
    if job.unless_stopped(job.store.size(&part.key)).await? != Some(part.bytes) {
        return Err(Error::ObjectChanged { key: part.key.clone() });
    }
    let ledger = Ledger::find(job.source, job.history).await?;
    let mut session = job.source.migrator().await.map_err(Error::Source)?;
    ledger.create(&mut session).await?;
    ledger.adopt(&mut session, &found, (&job.store.to_string(), manifest), job.tool).await?;
    let record = ledger.get(&mut session, &found.id).await?;
    record.ok_or(Error::NoArchive { what: found.id })
}
