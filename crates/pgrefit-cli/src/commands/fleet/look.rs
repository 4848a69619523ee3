//! Where a database stands, told by its history: read in this process, within a time.

use std::time::Duration;

use pgrefit_history::LastRun;
use pgrefit_migrate::{Job, Planned};
use pgrefit_pg::Connector;

use super::members::Fleet;
use crate::commands::migrate::look_back;
use crate::context::variable;
use crate::databases::Entry;
use crate::{Context, Exit, Failed};

/// How long looking at one database may take.
const LOOK_MAX: Duration = Duration::from_secs(10);

impl Fleet<'_> {
    /// The plan of a database. Reads its history, writes nothing; locks: ACCESS SHARE on catalogs and history.
    pub(super) async fn look(&self, entry: &Entry) -> Result<Planned, Failed> {
        let connector = self.connector(entry)?;
        self.within(async { Ok(pgrefit_migrate::plan(&self.job(&connector)).await?) }).await
    }

    /// The same, and of a database that has everything the last recorded run, if nobody has verified what it applied. Closes the
    /// records of runs there that were killed.
    pub(super) async fn look_twice(&self, entry: &Entry) -> Result<(Planned, Option<LastRun>), Failed> {
        let connector = self.connector(entry)?;
        let work = async {
            let job = self.job(&connector);
            let planned = pgrefit_migrate::plan(&job).await?;
            if !planned.is_up_to_date() {
                return Ok((planned, None));
            }
            let earlier = look_back(&connector, job.table, planned.history()).await?;
            Ok((planned, earlier.unmended))
        };
        self.within(work).await
    }

    fn connector(&self, entry: &Entry) -> Result<Connector, Failed> {
        Ok(self.context.connector_to(&self.config, entry.settings(&variable)?))
    }

    fn job<'a>(&'a self, connector: &'a Connector) -> Job<'a> {
        Job {
            connector,
            files: &self.files,
            table: self.config.text("migrations.history_table"),
            target: self.target,
            bounds: Context::bounds(&self.config),
            stop: &self.context.stop,
        }
    }

    async fn within<T>(&self, work: impl Future<Output = Result<T, Failed>>) -> Result<T, Failed> {
        tokio::select! {
            result = tokio::time::timeout(LOOK_MAX, work) => result.unwrap_or_else(|_| {
                let message = format!("failed to look at the database within {} s", LOOK_MAX.as_secs());
                Err(Failed::new(Exit::TryAgain, message))
            }),
            () = self.context.stop.requested() => {
                Err(Failed::new(Exit::TryAgain, "stopped before it was looked at"))
            }
        }
    }
}
