//! Candidates for keys that are mostly NULL leave those rows out: what is compared is never NULL.

use std::collections::BTreeMap;

use pgrefit_catalog::Name;

use super::Error;
use super::candidate::{Candidate, Key, Method};
use super::facts::{Facts, Table};
use super::session::Session;

/// From this part of NULLs on.
const NULLS_MIN: f64 = 0.2;
/// Rows that are looked at, about.
const ROWS: f64 = 2000.0;

/// Adds `WHERE key IS NOT NULL` where that leaves out much. Reads some rows of the tables.
pub(super) async fn refine(
    session: &mut Session<'_>,
    facts: &Facts,
    candidates: &mut [Candidate],
) -> Result<(), Error> {
    let mut known: BTreeMap<(Name, String), f64> = BTreeMap::new();
    for candidate in candidates.iter_mut() {
        if candidate.predicate.is_some() || candidate.method != Method::Btree {
            continue;
        }
        let Some(table) = facts.table(&candidate.table) else { continue };
        let mut most: Option<(f64, String)> = None;
        for key in &candidate.keys[..candidate.strict.min(candidate.keys.len())] {
            let at = (candidate.table.clone(), key.sql.clone());
            let nulls = match known.get(&at) {
                Some(nulls) => *nulls,
                None => nulls_of(session, table, key).await?,
            };
            known.insert(at, nulls);
            if nulls >= NULLS_MIN && most.as_ref().is_none_or(|(other, _)| nulls > *other) {
                most = Some((nulls, not_null(key)));
            }
        }
        candidate.predicate = most.map(|(_, predicate)| predicate);
    }
    Ok(())
}

fn not_null(key: &Key) -> String {
    if key.column.is_some() {
        format!("{} IS NOT NULL", key.sql)
    } else {
        format!("({}) IS NOT NULL", key.sql)
    }
}

/// The part of NULLs: by the statistics, or by looking at some rows.
async fn nulls_of(session: &mut Session<'_>, table: &Table, key: &Key) -> Result<f64, Error> {
    let column = key.column.as_ref().and_then(|name| table.column(name));
    if let Some(column) = column {
        return Ok(if column.not_null { 0.0 } else { column.null_part.unwrap_or_default() });
    }
    let percent = (ROWS * 100.0 / table.rows.unwrap_or_default().max(1.0)).clamp(0.01, 100.0);
    let sql = format!(
        "SELECT pg_catalog.avg((({}) IS NULL)::pg_catalog.int4) FROM {} TABLESAMPLE BERNOULLI ({percent:.4})",
        key.sql,
        table.full_name()
    );
    let rows = session.say(&sql).await?.unwrap_or_default();
    let text = rows.into_iter().flatten().flatten().next();
    Ok(text.and_then(|text| text.parse().ok()).unwrap_or_default())
}
