//! Backups that show no exported snapshot: the source moves on while they are taken.
//!
//! If there is a restored copy (a server on the files, or what a command names), the source is read before and after. What did not change in between must be the same in the
//! copy; of what did, nothing can be said.

use std::time::Instant;

use pgrefit_pg::digest::Encoding;
use pgrefit_pg::{Connector, Settings, Stop};

use crate::adapter::pg_basebackup;
use crate::content::{Content, Look};
use crate::job::{Prepared, hash_files};
use crate::seal::seal;
use crate::site::{Site, Wanted, login_as};
use crate::{
    Comparison, Error, Event, Form, Job, Manifest, Phase, Produced, Restored, State, Strength, TableVerdict,
    Target, Thoroughness, Timings, Verification, VerifiedBackup, VerifyOptions, folder,
};

/// What a restored copy was found to be.
struct Found {
    comparison: Comparison,
    version_num: u32,
}

pub(crate) async fn take_verified(job: &Job<'_>, options: &VerifyOptions) -> Result<VerifiedBackup, Error> {
    let begun = Instant::now();
    let prepared = Prepared::new(job).await?;
    let mut timings = Timings { preflight: begun.elapsed(), ..Timings::default() };
    let before = if job.adapter.strength_max() == Strength::Restored {
        Some(Content::read(&look(job, job.source), None, Error::Source).await?)
    } else {
        None
    };
    timings.digest_source = begun.elapsed().saturating_sub(timings.preflight);
    let taking = Instant::now();
    let (mut manifest, produced) = prepared.take(job).await?;
    timings.take = taking.elapsed();
    manifest.files = hash_files(job, &prepared.partial).await?;
    let restoring = Instant::now();
    let mut restored = on_files(job, options, &prepared).await?;
    timings.restore = restoring.elapsed();
    let copy = match &restored {
        Some(restored) => Some(restored.superuser.clone()),
        None => copy_of(&produced)?,
    };
    let comparing = Instant::now();
    let found = match (&before, copy) {
        (Some(before), Some(copy)) => Some(compare(job, before, &copy).await?),
        _ => None,
    };
    timings.digest_copy = comparing.elapsed();
    let notes = match &mut restored {
        Some(restored) => {
            restored.notes.extend(seal(&restored.superuser).await?);
            restored.notes.clone()
        }
        None => Vec::new(),
    };
    let verification = verification(found, notes);
    manifest.state = State::Verified(Box::new(verification.clone()));
    manifest.catalog_fingerprint = fingerprint(&verification);
    let taken = prepared.finish(manifest)?;
    timings.total = begun.elapsed();
    let (dir, manifest): (_, Manifest) = (taken.dir, taken.manifest);
    Ok(VerifiedBackup { dir, manifest, verification, timings, restored })
}

/// The files of a server, running as a copy; `None` where there are none, or no scratch server is wanted.
async fn on_files(
    job: &Job<'_>,
    options: &VerifyOptions,
    prepared: &Prepared,
) -> Result<Option<Restored>, Error> {
    let (Form::Cluster, Target::Scratch(scratch)) = (job.adapter.form(), &options.target) else {
        return Ok(None);
    };
    (job.on_event)(Event::Begins(Phase::Restore));
    let source = &prepared.source;
    let wanted = Wanted {
        major: source.major(),
        extensions: &[],
        bytes: source.cluster_bytes,
        name: job.taken_by,
        source_started: None,
    };
    let files = prepared.partial.path().join(pg_basebackup::FOLDER);
    let mut restored = Site::on_files(scratch, files, &wanted, &source.identity.database).await?;
    restored.role = login_as(&restored.superuser, &source.role).await?;
    (job.on_event)(Event::Ends(Phase::Restore));
    Ok(Some(restored))
}

fn fingerprint(verification: &Verification) -> Option<String> {
    verification.comparison.as_ref().map(|comparison| comparison.catalog_fingerprint.clone())
}

fn copy_of(produced: &Produced) -> Result<Option<Connector>, Error> {
    let Some(url) = &produced.restored_url else { return Ok(None) };
    let settings = Settings::resolve(Some(url.expose()), &|_| None).map_err(Error::Target)?;
    Ok(Some(Connector::new(settings, "pgrefit".to_owned(), pgrefit_pg::Limits::default())))
}

fn look<'a>(job: &'a Job<'_>, connector: &'a Connector) -> Look<'a> {
    let stop: &Stop = job.stop;
    Look {
        connector,
        snapshot_id: None,
        jobs: job.jobs,
        // The copy's version is not known yet.
        encoding: Encoding::Text,
        thoroughness: Thoroughness::Full,
        limit: job.limits.digest,
        lock: job.limits.lock,
        stop,
        on_event: job.on_event,
    }
}

async fn compare(job: &Job<'_>, before: &Content, copy: &Connector) -> Result<Found, Error> {
    let session = copy.read_only().await.map_err(Error::Target)?;
    let version_num = session.version_num();
    let copy = Content::read(&look(job, copy), None, Error::Target).await?;
    let after = Content::read(&look(job, job.source), None, Error::Source).await?;
    let comparison = between(before, &after, &copy);
    comparison.require_equal()?;
    Ok(Found { comparison, version_num })
}

/// Whatever changed in the source between the two looks is not compared.
fn between(before: &Content, after: &Content, copy: &Content) -> Comparison {
    let compare =
        |source: &Content, copy: &Content| Comparison::between(source, copy, Thoroughness::Full, false);
    let (moved, mut found) = (compare(before, after), compare(before, copy));
    if !moved.catalog_differences.is_empty() {
        // The copy may show the schema of either look.
        let later = compare(after, copy);
        if later.catalog_differences.len() < found.catalog_differences.len() {
            found.catalog_differences = later.catalog_differences;
        }
    }
    for (name, verdict) in &mut found.tables {
        if matches!(
            moved.tables.get(name),
            Some(TableVerdict::Differs { .. } | TableVerdict::Refreshed { .. })
        ) {
            *verdict = TableVerdict::Skipped { reason: "it changed while the backup was taken".to_owned() };
        }
    }
    if !moved.sequence_differences.is_empty() {
        found.sequence_differences.clear();
    }
    found.large_objects_equal |= !moved.large_objects_equal;
    found
}

fn verification(found: Option<Found>, mut notes: Vec<String>) -> Verification {
    let (strength, restored_on) = match &found {
        Some(found) => (Strength::Restored, Some(found.version_num)),
        None => (Strength::Attested, None),
    };
    let comparison = found.map(|found| found.comparison);
    notes.extend(comparison.iter().flat_map(Comparison::notes));
    Verification { verified_at: folder::now(), strength, restored_on, comparison, notes }
}
