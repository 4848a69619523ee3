//! What a snapshot says about the session and the server it was taken from.

use super::reader::{Reader, get};
use crate::{Error, Snapshot};

/// Settings of the session, as they are before the reader fixes its own.
pub(super) struct Session {
    pub(super) time_zone: String,
    pub(super) search_path: Vec<String>,
}

impl Session {
    pub(super) async fn read(moment: &Snapshot<'_>) -> Result<Self, Error> {
        // Without a pg_temp that this session may have: it has nothing in it.
        let sql = "SELECT pg_catalog.current_setting('TimeZone') AS time_zone,
                          pg_catalog.current_schemas(false)::pg_catalog.text[] AS search_path";
        let rows = moment.query(sql, &[]).await?;
        let row = rows.first().ok_or_else(|| Error::Exchange("no row of settings".into()))?;
        Ok(Self { time_zone: get(row, "time_zone")?, search_path: get(row, "search_path")? })
    }
}

/// The server, its database, and what its statistics are worth.
pub(super) struct Server {
    /// The moment of the snapshot, in RFC 3339.
    pub(super) now: String,
    pub(super) version_num: u32,
    pub(super) database: String,
    pub(super) standby: bool,
    /// Whether it counts what is done to tables.
    pub(super) counts: bool,
    /// Bytes in a page.
    pub(super) block_size: i64,
    /// Since when it counts, in seconds before now.
    pub(super) counted_for_s: Option<f64>,
}

impl Reader<'_> {
    pub(super) async fn server(&self) -> Result<Server, Error> {
        let rows = self.rows(include_str!("server.sql"), &[]).await?;
        let row = rows.first().ok_or_else(|| Error::Exchange("no row of the server".into()))?;
        let version_num: i32 = get(row, "version_num")?;
        Ok(Server {
            now: get(row, "now")?,
            version_num: version_num.unsigned_abs(),
            database: get(row, "database")?,
            standby: get(row, "standby")?,
            counts: get(row, "counts")?,
            block_size: get(row, "block_size")?,
            counted_for_s: get(row, "counted_for_s")?,
        })
    }
}
