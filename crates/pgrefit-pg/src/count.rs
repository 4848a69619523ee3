//! The rows of a table, counted.

use std::time::Duration;

use pgrefit_catalog::Name;

use crate::{Error, ReadOnly};

/// Counts the rows of `table`, within `limit`, zero for that of the session.
///
/// Reads the whole table, or an index of it. Locks: ACCESS SHARE on the table for so long; not waited for longer than the
/// session's `lock_timeout` (100 ms).
///
/// # Errors
/// [`Error::LockTimeout`] behind somebody's ACCESS EXCLUSIVE lock; what the server says when the limit is over, or the role may
/// not read the table.
pub async fn count_rows(session: &ReadOnly, table: &Name, limit: Duration) -> Result<u64, Error> {
    let limit = if limit.is_zero() { ReadOnly::STATEMENT_LIMIT } else { limit };
    let sql = format!("SET LOCAL statement_timeout = {}; SELECT count(*) FROM {table}", limit.as_millis());
    let rows = session.simple(&sql).await?;
    let counted = rows.first().and_then(|row| row.first()?.as_deref()?.parse().ok());
    counted.ok_or_else(|| Error::Exchange("no count came back".into()))
}
