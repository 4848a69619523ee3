//! What refinery's runner drives: it decides what is pending, and hands over one migration after the other.

use std::collections::VecDeque;

use refinery::{Migration, Runner, Target};
use refinery_core::traits::r#async::{AsyncMigrate, AsyncQuery, AsyncTransaction};
use time::OffsetDateTime;

use super::crew::Crew;
use super::{Applied, Event};
use crate::{Error, MigrationFile, Plan, VersionWidth, checksum};

/// The crew behind refinery's traits.
pub(super) struct Guarded<'a, 'l> {
    crew: Crew<'a, 'l>,
    pending: VecDeque<MigrationFile>,
    applied_before: Vec<Migration>,
    count: usize,
    done: Vec<Applied>,
    failure: Option<Error>,
}

/// Tells refinery to stop; the reason is kept in [`Guarded::failure`].
#[derive(Debug, thiserror::Error)]
#[error("stopped by pgrefit")]
pub(super) struct Stopped;

impl<'a, 'l> Guarded<'a, 'l> {
    pub(super) fn new(crew: Crew<'a, 'l>, plan: &Plan) -> Self {
        let pending: VecDeque<_> = plan.pending().filter_map(|entry| entry.file.clone()).collect();
        Self {
            crew,
            count: pending.len(),
            pending,
            applied_before: applied_for_refinery(plan),
            done: Vec::new(),
            failure: None,
        }
    }

    pub(super) async fn run(
        mut self,
        files: &[MigrationFile],
        target: Option<i64>,
    ) -> Result<Vec<Applied>, Error> {
        let migrations =
            files.iter().map(for_refinery).collect::<Result<Vec<_>, _>>().map_err(Error::Refinery)?;
        let target = target.map_or(Target::Latest, Target::Version);
        let outcome = Runner::new(&migrations).set_target(target).run_async(&mut self).await;
        match (self.failure, outcome) {
            (Some(failure), _) => Err(failure),
            (None, Err(error)) => Err(Error::Refinery(error)),
            (None, Ok(_)) => Ok(self.done),
        }
    }

    async fn apply(&mut self, file: &MigrationFile) -> Result<(), Error> {
        let title = file.title();
        (self.crew.listener)(Event::Begin { title: &title, index: self.done.len(), count: self.count });
        let Some(applied) = self.crew.apply(file).await? else { return Ok(()) };
        (self.crew.listener)(Event::Done { title: &title, duration: applied.duration });
        self.done.push(applied);
        Ok(())
    }
}

fn for_refinery(file: &MigrationFile) -> Result<Migration, refinery::Error> {
    Migration::unapplied(&file.title(), &file.sql)
}

/// The applied migrations as refinery wants to see them. Their checksums are those of the files: the plan has already
/// judged the recorded ones, and knows more about cosmetic differences and widths than refinery does.
fn applied_for_refinery(plan: &Plan) -> Vec<Migration> {
    plan.entries
        .iter()
        .filter(|entry| entry.recorded.is_some())
        .filter_map(|entry| entry.file.as_ref())
        .map(|file| {
            let checksum = checksum(file, VersionWidth::Int8);
            Migration::applied(file.version, file.name.clone(), OffsetDateTime::UNIX_EPOCH, checksum)
        })
        .collect()
}

impl AsyncTransaction for Guarded<'_, '_> {
    type Error = Stopped;

    async fn execute<'a, T: Iterator<Item = &'a str> + Send + 'a>(
        &'a mut self,
        queries: T,
    ) -> Result<usize, Stopped> {
        let queries: Vec<&str> = queries.collect();
        // refinery first asserts its table, which exists by now, with the one query of `assert_migrations_table_query`.
        let [sql, _insert] = queries[..] else { return Ok(0) };
        let result = match self.pending.pop_front() {
            Some(file) if file.sql == sql => self.apply(&file).await,
            // Unreachable as long as refinery and the plan agree on what is pending; nothing is run if they do not.
            _ => return Err(Stopped),
        };
        result.map_err(|error| {
            self.failure = Some(error);
            Stopped
        })?;
        Ok(1)
    }
}

impl AsyncQuery<Vec<Migration>> for Guarded<'_, '_> {
    async fn query<'a>(&'a mut self, _query: &'a str) -> Result<Vec<Migration>, Stopped> {
        Ok(self.applied_before.clone())
    }
}

impl AsyncMigrate for Guarded<'_, '_> {
    fn assert_migrations_table_query(_table: &str) -> String {
        String::new()
    }
}
