//! Takes a backup, restores it elsewhere, and compares the copy with the source as of the same moment.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use pgrefit_pg::digest::Encoding;
use pgrefit_pg::{Connector, ExportedSnapshot};
use tokio::sync::oneshot;

use crate::content::{Content, Look};
use crate::job::{Prepared, hash_files};
use crate::moving;
use crate::restore::{Files, Restoring, dump_major, load};
use crate::site::{Site, Wanted};
use crate::surroundings::Surroundings;
use crate::{
    Comparison, Error, Event, Form, Job, Manifest, Phase, Restored, State, Strength, Target, Thoroughness,
    Verification, folder,
};

/// How a backup is verified.
#[derive(Clone, Debug)]
pub struct VerifyOptions {
    /// Where it is restored.
    pub target: Target,
    /// How much is compared.
    pub thoroughness: Thoroughness,
}

/// How long the parts of a run took. Some of them ran at the same time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Looking at tools, space, privileges; starting the server.
    pub preflight: Duration,
    /// Writing the files.
    pub take: Duration,
    /// Restoring them.
    pub restore: Duration,
    /// Digesting the source.
    pub digest_source: Duration,
    /// Digesting the copy.
    pub digest_copy: Duration,
    /// How long the source's snapshot was open.
    pub snapshot: Duration,
    /// From the beginning to the end.
    pub total: Duration,
}

/// A backup that is as good as its [`Strength`] says. Only [`take_verified`] makes one.
#[derive(Debug)]
pub struct VerifiedBackup {
    pub(crate) dir: PathBuf,
    pub(crate) manifest: Manifest,
    pub(crate) verification: Verification,
    pub(crate) timings: Timings,
    pub(crate) restored: Option<Restored>,
}

impl VerifiedBackup {
    /// Its folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What is written down of it.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// How it was verified.
    #[must_use]
    pub fn verification(&self) -> &Verification {
        &self.verification
    }

    /// How much that proves.
    #[must_use]
    pub fn strength(&self) -> Strength {
        self.verification.strength
    }

    /// How long things took.
    #[must_use]
    pub fn timings(&self) -> Timings {
        self.timings
    }

    /// The copy, running; none where the proof is [`Strength::Attested`].
    #[must_use]
    pub fn restored(&self) -> Option<&Restored> {
        self.restored.as_ref()
    }

    /// Takes the copy out, for instance for a rehearsal.
    pub fn take_restored(&mut self) -> Option<Restored> {
        self.restored.take()
    }
}

/// Takes a backup, restores it on [`VerifyOptions::target`], and compares every table, sequence and large object, the schema,
/// owners and privileges with the source as of the same moment.
///
/// The source is digested while it is dumped and restored. Its snapshot is held until both the dump and its digests are done, no
/// longer. Everything is looked at that can be before the dump begins: tools, space, privileges, the server to restore on and its
/// extensions.
///
/// On the source: what [`crate::take`] says, and each table is read twice. A backup that is not as the source is leaves nothing
/// behind.
///
/// # Errors
/// As [`crate::take`]; [`Error::Scratch`], [`Error::ExtensionMissing`], [`Error::RestoreFailed`]; [`Error::Differs`].
pub async fn take_verified(job: &Job<'_>, options: &VerifyOptions) -> Result<VerifiedBackup, Error> {
    let _heed = job.stop.heed();
    if job.adapter.form() != Form::Dump {
        return Box::pin(moving::take_verified(job, options)).await;
    }
    let begun = Instant::now();
    let mut prepared = Prepared::new(job).await?;
    let surroundings = Surroundings::read(job.source, &prepared.source).await?;
    let wanted = Wanted {
        major: prepared.source.major(),
        extensions: &surroundings.extensions,
        bytes: surroundings.bytes,
        name: job.taken_by,
        source_started: prepared.source.started.as_deref(),
    };
    let site = Site::open(&options.target, &wanted).await?;
    let mut timings = Timings { preflight: begun.elapsed(), ..Timings::default() };
    let snapshot = prepared.export(job).await?;
    let run = Run {
        job,
        options,
        prepared,
        surroundings,
        has_roles: site.has_roles,
        version_num: site.version_num,
    };
    let Compared { manifest, comparison, restored } =
        Box::pin(run.compared(site, snapshot, &mut timings)).await?;
    comparison.require_equal()?;
    timings.total = begun.elapsed();
    run.finish(manifest, comparison, restored, timings)
}

struct Run<'a> {
    job: &'a Job<'a>,
    options: &'a VerifyOptions,
    prepared: Prepared,
    surroundings: Surroundings,
    has_roles: bool,
    version_num: u32,
}

struct Compared {
    manifest: Manifest,
    comparison: Comparison,
    restored: Restored,
}

impl Run<'_> {
    async fn compared(
        &self,
        site: Site,
        snapshot: Option<ExportedSnapshot>,
        timings: &mut Timings,
    ) -> Result<Compared, Error> {
        let (dumped, is_dumped) = oneshot::channel();
        let source = self.source_content(snapshot, is_dumped);
        let copy = self.restored(site, dumped);
        let ((source, [digest_source, snapshot]), (manifest, mut restored, [take, restore])) =
            tokio::try_join!(source, copy)?;
        *timings = Timings { take, restore, digest_source, snapshot, ..*timings };
        (self.job.on_event)(Event::Begins(Phase::Compare));
        let again = Instant::now();
        let copy =
            Content::read(&self.look(restored.as_superuser(), None), Some(&source), Error::Target).await?;
        timings.digest_copy = again.elapsed();
        let comparison = Comparison::between(&source, &copy, self.options.thoroughness, self.has_roles);
        (self.job.on_event)(Event::Ends(Phase::Compare));
        restored.settle().await?;
        Ok(Compared { manifest, comparison, restored })
    }

    /// Reads the source; sequences once more when the dump is done. Then the snapshot has served.
    async fn source_content(
        &self,
        snapshot: Option<ExportedSnapshot>,
        is_dumped: oneshot::Receiver<()>,
    ) -> Result<(Content, [Duration; 2]), Error> {
        let begun = Instant::now();
        let look = self.look(self.job.source, self.prepared.snapshot_id());
        let mut content = Content::read(&look, None, Error::Source).await?;
        let took = begun.elapsed();
        // Closed when the dump failed; its error is the one that is told.
        let _ = is_dumped.await;
        content.look_again(&look, Error::Source).await?;
        if let Some(snapshot) = snapshot {
            snapshot.check().await.map_err(Error::Source)?;
            snapshot.release().await.map_err(Error::Source)?;
        }
        Ok((content, [took, begun.elapsed()]))
    }

    /// Dumps, restores, and hashes meanwhile.
    async fn restored(
        &self,
        site: Site,
        dumped: oneshot::Sender<()>,
    ) -> Result<(Manifest, Restored, [Duration; 2]), Error> {
        let begun = Instant::now();
        let (mut manifest, _) = self.prepared.take(self.job).await?;
        let take = begun.elapsed();
        let _ = dumped.send(());
        let dir = self.prepared.partial.path();
        self.surroundings.save(dir)?;
        let begun = Instant::now();
        let restored = async {
            let restored = site.database(&self.surroundings).await?;
            load(&self.files(&manifest), &restored, &self.restoring()).await?;
            Ok(restored)
        };
        let (files, restored) = tokio::try_join!(hash_files(self.job, &self.prepared.partial), restored)?;
        manifest.files = files;
        Ok((manifest, restored, [take, begun.elapsed()]))
    }

    fn files(&self, manifest: &Manifest) -> Files<'_> {
        let dir = self.prepared.partial.path();
        let (major, tables) = (dump_major(&manifest.tool), self.surroundings.tables);
        Files { dir, workspace: dir, major, tables, has_roles: self.has_roles }
    }

    fn restoring(&self) -> Restoring<'_> {
        let Job { tools, jobs, taken_by, limits, stop, on_event, .. } = self.job;
        let target = &self.options.target;
        Restoring { target, tools, jobs: *jobs, name: taken_by, limit: limits.tool, stop, on_event }
    }

    fn look<'s>(&'s self, connector: &'s Connector, snapshot_id: Option<&'s str>) -> Look<'s> {
        let Job { jobs, limits, stop, on_event, .. } = self.job;
        Look {
            connector,
            snapshot_id,
            jobs: *jobs,
            encoding: Encoding::common(&[self.prepared.source.server_version_num, self.version_num]),
            thoroughness: self.options.thoroughness,
            limit: limits.digest,
            lock: limits.lock,
            stop,
            on_event,
        }
    }

    fn finish(
        self,
        mut manifest: Manifest,
        comparison: Comparison,
        restored: Restored,
        timings: Timings,
    ) -> Result<VerifiedBackup, Error> {
        let fingerprint = Some(comparison.catalog_fingerprint.clone());
        let notes: Vec<_> = restored.notes.iter().cloned().chain(comparison.notes()).collect();
        for note in &notes {
            (self.job.on_event)(Event::Note(note.clone()));
        }
        let verification = Verification {
            verified_at: folder::now(),
            strength: self.options.thoroughness.strength(),
            restored_on: Some(self.version_num),
            comparison: Some(comparison),
            notes,
        };
        manifest.catalog_fingerprint = fingerprint;
        manifest.state = State::Verified(Box::new(verification.clone()));
        let taken = self.prepared.finish(manifest)?;
        Ok(VerifiedBackup {
            dir: taken.dir,
            manifest: taken.manifest,
            verification,
            timings,
            restored: Some(restored),
        })
    }
}
