//! A row of the ledger as a value.

use pgrefit_pg::Row;

use crate::plan::exchange;
use crate::{Error, Record, State};

type Got<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

pub(super) fn read(row: &Row) -> Result<Record, Error> {
    let id: String = row.try_get("id").map_err(|error| Error::Source(exchange(error.into())))?;
    record(row, id.clone())
        .map_err(|source| Error::Unreadable { what: format!("the ledger's row of archive {id}"), source })
}

fn record(row: &Row, id: String) -> Got<Record> {
    let text = |column: &str| row.try_get::<_, Option<&str>>(column);
    let state: &str = row.try_get("state")?;
    Ok(Record {
        id,
        state: state.parse()?,
        plan: serde_json::from_str(row.try_get("plan")?)?,
        export: text("export")?.map(serde_json::from_str).transpose()?,
        store: row.try_get("store")?,
        manifest: row.try_get("manifest")?,
        loaded_oid: row.try_get("loaded_oid")?,
        moments: moments(row.try_get("moments")?)?,
        tool: row.try_get("tool")?,
    })
}

/// An object a state: `{"state": "planned", "at": "2026-…"}`.
fn moments(json: &str) -> Got<Vec<(State, String)>> {
    #[derive(serde::Deserialize)]
    struct Moment {
        state: State,
        at: String,
    }
    let moments: Vec<Moment> = serde_json::from_str(json)?;
    Ok(moments.into_iter().map(|moment| (moment.state, moment.at)).collect())
}
