//! A database on a server that was given, made for one restore and dropped after it.

use std::thread;
use std::time::Duration;

use pgrefit_catalog::quote_ident;
use pgrefit_pg::{Connector, ReadOnly};

use crate::Error;

/// Begins the name of every such database.
const PREFIX: &str = "pgrefit_restore_";

/// How long a drop may take when nobody waits for it any more.
const DROP_LIMIT: Duration = Duration::from_secs(30);

/// A database that is dropped with this value.
///
/// Whether it is in use is told by a session in it: it ends with the process, however that ends, and the next run drops what it
/// finds without one.
#[derive(Debug)]
pub(crate) struct Staging {
    server: Connector,
    name: String,
    keeper: Option<ReadOnly>,
}

impl Staging {
    /// Makes a database, after those that killed runs left behind are dropped.
    pub(crate) async fn create(server: &Connector, options: &str) -> Result<Self, Error> {
        sweep(server).await?;
        let name = format!("{PREFIX}{:08x}", fastrand::u32(..));
        let mut session = server.migrator().await.map_err(Error::Target)?;
        let sql = format!("CREATE DATABASE {} TEMPLATE template0 {options}", quote_ident(&name));
        session.batch(&sql).await.map_err(Error::Target)?;
        let mut staging = Self { server: server.clone(), name, keeper: None };
        staging.keeper = Some(staging.connector().read_only().await.map_err(Error::Target)?);
        Ok(staging)
    }

    /// Sessions in it.
    pub(crate) fn connector(&self) -> Connector {
        self.server.with_settings(self.server.settings().with_database(&self.name))
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        drop(self.keeper.take());
        let (server, name) = (self.server.clone(), std::mem::take(&mut self.name));
        // In a thread, because whoever drops this may be within a runtime, which cannot wait for another.
        let dropped = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let drop = async { tokio::time::timeout(DROP_LIMIT, drop_database(&server, &name, true)).await };
            runtime.map(|runtime| runtime.block_on(drop))
        });
        if !matches!(dropped.join(), Ok(Ok(Ok(Ok(()))))) {
            tracing::warn!("a database with a restored backup was left behind; the next run drops it");
        }
    }
}

/// Drops the databases of runs that were killed.
async fn sweep(server: &Connector) -> Result<(), Error> {
    let session = server.read_only().await.map_err(Error::Target)?;
    let sql = format!(
        "SELECT datname FROM pg_catalog.pg_database WHERE datname ~ '^{PREFIX}[0-9a-f]{{8}}$' \
         AND pg_catalog.pg_has_role(datdba, 'USAGE')"
    );
    for row in session.simple(&sql).await.map_err(Error::Target)? {
        let Some(name) = row.into_iter().next().flatten() else { continue };
        // Fails where its keeper is in it.
        if let Err(error) = drop_database(server, &name, false).await {
            tracing::debug!("the database {name} is in use: {error}");
        }
    }
    Ok(())
}

async fn drop_database(server: &Connector, name: &str, force: bool) -> Result<(), pgrefit_pg::Error> {
    let how = if force { "WITH (FORCE)" } else { "" };
    let mut session = server.migrator().await?;
    session.batch(&format!("DROP DATABASE IF EXISTS {} {how}", quote_ident(name))).await
}
