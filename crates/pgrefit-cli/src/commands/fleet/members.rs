//! What every command on a fleet works with: the databases, the configuration, the migrations.

use std::path::PathBuf;
use std::time::Duration;

use pgrefit_fleet::{Event, Run, Schedule, StopRule, Verdict, waves};
use pgrefit_history::{Error as HistoryError, MigrationFile};

use super::chosen::Choice;
use crate::config::Config;
use crate::databases::Entry;
use crate::setup::Flag;
use crate::{Context, Failed};

/// A database of a fleet.
#[derive(Debug, Clone)]
pub(super) struct Member {
    /// Its place in the list, from 0.
    pub(super) place: usize,
    pub(super) entry: Entry,
}

/// The databases of a run.
pub(super) struct Fleet<'a> {
    pub(super) context: &'a Context,
    pub(super) config: Config,
    pub(super) files: Vec<MigrationFile>,
    pub(super) target: Option<i64>,
    pub(super) choice: Choice,
    /// What was said on the command line, by keys of the configuration.
    pub(super) flags: Vec<Flag>,
}

impl<'a> Fleet<'a> {
    /// Reads the configuration and the migrations.
    pub(super) fn new(
        context: &'a Context,
        choice: Choice,
        flags: Vec<Flag>,
        target: Option<i64>,
    ) -> Result<Self, Failed> {
        let config = context.config(&flags)?;
        let files = Context::migrations(&config)?;
        if let Some(target) = target.filter(|target| files.iter().all(|file| file.version != *target)) {
            return Err(HistoryError::UnknownTarget(target).into());
        }
        Ok(Self { context, config, files, target, choice, flags })
    }

    pub(super) fn members(&self) -> &[Member] {
        &self.choice.members
    }

    /// The member at a place of the run.
    pub(super) fn entry(&self, index: usize) -> &Entry {
        &self.choice.members[index].entry
    }

    /// Where the evidence of a database is kept: apart, so that those of one do not push out those of another.
    pub(super) fn evidence_of(&self, entry: &Entry) -> PathBuf {
        self.evidence().join("fleet").join(&entry.name)
    }

    pub(super) fn evidence(&self) -> PathBuf {
        PathBuf::from(self.config.text("evidence.dir"))
    }

    /// What wins over the configuration for this database.
    pub(super) fn flags_of(&self, entry: &Entry) -> Vec<Flag> {
        let mut flags = self.flags.clone();
        flags.push(("evidence.dir", self.evidence_of(entry).display().to_string()));
        flags.extend(
            entry.environment.map(|environment| ("policy.environment", environment.word().to_owned())),
        );
        flags
    }

    /// Does something to every member that changes nothing, so many at once; the results are in the order of the list.
    pub(super) async fn each<T>(
        &self,
        parallel: usize,
        work: impl AsyncFn(&Entry) -> T,
        mut ended: impl FnMut(&Entry, &T),
    ) -> Vec<T> {
        let schedule = Schedule {
            waves: waves(self.members().len(), &[], &[]),
            parallel,
            pause: Duration::ZERO,
            rule: StopRule::Never,
            retries: 0,
            backoff: Duration::ZERO,
        };
        let work = async |index: usize, _: u32| (Verdict::Reached, work(self.entry(index)).await);
        let tell = |event: Event<'_, T>| -> Result<(), std::convert::Infallible> {
            if let Event::Ends(end) = event {
                ended(self.entry(end.place), &end.result);
            }
            Ok(())
        };
        let Run { ended: mut all, .. } = pgrefit_fleet::run(&schedule, &self.context.stop, work, tell).await;
        all.sort_by_key(|end| end.place);
        all.into_iter().map(|end| end.result).collect()
    }
}
