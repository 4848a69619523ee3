//! One run at a time for a table.

use pgrefit_catalog::Name;
use pgrefit_pg::{Connector, Migrator};
use sha2::{Digest as _, Sha256};

use crate::Error;

/// Proof that no other run works on the table. Given back on drop, and by the server when this process or its connection dies.
///
/// As the runner lock, it is an advisory lock of a transaction in a session of its own: it works through a pooler in transaction
/// mode, and has no snapshot for which others would wait.
#[derive(Debug)]
pub(crate) struct TableLock {
    session: Migrator,
}

impl TableLock {
    /// A single try.
    pub(crate) async fn acquire(connector: &Connector, table: &Name) -> Result<Self, Error> {
        let mut session = connector.migrator().await.map_err(Error::Source)?;
        let sql = format!("BEGIN; SELECT pg_catalog.pg_try_advisory_xact_lock({})", key(table));
        let rows = session.simple(&sql).await.map_err(Error::Source)?;
        if rows.first().and_then(|row| row.first()?.as_deref()) != Some("t") {
            return Err(Error::Busy { table: table.clone() });
        }
        Ok(Self { session })
    }

    /// Whether it is still held, by asking the server.
    pub(crate) async fn check(&mut self) -> Result<(), Error> {
        self.session.simple("SELECT 1").await.map(drop).map_err(Error::Source)
    }

    /// Gives it back, and waits until the server has done so.
    pub(crate) async fn release(mut self) {
        // A lost connection has given it back already.
        let _ = self.session.batch("ROLLBACK").await;
    }
}

/// The first eight bytes of the SHA-256 of `pgrefit archive ` and the table's name, big-endian.
fn key(table: &Name) -> i64 {
    let hash = Sha256::digest(format!("pgrefit archive {table}"));
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    i64::from_be_bytes(first)
}
