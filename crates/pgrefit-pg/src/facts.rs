//! What kind of server this is and what this role may do there: one query.

use tokio_postgres::Row;

use crate::{Error, ReadOnly};

/// The server, the database and the role.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each with a name of its own")]
pub struct ServerFacts {
    /// `server_version_num`: 180006.
    pub version_num: u32,
    /// `server_version`: `18.6 (Debian 18.6-1)`.
    pub version: String,
    /// A standby, or a server in recovery: it takes no writes.
    pub in_recovery: bool,
    /// The database of the session.
    pub database: String,
    /// The role whose privileges count.
    pub user: String,
    /// Whether that role is a superuser.
    pub is_superuser: bool,
    /// Whether it may create schemas in the database.
    pub can_create_in_database: bool,
    /// The first schema of `search_path` that exists, where unqualified objects are created.
    pub current_schema: Option<String>,
    /// Whether the role may create objects there.
    pub can_create_in_current_schema: bool,
    /// Whether the role may create objects in `public`; false when there is no such schema.
    pub can_create_in_public: bool,
    /// Whether the role has the privileges of `pg_monitor`, without which statistics of others look empty.
    pub has_pg_monitor: bool,
    /// Differs between clusters, is the same on primary and standbys; none when the role may not call `pg_control_system`.
    pub system_identifier: Option<i64>,
}

const QUERY: &str = "
    SELECT current_setting('server_version_num')::bigint,
           current_setting('server_version'),
           pg_catalog.pg_is_in_recovery(),
           current_database()::text,
           current_user::text,
           coalesce((SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user), false),
           pg_catalog.has_database_privilege(current_database(), 'CREATE'),
           current_schema()::text,
           coalesce(pg_catalog.has_schema_privilege(current_schema(), 'CREATE'), false),
           coalesce((SELECT pg_catalog.has_schema_privilege(n.oid, 'CREATE')
                     FROM pg_catalog.pg_namespace n WHERE n.nspname = 'public'), false),
           coalesce((SELECT pg_catalog.pg_has_role(r.oid, 'USAGE')
                     FROM pg_catalog.pg_roles r WHERE r.rolname = 'pg_monitor'), false),
           pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')";

impl ReadOnly {
    /// Reads the facts. Takes no lock beyond those on catalogs.
    ///
    /// # Errors
    /// As [`ReadOnly::query`].
    pub async fn facts(&self) -> Result<ServerFacts, Error> {
        let rows = self.query(QUERY, &[]).await?;
        let row = rows.first().ok_or_else(|| Error::Exchange("no row of facts".into()))?;
        let mut facts = from_row(row).map_err(Error::in_session)?;
        // A query of its own: the server checks the privilege even where CASE skips the call.
        if row.try_get(11).map_err(Error::in_session)? {
            let rows =
                self.query("SELECT system_identifier FROM pg_catalog.pg_control_system()", &[]).await?;
            facts.system_identifier =
                rows.first().map(|row| row.try_get(0)).transpose().map_err(Error::in_session)?;
        }
        Ok(facts)
    }
}

fn from_row(row: &Row) -> Result<ServerFacts, tokio_postgres::Error> {
    let version_num: i64 = row.try_get(0)?;
    Ok(ServerFacts {
        version_num: u32::try_from(version_num).unwrap_or_default(),
        version: row.try_get(1)?,
        in_recovery: row.try_get(2)?,
        database: row.try_get(3)?,
        user: row.try_get(4)?,
        is_superuser: row.try_get(5)?,
        can_create_in_database: row.try_get(6)?,
        current_schema: row.try_get(7)?,
        can_create_in_current_schema: row.try_get(8)?,
        can_create_in_public: row.try_get(9)?,
        has_pg_monitor: row.try_get(10)?,
        system_identifier: None,
    })
}
