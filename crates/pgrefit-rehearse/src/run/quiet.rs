//! A server that is ours alone is kept quiet while something is measured on it.

use pgrefit_pg::{Connector, Error as PgError, ReadOnly};

use super::shows;

/// Autovacuum is kept out.
pub(super) struct Quiet {
    /// Whether we have seen to it. One that was off before stays so.
    is_made: bool,
}

impl Quiet {
    /// None if the role may not, and it is not off anyway.
    pub(super) async fn make(connector: &Connector, eye: &ReadOnly) -> Option<Self> {
        if Self::set(connector, "ALTER SYSTEM SET autovacuum = off").await.is_ok() {
            return Some(Self { is_made: true });
        }
        shows(eye, "autovacuum", "off").await.then_some(Self { is_made: false })
    }

    pub(super) async fn end(&self, connector: &Connector) {
        if self.is_made {
            // The server is ours alone, and the next rehearsal resets it too.
            let _ = Self::set(connector, "ALTER SYSTEM RESET autovacuum").await;
        }
    }

    async fn set(connector: &Connector, sql: &str) -> Result<(), PgError> {
        let mut session = connector.migrator().await?;
        session.batch(sql).await?;
        session.simple("SELECT pg_catalog.pg_reload_conf()").await.map(|_| ())
    }
}
