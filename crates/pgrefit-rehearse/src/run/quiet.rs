//! A server that is ours alone is kept quiet while something is measured on it.

use pgrefit_pg::{Connector, Error as PgError};

/// Autovacuum is kept out.
pub(super) struct Quiet;

impl Quiet {
    /// None if the role may not.
    pub(super) async fn make(connector: &Connector) -> Option<Self> {
        Self::set(connector, "ALTER SYSTEM SET autovacuum = off").await.ok().map(|()| Self)
    }

    pub(super) async fn end(&self, connector: &Connector) {
        // The server is ours alone, and the next rehearsal resets it too.
        let _ = Self::set(connector, "ALTER SYSTEM RESET autovacuum").await;
    }

    async fn set(connector: &Connector, sql: &str) -> Result<(), PgError> {
        let mut session = connector.migrator().await?;
        session.batch(sql).await?;
        session.simple("SELECT pg_catalog.pg_reload_conf()").await.map(|_| ())
    }
}
