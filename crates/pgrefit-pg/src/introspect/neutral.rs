//! The same text from every session: the settings that decide how values and definitions are printed.

use crate::{Error, Snapshot};

/// Fixes those settings until the end of the snapshot's transaction; `search_path` holds `pg_catalog` only.
///
/// `row_security = off` makes a read that a policy would silently cut short fail instead.
///
/// # Errors
/// What the server says.
pub(crate) async fn neutral(snapshot: &Snapshot<'_>) -> Result<(), Error> {
    snapshot.query(include_str!("neutral.sql"), &[]).await.map(drop)
}
