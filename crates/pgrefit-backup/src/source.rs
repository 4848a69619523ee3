//! What must be known of the source before a backup is taken, read without a lock on any table.

use std::collections::BTreeMap;

use pgrefit_pg::{ReadOnly, SimpleRow};

use crate::site::STARTED;
use crate::{Error, Identity, Job};

/// The source database.
#[derive(Clone, Debug)]
pub struct Source {
    /// When its server was started, in seconds since 1970.
    pub started: Option<String>,
    /// Which one it is.
    pub identity: Identity,
    /// `server_version_num`.
    pub server_version_num: u32,
    /// The role whose privileges count.
    pub role: String,
    /// Whether that role is a superuser.
    pub is_superuser: bool,
    /// Whether our own sessions are encrypted.
    pub is_encrypted: bool,
    /// Bytes of tables, materialized views and what they keep out of line, as of their last `VACUUM` or `ANALYZE`; that of the
    /// whole database where one never had any.
    pub table_bytes: u64,
    /// Bytes of the database with its indexes.
    pub database_bytes: u64,
    /// Bytes of all databases of the server that this role may measure.
    pub cluster_bytes: u64,
    /// Its tables and materialized views that have rows of their own.
    pub tables: usize,
    /// Extensions with their versions.
    pub extensions: BTreeMap<String, String>,
    /// What the role may not read, and why.
    pub(crate) unreadable: Vec<String>,
}

impl Source {
    /// The source's major version.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.server_version_num / 10_000
    }

    pub(crate) async fn read(job: &Job<'_>) -> Result<Self, Error> {
        let session = job.source.read_only().await.map_err(Error::Source)?;
        let facts = session.facts().await.map_err(Error::Source)?;
        let started = session.simple(STARTED).await.map_err(Error::Source)?;
        let sizes = one(&session, include_str!("sql/sizes.sql")).await?;
        let number = |at: usize| sizes.get(at).and_then(|text| text.as_deref()?.parse::<u64>().ok());
        let identity = Identity {
            system_identifier: facts.system_identifier.map(i64::cast_unsigned),
            database: facts.database,
            database_oid: number(0).and_then(|oid| u32::try_from(oid).ok()).unwrap_or_default(),
            address: job.source.settings().describe(),
        };
        Ok(Self {
            identity,
            started: started.into_iter().flatten().flatten().next(),
            server_version_num: facts.version_num,
            role: facts.user,
            is_superuser: facts.is_superuser,
            is_encrypted: session.is_encrypted().await.map_err(Error::Source)?,
            table_bytes: number(1).unwrap_or_default(),
            database_bytes: number(2).unwrap_or_default(),
            tables: number(3).and_then(|count| usize::try_from(count).ok()).unwrap_or_default(),
            cluster_bytes: number(4).unwrap_or_default(),
            extensions: pairs(&session, include_str!("sql/extensions.sql")).await?,
            unreadable: firsts(&session, include_str!("sql/unreadable.sql")).await?,
        })
    }

    /// Refuses a backup that would lack something, before it is begun.
    pub(crate) fn require_readable(&self) -> Result<(), Error> {
        if self.unreadable.is_empty() {
            return Ok(());
        }
        Err(Error::NotReadable { role: self.role.clone(), unreadable: self.unreadable.clone() })
    }
}

async fn one(session: &ReadOnly, sql: &str) -> Result<SimpleRow, Error> {
    let rows = session.simple(sql).await.map_err(Error::Source)?;
    Ok(rows.into_iter().next().unwrap_or_default())
}

async fn pairs(session: &ReadOnly, sql: &str) -> Result<BTreeMap<String, String>, Error> {
    let rows = session.simple(sql).await.map_err(Error::Source)?;
    Ok(rows.into_iter().filter_map(pair).collect())
}

fn pair(row: SimpleRow) -> Option<(String, String)> {
    let mut values = row.into_iter();
    values.next().flatten().zip(values.next().flatten())
}

async fn firsts(session: &ReadOnly, sql: &str) -> Result<Vec<String>, Error> {
    let rows = session.simple(sql).await.map_err(Error::Source)?;
    Ok(rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
}
