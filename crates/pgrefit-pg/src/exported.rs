//! A snapshot of the database that other sessions, and programs such as `pg_dump`, can see the same moment by.

use std::time::{Duration, Instant};

use crate::session::{Session, SimpleRow};
use crate::{Connector, Error};

/// What is known of the moment and of where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotFacts {
    /// What `SET TRANSACTION SNAPSHOT` and `pg_dump --snapshot` take.
    pub id: String,
    /// The server's clock, in UTC, as RFC 3339.
    pub taken_at: String,
    /// The end of the WAL; on a standby, how far it is replayed. What is in the snapshot was written before it. `None` where
    /// this role may not ask.
    pub lsn: Option<String>,
    /// Whether the server is a standby or in recovery.
    pub is_standby: bool,
    /// The same on primary and standbys, and on no other cluster; `None` where this role may not ask.
    pub system_identifier: Option<u64>,
    /// The database.
    pub database: String,
    /// Its oid in `pg_database`.
    pub database_oid: u32,
    /// `server_version_num`: 180006.
    pub server_version_num: u32,
    /// The role whose privileges count.
    pub role: String,
}

/// An open `REPEATABLE READ READ ONLY` transaction whose snapshot was exported.
///
/// Others can join until it is dropped; a session that has joined keeps its moment after that. As long as it is open, `VACUUM`
/// removes nothing that it may see.
#[derive(Debug)]
pub struct ExportedSnapshot {
    session: Session,
    facts: SnapshotFacts,
    end: Instant,
    life: Duration,
}

impl Connector {
    /// Exports a snapshot on a session of its own.
    ///
    /// The server ends it after `life`, whatever becomes of this process, and at once when this process dies: it waits for a
    /// message, and so notices the end of the connection. Nothing is written, and no table is locked.
    ///
    /// # Errors
    /// Any of the connecting phase; [`Error::NotReadOnly`]; [`Error::Server`] where a snapshot cannot be exported.
    pub async fn export_snapshot(&self, life: Duration) -> Result<ExportedSnapshot, Error> {
        let session = self.open().await?;
        self.within("export a snapshot", ExportedSnapshot::start(session, life)).await
    }
}

impl ExportedSnapshot {
    async fn start(session: Session, life: Duration) -> Result<Self, Error> {
        let end = Instant::now() + life;
        let rows = session.simple(&begin(session.version_num, life)).await?;
        let mut facts = rows.last().and_then(from_row).ok_or(Error::NotReadOnly)?;
        facts.lsn = optional(&session, lsn(facts.is_standby)).await?;
        let identifier = "SELECT system_identifier FROM pg_catalog.pg_control_system()";
        facts.system_identifier = optional(&session, identifier).await?.and_then(|text| text.parse().ok());
        Ok(Self { session, facts, end, life })
    }

    /// What is known of it.
    #[must_use]
    pub fn facts(&self) -> &SnapshotFacts {
        &self.facts
    }

    /// Makes sure that others can still join.
    ///
    /// # Errors
    /// [`Error::Lost`], with the server's last words, when it has ended; [`Error::Timeout`] when its life is over.
    pub async fn check(&self) -> Result<(), Error> {
        if Instant::now() >= self.end {
            return Err(Error::Timeout { what: "read all under one snapshot".to_owned(), limit: self.life });
        }
        self.session.simple("SELECT 1").await.map(drop)
    }

    /// Ends it in order. Dropping does the same, a moment later.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub async fn release(self) -> Result<(), Error> {
        self.session.batch("ROLLBACK").await
    }
}

/// The session does nothing but wait, so that the limit for idle transactions is that of its life. It is not applied beside a
/// `transaction_timeout`, which the server's configuration may have.
fn begin(version_num: u32, life: Duration) -> String {
    let life = life.as_millis().clamp(1, 2_147_483_647);
    let whole = if version_num >= 170_000 { "SET LOCAL transaction_timeout = 0;" } else { "" };
    format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = {life}; {whole} \
         SET LOCAL statement_timeout = '10s'; SET LOCAL search_path = pg_catalog; {}",
        include_str!("exported.sql")
    )
}

fn lsn(is_standby: bool) -> &'static str {
    if is_standby {
        "SELECT pg_catalog.pg_last_wal_replay_lsn()"
    } else {
        "SELECT pg_catalog.pg_current_wal_lsn()"
    }
}

/// The value of a query that may be forbidden, which must not end the transaction.
async fn optional(session: &Session, sql: &str) -> Result<Option<String>, Error> {
    session.batch("SAVEPOINT optional").await?;
    match session.simple(sql).await {
        Ok(rows) => {
            session.batch("RELEASE SAVEPOINT optional").await?;
            Ok(rows.into_iter().next().and_then(|row| row.into_iter().next().flatten()))
        }
        Err(error @ Error::Lost { .. }) => Err(error),
        Err(_) => session.batch("ROLLBACK TO SAVEPOINT optional").await.map(|()| None),
    }
}

/// `None` also where the server says that the transaction may write.
fn from_row(row: &SimpleRow) -> Option<SnapshotFacts> {
    let text = |at: usize| row.get(at)?.clone();
    let facts = SnapshotFacts {
        id: text(0)?,
        taken_at: text(1)?,
        lsn: None,
        is_standby: text(2)? == "t",
        system_identifier: None,
        database: text(3)?,
        database_oid: text(4)?.parse().ok()?,
        server_version_num: text(5)?.parse().ok()?,
        role: text(6)?,
    };
    (text(7)? == "on").then_some(facts)
}
