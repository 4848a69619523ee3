//! One run that takes a backup.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use pgrefit_pg::{Connector, ExportedSnapshot, SnapshotFacts, Stop};

use crate::folder::{self, Partial};
use crate::source::Source;
use crate::surroundings::Surroundings;
use crate::{
    Adapter, Error, Event, FileEntry, Form, Manifest, Phase, Produced, State, Taking, ToolSearch, hash,
};

/// Bounds of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long the exported snapshot may be open, which keeps `VACUUM` from its work.
    pub snapshot: Duration,
    /// How long a tool waits for a table's lock.
    pub lock: Duration,
    /// How long one run of a tool may take.
    pub tool: Duration,
    /// How long the digest of one part of a table may take, on either side.
    pub digest: Duration,
    /// At most so many bytes may be used in the backup's directory, whatever room the disk has.
    pub bytes: Option<u64>,
}

impl Default for Limits {
    /// 12 h, but 10 s for a lock, 1 h for a part of a table; as many bytes as the disk has.
    fn default() -> Self {
        Self {
            snapshot: Duration::from_hours(12),
            lock: Duration::from_secs(10),
            tool: Duration::from_hours(12),
            digest: Duration::from_hours(1),
            bytes: None,
        }
    }
}

/// What is to be backed up, how, and where to.
pub struct Job<'a> {
    /// The database.
    pub source: &'a Connector,
    /// Where backups are kept, one folder each.
    pub dir: &'a Path,
    /// The tool.
    pub adapter: &'a dyn Adapter,
    /// Where client programs are looked for.
    pub tools: &'a ToolSearch,
    /// How many things are done at once: connections of the tool, digests.
    pub jobs: u16,
    /// For the manifest and `application_name`: `pgrefit/0.1.0`.
    pub taken_by: &'a str,
    /// Bounds.
    pub limits: Limits,
    /// Ends the run in order.
    pub stop: &'a Stop,
    /// Is told what happens, from several threads.
    pub on_event: &'a (dyn Fn(Event) + Send + Sync),
}

impl std::fmt::Debug for Job<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job").field("source", self.source).field("dir", &self.dir).finish_non_exhaustive()
    }
}

/// A backup that is complete, and no more than that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its folder.
    pub dir: PathBuf,
    /// What is written down of it.
    pub manifest: Manifest,
}

/// Takes a backup, without restoring it.
///
/// Abandoned backups in [`Job::dir`] are removed first. On the source: ACCESS SHARE locks on every table for as long as the tool
/// runs, and a snapshot that keeps `VACUUM` from removing what died since. Written are files only.
///
/// # Errors
/// [`Error`]: a tool that is missing or too old, no room, no privilege, a tool that failed, [`Error::Stopped`]. Nothing is left
/// behind then.
pub async fn take(job: &Job<'_>) -> Result<Taken, Error> {
    let _heed = job.stop.heed();
    let mut prepared = Prepared::new(job).await?;
    let surroundings = match job.adapter.form() {
        Form::Dump => Some(Surroundings::read(job.source, &prepared.source).await?),
        _ => None,
    };
    let snapshot = prepared.export(job).await?;
    let (mut manifest, _) = prepared.take(job).await?;
    drop(snapshot);
    // Without them it could not be restored by [`crate::restore`].
    surroundings.map_or(Ok(()), |surroundings| surroundings.save(prepared.partial.path()))?;
    manifest.files = hash_files(job, &prepared.partial).await?;
    prepared.finish(manifest)
}

/// A backup that is about to be taken: all that could be looked at before has been.
pub(crate) struct Prepared {
    pub(crate) source: Source,
    /// What is known of the exported snapshot, once there is one.
    facts: Option<SnapshotFacts>,
    tool: String,
    pub(crate) partial: Partial,
}

impl Prepared {
    pub(crate) async fn new(job: &Job<'_>) -> Result<Self, Error> {
        (job.on_event)(Event::Begins(Phase::Preflight));
        for removed in crate::sweep(job.dir)? {
            (job.on_event)(Event::Removed(removed));
        }
        let source = Source::read(job).await?;
        let tool = job.adapter.preflight(job, &source).await?;
        let partial = Partial::create(job.dir, &source.identity.database)?;
        (job.on_event)(Event::Ends(Phase::Preflight));
        Ok(Self { source, facts: None, tool, partial })
    }

    /// From here on the source keeps what died, until the snapshot is dropped.
    pub(crate) async fn export(&mut self, job: &Job<'_>) -> Result<Option<ExportedSnapshot>, Error> {
        if job.adapter.form() != Form::Dump {
            return Ok(None);
        }
        let snapshot = job.source.export_snapshot(job.limits.snapshot).await.map_err(Error::Source)?;
        self.facts = Some(snapshot.facts().clone());
        Ok(Some(snapshot))
    }

    pub(crate) fn snapshot_id(&self) -> Option<&str> {
        self.facts.as_ref().map(|facts| facts.id.as_str())
    }

    /// Has the adapter work, and describes what it made; the files are not hashed yet.
    pub(crate) async fn take(&self, job: &Job<'_>) -> Result<(Manifest, Produced), Error> {
        (job.on_event)(Event::Begins(Phase::Take));
        let begun = Instant::now();
        let taking =
            Taking { dir: self.partial.path(), source: &self.source, snapshot_id: self.snapshot_id() };
        let produced = job.adapter.take(job, taking).await?;
        (job.on_event)(Event::Ends(Phase::Take));
        Ok((self.manifest(job, &produced, begun.elapsed()), produced))
    }

    fn manifest(&self, job: &Job<'_>, produced: &Produced, took: Duration) -> Manifest {
        let facts = self.facts.as_ref();
        let taken_at = produced.taken_at.clone().or_else(|| facts.map(|facts| facts.taken_at.clone()));
        Manifest {
            format: Manifest::FORMAT,
            id: self.partial.id().to_owned(),
            taken_by: job.taken_by.to_owned(),
            adapter: job.adapter.name().to_owned(),
            tool: self.tool.clone(),
            taken_at: taken_at.unwrap_or_else(folder::now),
            lsn: produced.lsn.clone().or_else(|| facts.and_then(|facts| facts.lsn.clone())),
            source: self.source.identity.clone(),
            server_version_num: self.source.server_version_num,
            catalog_fingerprint: None,
            bytes: produced.external_bytes.unwrap_or_else(|| hash::written(self.partial.path())),
            take_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            external_id: produced.external_id.clone(),
            files: BTreeMap::new(),
            state: State::Taken,
        }
    }

    /// Writes the manifest, and gives the folder its name.
    pub(crate) fn finish(self, manifest: Manifest) -> Result<Taken, Error> {
        manifest.write(self.partial.path())?;
        Ok(Taken { dir: self.partial.complete()?, manifest })
    }
}

/// In threads of their own, while other work goes on.
pub(crate) async fn hash_files(
    job: &Job<'_>,
    partial: &Partial,
) -> Result<BTreeMap<String, FileEntry>, Error> {
    (job.on_event)(Event::Begins(Phase::Hash));
    let dir = partial.path().to_owned();
    let hashed = tokio::task::spawn_blocking(move || hash::files(&dir)).await;
    let files = hashed.map_err(|cause| Error::io("hash", partial.path())(std::io::Error::other(cause)))??;
    (job.on_event)(Event::Ends(Phase::Hash));
    Ok(files)
}
