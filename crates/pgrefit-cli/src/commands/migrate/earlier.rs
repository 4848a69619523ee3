//! What earlier runs have left open: the records of those that were killed, and a verification that failed.

use pgrefit_history::{ClosedRun, History, LastRun, close_killed_runs, last_run};
use pgrefit_migrate::Job;
use pgrefit_pg::Connector;
use pgrefit_report::{Finding, Status};

use crate::{Exit, Failed};

/// What is known of earlier runs.
#[derive(Debug, Default)]
pub(in crate::commands) struct Earlier {
    /// Those whose records were closed just now.
    pub(in crate::commands) closed: Vec<ClosedRun>,
    /// The last one, if its verification failed, and nobody has run anything or accepted it since.
    pub(in crate::commands) unmended: Option<LastRun>,
}

/// Closes the records of killed runs, and looks at how the last one has ended. That a record could not be closed, as for want of a
/// privilege, is logged: whoever only looks has lost nothing by it.
pub(in crate::commands) async fn look_back(
    connector: &Connector,
    table: &str,
    history: &History,
) -> Result<Earlier, Failed> {
    if !history.has_runs {
        return Ok(Earlier::default());
    }
    let closed = close_killed_runs(connector, table).await.unwrap_or_else(|error| {
        let line = Failed::from(error).line();
        tracing::warn!(target: "pgrefit", "the record of a killed run could not be closed: {line}");
        Vec::new()
    });
    Ok(Earlier { closed, unmended: unmended(connector, history).await? })
}

/// The last run, if its verification failed. Writes nothing.
pub(in crate::commands) async fn unmended(
    connector: &Connector,
    history: &History,
) -> Result<Option<LastRun>, Failed> {
    let last = last_run(&connector.read_only().await?, history).await?;
    Ok(last.filter(|run| run.exit_code == Exit::NotVerified.code()))
}

/// That nothing is pending does not say that all is well: a run whose verification failed has applied everything.
pub(super) async fn findings(job: &Job<'_>, history: &History) -> Vec<Finding> {
    let Ok(earlier) = look_back(job.connector, job.table, history).await else { return Vec::new() };
    let closed = earlier.closed.iter().filter(|run| !run.has_applied).map(told);
    let unmended = earlier.unmended.map(|last| {
        let message = format!("the last run ({}) ended with 15: {}", last.id, last.summary);
        Finding::new("last-run-not-verified", Status::Warn, message).hint(
            "its evidence has the way forward; `pgrefit repair --last-run` accepts the database as it is",
        )
    });
    closed.chain(unmended).collect()
}

fn told(run: &ClosedRun) -> Finding {
    let message = format!("the run {} did not come to its end; its record is closed now", run.id);
    Finding::new("killed-run-closed", Status::Info, message)
}
