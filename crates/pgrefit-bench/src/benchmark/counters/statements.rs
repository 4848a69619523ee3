//! The workload's statements in `pg_stat_statements`, found by their query identifiers.

use std::collections::BTreeMap;

use pgrefit_catalog::quote_ident;
use pgrefit_pg::types::Type;
use pgrefit_pg::{Error as PgError, ReadOnly};
use serde_json::Value;

use super::reading::reason;
use super::{Numbers, Seen};

const QUERY: &str = include_str!("statements.sql");

/// Each statement that the server has counted by now; one that it has not is absent.
pub(super) async fn statements(
    session: &ReadOnly,
    ids: &BTreeMap<String, String>,
) -> Result<Seen<BTreeMap<String, Numbers>>, PgError> {
    let Some(schema) = crate::statements::schema_if_any(session).await? else {
        return Ok(Seen::Missing("the extension is not installed in this database".to_owned()));
    };
    if ids.is_empty() {
        return Ok(Seen::Missing(NO_IDS.to_owned()));
    }
    let wanted: Vec<&str> = ids.values().map(String::as_str).collect();
    let sql = QUERY.replace("{schema}", &quote_ident(&schema));
    let rows = match session.query(&sql, &[(&wanted, Type::TEXT_ARRAY)]).await {
        Ok(rows) => rows,
        Err(error) => return Ok(Seen::Missing(reason(error)?)),
    };
    let by_id: BTreeMap<String, Numbers> = rows.iter().filter_map(numbers).collect();
    let of_name = |(name, id): (&String, &String)| Some((name.clone(), by_id.get(id)?.clone()));
    Ok(Seen::Counted(ids.iter().filter_map(of_name).collect()))
}

const NO_IDS: &str =
    "the server gives statements no identifiers: they come with PostgreSQL 14 and compute_query_id";

fn numbers(row: &pgrefit_pg::Row) -> Option<(String, Numbers)> {
    let (id, text): (String, String) = (row.try_get(0).ok()?, row.try_get(1).ok()?);
    let object: Value = serde_json::from_str(&text).ok()?;
    let numbers = object.as_object()?.iter().filter_map(|(key, value)| Some((key.clone(), value.as_f64()?)));
    Some((id, numbers.collect()))
}
