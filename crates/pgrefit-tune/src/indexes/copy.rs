//! The proof that a database may be written to at will: it is a copy, not the live one.

use pgrefit_pg::{Connector, ReadOnly, Settings};
use pgrefit_scratch::Server;

use super::Error;

/// A database that indexes may be built in and dropped from. Only the three constructors make one.
#[derive(Debug, Clone)]
pub struct WritableCopy {
    connector: Connector,
}

impl WritableCopy {
    /// Accepts a copy that runs on another server than the live database, which are asked both: two servers are the same if their
    /// system identifiers are (or cannot be known) and they were started within the same microsecond. Another database of the live
    /// server is refused too, because building and measuring would take its CPU and I/O; so is whatever may be of the cluster of a
    /// live database that is a standby, because it may be the primary that the standby follows. Reads only.
    ///
    /// # Errors
    /// [`Error::IsLive`], [`Error::IsStandby`], [`Error::MayBePrimary`]; what either server says.
    pub async fn beside(live: &Connector, copy: Connector) -> Result<Self, Error> {
        let (live, own) = (Identity::read(live).await?, Identity::read(&copy).await?);
        own.may_be_written_beside(&live)?;
        Ok(Self { connector: copy })
    }

    /// A database on a server that pgrefit has started itself and that ends with this run.
    ///
    /// # Errors
    /// [`Error::Database`] when the settings cannot be made of the server's URL.
    pub fn on_scratch(server: &Server, database: &str, like: &Connector) -> Result<Self, Error> {
        let url = server.url(database);
        let settings = Settings::resolve(Some(url.expose()), &|_| None);
        let settings = settings.map_err(Error::doing("connect to the scratch server"))?;
        Ok(Self { connector: like.with_settings(settings) })
    }

    /// A backup restored on a server that pgrefit has started itself: that one is no live one, whatever its identifier says. The
    /// sessions are those into this server.
    #[must_use]
    pub fn restored(_on: &Server, sessions: Connector) -> Self {
        Self { connector: sessions }
    }

    /// Opens sessions in it.
    pub(super) fn connector(&self) -> &Connector {
        &self.connector
    }
}

/// Which server and database a session is in.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Identity {
    system_identifier: Option<i64>,
    server_started: String,
    database: String,
    is_standby: bool,
}

const STARTED: &str = "SELECT extract(epoch FROM pg_catalog.pg_postmaster_start_time())::numeric(20, 6)";

impl Identity {
    async fn read(connector: &Connector) -> Result<Self, Error> {
        let opening = Error::doing("look at the copy and its source");
        let session: ReadOnly = connector.read_only().await.map_err(opening)?;
        let facts = session.facts().await.map_err(Error::doing("look at the copy and its source"))?;
        let rows = session.simple(STARTED).await.map_err(Error::doing("look at the copy and its source"))?;
        let server_started = rows.into_iter().flatten().flatten().next();
        Ok(Self {
            system_identifier: facts.system_identifier,
            server_started: server_started.ok_or(Error::Unexpected("its start"))?,
            database: facts.database,
            is_standby: facts.in_recovery,
        })
    }

    fn may_be_written_beside(&self, live: &Self) -> Result<(), Error> {
        let may_be_one = match (self.system_identifier, live.system_identifier) {
            (Some(own), Some(live)) => own == live,
            _ => true,
        };
        if may_be_one && self.server_started == live.server_started {
            return Err(Error::IsLive { database: self.database.clone() });
        }
        if self.is_standby {
            return Err(Error::IsStandby { database: self.database.clone() });
        }
        if may_be_one && live.is_standby {
            return Err(Error::MayBePrimary { database: self.database.clone() });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_live_server_and_a_standby_are_refused() {
        let live = Identity {
            system_identifier: Some(1),
            server_started: "10.000001".into(),
            database: "app".into(),
            is_standby: false,
        };
        let replica = Identity { is_standby: true, ..live.clone() };
        let check_beside = |live: &Identity, change: fn(&mut Identity), expected: &str| {
            let mut own = Identity { is_standby: false, ..live.clone() };
            change(&mut own);
            let found =
                own.may_be_written_beside(live).err().map_or("taken".to_owned(), |error| error.to_string());
            assert!(found.contains(expected), "{own:?}: {found}");
        };
        let check = |change, expected| check_beside(&live, change, expected);
        check(|_| (), "is the live one");
        check(|own| own.database = "other".into(), "is the live one");
        check(|own| own.system_identifier = None, "is the live one");
        check(|own| own.system_identifier = Some(2), "taken");
        check(|own| own.server_started = "11.0".into(), "taken");
        check(|own| (own.system_identifier, own.is_standby) = (Some(2), true), "standby");
        let of_replica = |change, expected| check_beside(&replica, change, expected);
        of_replica(|own| own.server_started = "11.0".into(), "may be the primary");
        of_replica(
            |own| (own.system_identifier, own.server_started) = (None, "11.0".into()),
            "may be the primary",
        );
        of_replica(|own| (own.system_identifier, own.server_started) = (Some(2), "11.0".into()), "taken");
    }
}
