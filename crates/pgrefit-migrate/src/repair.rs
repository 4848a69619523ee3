//! Repair: records files anew that were edited after they were applied.

use pgrefit_history::Repair;

use crate::{Error, Job};

/// Writes the checksums, names and texts of the files over the recorded ones, for what was `shown` to a person.
///
/// Locks: the runner lock; ROW EXCLUSIVE on the history tables, in one transaction.
///
/// # Errors
/// A transaction-mode pooler; a record that is no longer what was shown; another runner; what the server says.
pub async fn repair(job: &Job<'_>, shown: &[Repair]) -> Result<(), Error> {
    job.refuse_pooler().await?;
    Ok(pgrefit_history::repair(job.connector, job.files, job.table, shown, job.bounds.runner_wait).await?)
}
