//! Puts file and manifest into the store, and reads both back.

use crate::export::key;
use crate::manifest::{Export, Manifest};
use crate::prove::the_part;
use crate::work::WorkFile;
use crate::{Error, Job, Record};

/// Puts file and manifest into the store, and reads both back; the key of the manifest.
pub(crate) async fn upload(job: &Job<'_>, record: &Record, file: &WorkFile) -> Result<String, Error> {
    let export = record.exported()?;
    let part = the_part(export)?;
    job.store.put_file(&part.key, &file.path).await?;
    let manifest = manifest(job, record)?;
    let manifest_key = manifest_key(job, record)?;
    job.store.put(&manifest_key, manifest.to_json()?).await?;
    check(job, record, &manifest_key).await?;
    Ok(manifest_key)
}

/// Reads both back from the store: they are what the ledger knows.
pub(crate) async fn check(job: &Job<'_>, record: &Record, manifest_key: &str) -> Result<(), Error> {
    let part = the_part(record.exported()?)?;
    let seen = job.store.read(&part.key, None).await?;
    if (seen.bytes, &seen.sha256) != (part.bytes, &part.sha256) {
        return Err(Error::ObjectChanged { key: part.key.clone() });
    }
    check_manifest(job, record, manifest_key).await
}

/// The manifest is what the ledger knows.
pub(crate) async fn check_manifest(job: &Job<'_>, record: &Record, manifest_key: &str) -> Result<(), Error> {
    let json = job.store.text(manifest_key, Manifest::BYTES_MAX).await?;
    let found = Manifest::read(&json, manifest_key)?;
    let is_same =
        found.id == record.id && found.plan == record.plan && Some(&found.export) == record.export.as_ref();
    if is_same { Ok(()) } else { Err(Error::ObjectChanged { key: manifest_key.to_owned() }) }
}

/// Removes what was put there of rows that are exported again.
pub(crate) async fn forget(job: &Job<'_>, export: &Export, manifest_key: Option<&str>) {
    for part in &export.parts {
        job.store.forget(&part.key).await;
    }
    if let Some(key) = manifest_key {
        job.store.forget(key).await;
    }
}

fn manifest(job: &Job<'_>, record: &Record) -> Result<Manifest, Error> {
    Ok(Manifest {
        format: Manifest::FORMAT,
        id: record.id.clone(),
        tool: job.tool.to_owned(),
        plan: record.plan.clone(),
        export: record.exported()?.clone(),
    })
}

fn manifest_key(job: &Job<'_>, record: &Record) -> Result<String, Error> {
    let digest = &record.exported()?.digest;
    Ok(key(job, &record.plan, &record.id, digest, "json"))
}
