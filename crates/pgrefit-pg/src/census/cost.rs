//! What a census cost the server: the proof that it harmed nothing.

use pgrefit_catalog::census::Census;
use serde::Deserialize;
use tokio_postgres::types::Type;

use super::collect::{Collector, Query};
use super::row::decode;
use crate::{Error, Params, ReadOnly};

#[derive(Deserialize)]
struct Held {
    lock_modes: Vec<String>,
    user_locks: i64,
    has_transaction_id: bool,
    snapshot_ms: i64,
}

/// The WAL that a backend had written by some moment.
#[derive(Deserialize)]
pub(super) struct Wal {
    pid: i32,
    bytes: i64,
}

impl Collector<'_> {
    /// Looks at its own locks, at the end. Also what its backend had written before, where the server counts that.
    ///
    /// A backend tells what it wrote between transactions only, and seldom: it is asked to tell next time.
    pub(super) async fn cost(&mut self, census: &mut Census) -> Result<Option<Wal>, Error> {
        let wal = if self.shape.has("pg_stat_get_backend_wal()") {
            let query = Query::new(include_str!("backend_wal.sql"));
            self.attempt::<Wal>(query).await?.ok().and_then(|rows| rows.into_iter().next())
        } else {
            None
        };
        let rows: Vec<Held> = self.ask(Query::new(include_str!("origin.sql"))).await?;
        let held = rows.into_iter().next().ok_or_else(|| Error::Exchange("no row of own locks".into()))?;
        let origin = &mut census.origin;
        origin.lock_modes = held.lock_modes;
        origin.user_locks = u32::try_from(held.user_locks).unwrap_or(u32::MAX);
        origin.has_transaction_id = held.has_transaction_id;
        origin.snapshot_ms = u64::try_from(held.snapshot_ms).unwrap_or_default();
        origin.queries = self.queries;
        origin.rows = self.rows;
        Ok(wal)
    }
}

/// What the backend wrote since `before`; none if a pooler has given another one by now.
pub(super) async fn wal_bytes(session: &ReadOnly, before: Option<Wal>) -> Result<Option<i64>, Error> {
    let Some(before) = before else { return Ok(None) };
    let params: Params<'_> = &[(&before.pid, Type::INT4)];
    let rows = session.query(include_str!("own_wal.sql"), params).await?;
    let after: Option<Wal> = rows.first().map(decode).transpose()?;
    Ok(after.map(|after| after.bytes.saturating_sub(before.bytes)))
}
