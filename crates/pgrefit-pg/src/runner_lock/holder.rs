//! Who holds the runner lock, as far as `pg_locks` and `pg_stat_activity` tell.

use std::fmt;

use crate::session::Session;
use crate::{Error, SimpleRow};

use super::RUNNER_LOCK_KEY;

/// The session that holds the runner lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockHolder {
    /// Process id of its backend on the server.
    pub pid: i32,
    /// What it calls itself.
    pub application_name: Option<String>,
    /// Its role.
    pub user: Option<String>,
    /// Where it comes from; none for a Unix socket, or when this role may not see it (that takes `pg_read_all_stats`).
    pub client_address: Option<String>,
    /// Since when, ISO 8601 in UTC; none when this role may not see it.
    pub since: Option<String>,
}

impl LockHolder {
    /// One query; takes no lock on any relation. None when the lock is free again.
    pub(super) async fn find(session: &Session) -> Result<Option<Self>, Error> {
        Ok(session.simple(&query()).await?.into_iter().next().and_then(Self::from_row))
    }

    fn from_row(row: SimpleRow) -> Option<Self> {
        let [pid, application_name, user, client_address, since] = <[_; 5]>::try_from(row).ok()?;
        Some(Self { pid: pid?.parse().ok()?, application_name, user, client_address, since })
    }
}

impl fmt::Display for LockHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "backend {}", self.pid)?;
        let parts = [
            ("", &self.application_name),
            ("user ", &self.user),
            ("from ", &self.client_address),
            ("since ", &self.since),
        ];
        for (label, part) in parts {
            if let Some(part) = part {
                write!(f, ", {label}{part}")?;
            }
        }
        Ok(())
    }
}

/// `pg_locks` shows a 64-bit key as its two halves, with `objsubid` 1.
fn query() -> String {
    let key = RUNNER_LOCK_KEY.cast_unsigned();
    let (high, low) = (key >> 32, key & 0xffff_ffff);
    format!(
        "SELECT l.pid, nullif(a.application_name, ''), a.usename, a.client_addr, \
                to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') \
         FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a USING (pid) \
         WHERE l.locktype = 'advisory' AND l.granted AND l.classid = {high} AND l.objid = {low} AND l.objsubid = 1 \
           AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_reads_as_one_phrase() {
        let check = |row: [Option<&str>; 5], expected: &str| {
            let row = row.iter().map(|cell| cell.map(str::to_owned)).collect();
            assert_eq!(LockHolder::from_row(row).map(|holder| holder.to_string()).as_deref(), Some(expected));
        };
        check([Some("7"), None, None, None, None], "backend 7");
        check(
            [
                Some("7"),
                Some("pgrefit/1 migrate"),
                Some("ann"),
                Some("10.0.0.1"),
                Some("2026-01-02T03:04:05Z"),
            ],
            "backend 7, pgrefit/1 migrate, user ann, from 10.0.0.1, since 2026-01-02T03:04:05Z",
        );
    }
}
