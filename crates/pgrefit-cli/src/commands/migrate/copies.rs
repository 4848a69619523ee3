//! Backups of the live database, and copies of it to rehearse on.

use std::path::PathBuf;

use pgrefit_backup::{Event, Restored, VerifiedBackup};
use pgrefit_migrate::policy::Policy;
use pgrefit_migrate::proof::{Claim, Moment, Proof, Standing};
use pgrefit_migrate::{BackedUp, Error as MigrateError, Job, Judged, Rehearsed, Staged, back_up, staged};
use pgrefit_pg::Connector;
use pgrefit_report::evidence::StageName;
use pgrefit_report::{Cell, Fact, Status, counted, human_bytes};

use super::lines::{Kept, backup_evidence};
use super::record::Record;
use crate::backups::{self, Backups};
use crate::progress::Progress;
use crate::setup::Setup;
use crate::{Context, Exit, Failed, runs};

/// Makes backups and copies.
pub(super) struct Copies<'a> {
    context: &'a Context,
    setup: &'a Setup,
    job: &'a Job<'a>,
    progress: &'a Progress,
    policy: &'a Policy,
}

/// A copy of the live database. Dropping one that is ours removes it.
pub(super) enum Copy {
    /// A restored backup, as it was at this moment.
    Restored(Box<Restored>, Moment),
    /// A database that somebody else has made, as it was at this moment.
    Staging(Box<Connector>, Moment),
}

impl Copy {
    /// Sessions on it, as the role that migrates.
    pub(super) fn connector(&self) -> &Connector {
        match self {
            Self::Restored(restored, _) => restored.as_source_role(),
            Self::Staging(connector, _) => connector,
        }
    }

    /// Sessions on it that see every row, as far as there are any.
    pub(super) fn all_seeing(&self) -> &Connector {
        match self {
            Self::Restored(restored, _) => restored.as_superuser(),
            Self::Staging(connector, _) => connector,
        }
    }

    /// Whether the server is ours alone.
    pub(super) fn is_ours(&self) -> bool {
        matches!(self, Self::Restored(restored, _) if restored.server().is_some())
    }

    /// Whether it has the roles of the live database.
    pub(super) fn has_roles(&self) -> bool {
        self.is_ours()
    }

    /// How the live database stood at the moment that it is of.
    pub(super) fn standing(&self, now: &Standing) -> Standing {
        let (Self::Restored(_, moment) | Self::Staging(_, moment)) = self;
        Standing { moment: moment.clone(), ..now.clone() }
    }
}

impl<'a> Copies<'a> {
    pub(super) fn new(
        context: &'a Context,
        setup: &'a Setup,
        job: &'a Job<'a>,
        progress: &'a Progress,
        policy: &'a Policy,
    ) -> Self {
        Self { context, setup, job, progress, policy }
    }

    /// A backup that was verified before and still counts: one that was handed in, which must count, or the newest of the
    /// evidence that does.
    pub(super) async fn earlier_backup(
        &self,
        named: &[PathBuf],
        now: &Standing,
    ) -> Result<Option<(PathBuf, BackedUp)>, Failed> {
        let Some(path) = self.earlier(named, now, "backup")? else { return Ok(None) };
        self.progress.say("hashing the files of an earlier backup");
        let file = path.clone();
        let read = tokio::task::spawn_blocking(move || BackedUp::read(&file).map_err(Box::new)).await;
        let read =
            read.map_err(|error| Failed::new(Exit::Internal, format!("failed to hash a backup: {error}")))?;
        match read {
            Ok(backup) => Ok(Some((path, backup))),
            Err(error) if named.contains(&path) => Err((*error).into()),
            Err(error) => {
                let line = Failed::from(*error).line();
                self.progress.note(&format!("an earlier backup is not used: {line}"));
                Ok(None)
            }
        }
    }

    /// The same for a rehearsal.
    pub(super) fn earlier_rehearsal(
        &self,
        named: &[PathBuf],
        now: &Standing,
    ) -> Result<Option<(PathBuf, Rehearsed)>, Failed> {
        let Some(path) = self.earlier(named, now, "rehearsal")? else { return Ok(None) };
        let rehearsed = Rehearsed::read(&path)?;
        Ok(Some((path, rehearsed)))
    }

    /// The path of a proof of this kind that counts. One that was handed in and does not is an error.
    fn earlier(&self, named: &[PathBuf], now: &Standing, kind: &str) -> Result<Option<PathBuf>, Failed> {
        for path in named {
            let judged = Judged::read(path, now, self.policy)?;
            if judged.proof.kind() != kind {
                continue;
            }
            if !judged.counts() {
                let reasons = judged.refusals.iter().map(|refusal| format!("{}: {refusal}", path.display()));
                let environment = self.policy.environment;
                return Err(MigrateError::Refused { environment, reasons: reasons.collect() }.into());
            }
            return Ok(Some(path.clone()));
        }
        // Nobody has asked for a run to be taken up: what counts is how the database stands now.
        let now = Standing { begun: Vec::new(), ..now.clone() };
        let counts =
            |proof: &Proof| proof.kind() == kind && Judged::of(proof, &now, self.policy, false).counts();
        let found = runs::proofs(&self.setup.evidence_dir()).into_iter().find(|(_, proof)| counts(proof));
        Ok(found.map(|(path, _)| path))
    }

    /// Takes a backup, restores it and compares both.
    pub(super) async fn new_backup(
        &self,
        now: &Standing,
        staging: Option<&str>,
        record: &mut Record,
        kept: &mut Kept,
    ) -> Result<(BackedUp, Option<Copy>), Failed> {
        let config = &self.setup.config;
        let backups = Backups::new(config)?;
        let staging = staging.map(|url| backups::staging(self.context, config, url)).transpose()?;
        let on_event = |event: Event| self.progress.backup(&event);
        let request = backups.request(self.job.connector, self.job.stop, &on_event);
        let options = backups.verifying(staging.as_ref())?;
        let going = Record::begins(StageName::Backup);
        let made = back_up(&request, &options, now, &Context::now()).await;
        let (backup, mut verified) = match made {
            Ok(made) => made,
            Err(error) => {
                let failed = Failed::from(error);
                record.ended(&going, Status::Fail, failed.line());
                return Err(failed);
            }
        };
        told(record, &going, &verified);
        kept.backup = Some(backup_evidence(&verified));
        for removed in backups.prune(&verified.manifest().source)? {
            self.progress.note(&format!("removed the old backup {}", removed.display()));
        }
        let moment = backup.proof().moment.clone();
        let copy = verified.take_restored().map(|restored| Copy::Restored(Box::new(restored), moment));
        Ok((backup, copy))
    }

    /// The copy to rehearse on: the database of `--staging-url`, if it is one; or the backup that was restored just now; or a
    /// backup that is restored once more.
    pub(super) async fn copy_to_rehearse_on(
        &self,
        copy: Option<Copy>,
        staging: Option<&str>,
        backup: Option<&Proof>,
        record: &mut Record,
    ) -> Result<Copy, Failed> {
        let staging =
            staging.map(|url| backups::staging(self.context, &self.setup.config, url)).transpose()?;
        if let Some(connector) = &staging {
            match staged(self.job, connector, self.policy.rehearsal_max_age).await? {
                Staged::Copy(moment, findings) => {
                    self.progress.note("rehearsing on the database of --staging-url, which is a fresh copy");
                    record.find(findings.into_iter().filter(|finding| finding.status >= Status::Warn));
                    return Ok(Copy::Staging(Box::new(connector.clone()), moment));
                }
                Staged::Other(why) => {
                    self.progress.note(&format!("the database of --staging-url is not rehearsed on: {why}"));
                }
            }
        }
        if let Some(copy) = copy {
            return Ok(copy);
        }
        let folder = backup.and_then(|proof| match &proof.claim {
            Claim::Backup { folder: Some(folder), .. } => Some((folder, proof.moment.clone())),
            _ => None,
        });
        let Some((folder, moment)) = folder else {
            let message = "failed to find a copy to rehearse on: the backup is kept by another tool";
            return Err(Failed::new(Exit::Refused, message)
                .hint("name a database that was restored from it with --staging-url"));
        };
        let backups = Backups::new(&self.setup.config)?;
        let on_event = |event: Event| self.progress.backup(&event);
        let restored = backups.restored(folder, staging.as_ref(), self.job.stop, &on_event).await?;
        Ok(Copy::Restored(Box::new(restored), moment))
    }
}

/// The stages of a backup by their own times: restoring and comparing overlap with taking.
fn told(record: &mut Record, going: &super::record::Going, verified: &VerifiedBackup) {
    let (manifest, timings) = (verified.manifest(), verified.timings());
    let size = human_bytes(manifest.bytes);
    let summary = format!("{size} in {} by {}", counted(manifest.files.len(), "file"), manifest.tool);
    let stage = record.ended_after(going, timings.preflight + timings.take, summary);
    stage.facts.push(Fact::new("size_bytes", "size", Cell::Bytes(manifest.bytes)));
    let (rows, tables) = verified.verification().equal_rows();
    let summary = format!("{}: {rows} rows of {} equal", verified.strength(), counted(tables, "table"));
    record.ended_since(StageName::VerifyBackup, going, timings.preflight + timings.take, summary);
}
