//! One reading of the server's statistics. Rows come as JSON, so that a view is read with whatever columns its version has.

use std::collections::BTreeMap;
use std::time::Duration;

use pgrefit_pg::{Error as PgError, ReadOnly};
use serde_json::Value;
use tokio::time::timeout;

use super::statements::statements;
use super::{Numbers, Seen};
use crate::Trouble;

/// The counters at one moment.
pub(in crate::benchmark) struct Reading {
    pub(super) database: Seen<Numbers>,
    pub(super) wal: Seen<Numbers>,
    pub(super) io: Seen<Numbers>,
    pub(super) statements: Seen<BTreeMap<String, Numbers>>,
}

const DATABASE: &str = "SELECT pg_catalog.to_jsonb(d) FROM pg_catalog.pg_stat_database d \
                        WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()";
const WAL: &str = "SELECT pg_catalog.to_jsonb(w) FROM pg_catalog.pg_stat_wal w";
const IO: &str = "SELECT pg_catalog.to_jsonb(i) FROM pg_catalog.pg_stat_io i \
                  WHERE i.backend_type OPERATOR(pg_catalog.=) 'client backend'";

/// Views of statistics answer at once; who waits longer than this waits for a server that does not answer at all.
const LIMIT: Duration = Duration::from_secs(20);

impl Reading {
    /// Reads all there is, as [`Self::take`]; if that fails, it says so in place of every counter. For after a run, which is not
    /// lost with its counters.
    pub(in crate::benchmark) async fn take_if_any(
        session: &ReadOnly,
        ids: &BTreeMap<String, String>,
    ) -> Self {
        match timeout(LIMIT, Self::take(session, ids)).await {
            Ok(Ok(reading)) => reading,
            Ok(Err(error)) => {
                nothing(&format!("it could not be read after the run: {}", Trouble::of(&error)))
            }
            Err(_) => nothing("it could not be read after the run: the server did not answer"),
        }
    }

    /// Reads all there is. `ids` are the query identifiers of the workload's statements by their names. Views of statistics only;
    /// locks nothing, writes nothing.
    ///
    /// # Errors
    /// When the connection died: what else goes wrong is why something is missing.
    pub(in crate::benchmark) async fn take(
        session: &ReadOnly,
        ids: &BTreeMap<String, String>,
    ) -> Result<Self, PgError> {
        let version = session.version_num();
        let is_timed = is_timed(session).await?;
        Ok(Self {
            database: view(session, DATABASE, is_timed).await?,
            wal: if version < 140_000 { since("14") } else { view(session, WAL, true).await? },
            io: if version < 160_000 { since("16") } else { view(session, IO, is_timed).await? },
            statements: statements(session, ids).await?,
        })
    }
}

/// Nothing, for one reason.
fn nothing(why: &str) -> Reading {
    let missing = || Seen::Missing(why.to_owned());
    Reading { database: missing(), wal: missing(), io: missing(), statements: Seen::Missing(why.to_owned()) }
}

/// Whether the times of reading and writing are taken: if not, the views have zeros for them.
async fn is_timed(session: &ReadOnly) -> Result<bool, PgError> {
    let rows = session.simple("SELECT pg_catalog.current_setting('track_io_timing')").await?;
    Ok(rows.first().and_then(|row| row.first()?.as_deref()) == Some("on"))
}

fn since(major: &str) -> Seen<Numbers> {
    Seen::Missing(format!("this server does not have it: it came with PostgreSQL {major}"))
}

async fn view(session: &ReadOnly, sql: &str, is_timed: bool) -> Result<Seen<Numbers>, PgError> {
    let rows = match session.simple(sql).await {
        Ok(rows) => rows,
        Err(error) => return Ok(Seen::Missing(reason(error)?)),
    };
    let texts = rows.iter().filter_map(|row| row.first()?.as_deref());
    let objects: Vec<Value> = texts.filter_map(|text| serde_json::from_str(text).ok()).collect();
    if objects.is_empty() {
        return Ok(Seen::Missing("the view has no row".to_owned()));
    }
    Ok(Seen::Counted(sums(&objects, is_timed)))
}

/// Why something could not be read; an error if the connection is gone.
pub(super) fn reason(error: PgError) -> Result<String, PgError> {
    match error.server() {
        Some(server) if !matches!(error, PgError::Lost { .. }) => Ok(server.message.clone()),
        _ => Err(error),
    }
}

/// The sum of each numeric column over all rows; identifiers, and settings that stand in the view, are no counters.
fn sums(objects: &[Value], is_timed: bool) -> Numbers {
    let mut sums = Numbers::new();
    for (key, value) in objects.iter().filter_map(Value::as_object).flatten() {
        let is_io_time = key.starts_with("blk_") || !key.contains("session") && !key.contains("active");
        let is_untimed = !is_timed && key.ends_with("_time") && is_io_time && !key.starts_with("idle_in");
        let is_counter = !matches!(key.as_str(), "datid" | "numbackends" | "op_bytes");
        if let Some(number) = value.as_f64().filter(|_| is_counter && !is_untimed) {
            *sums.entry(key.clone()).or_default() += number;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_summed_whatever_they_are_called() {
        let check = |rows: &[&str], is_timed: bool, expected: &str| {
            let rows: Vec<Value> = rows.iter().map(|row| serde_json::from_str(row).expect("json")).collect();
            assert_eq!(serde_json::to_string(&sums(&rows, is_timed)).expect("json"), expected);
        };
        check(&[], true, "{}");
        check(
            &[
                r#"{"reads": 1, "hits": 5, "object": "relation"}"#,
                r#"{"reads": 2, "hits": null, "new": 7, "op_bytes": 8192}"#,
            ],
            true,
            r#"{"hits":5.0,"new":7.0,"reads":3.0}"#,
        );
        let times = r#"{"blk_read_time": 0, "session_time": 4, "active_time": 1, "idle_in_transaction_time": 2, "read_time": 0}"#;
        check(&[times], false, r#"{"active_time":1.0,"idle_in_transaction_time":2.0,"session_time":4.0}"#);
        check(
            &[times],
            true,
            r#"{"active_time":1.0,"blk_read_time":0.0,"idle_in_transaction_time":2.0,"read_time":0.0,"session_time":4.0}"#,
        );
    }
}
