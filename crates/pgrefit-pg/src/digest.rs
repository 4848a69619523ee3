//! A short name for the content of a table, computed on the server, so that two copies can be compared without moving rows.

use std::collections::BTreeMap;

use pgrefit_catalog::{Name, quote_ident};
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::introspect::neutral;
use crate::workload::{StatementLimits, TextValues};
use crate::{Error, ReadOnly, Snapshot};

/// The content of a table, whatever the order of its rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableDigest {
    /// How many rows there are.
    pub rows: u64,
    /// 32 hex digits: the two halves of the MD5 of each row, each half summed over all rows modulo 2^64.
    ///
    /// A sum, unlike an exclusive or, notices a row that is there twice. It finds accidents, not forgers.
    pub digest: String,
}

/// Digests one table, on `columns` only (in any order), or on all it has.
///
/// Each value is cast to `text` under fixed settings, so that equal content gives equal digests on another server, after a
/// restore, and after a change of type that keeps the text, such as enum to `text` or `integer` to `bigint`. NULL and the
/// empty text differ, and no two rows are encoded alike. Both databases need the same encoding.
///
/// Reads the whole table with those of its partitions and children, under ACCESS SHARE, in one statement that takes a few
/// seconds per million short rows and is bound by the session's `statement_timeout`. Writes nothing. Settings that decide how
/// values are printed stay fixed until the snapshot ends.
///
/// # Errors
/// What the server says: no such table or column, no privilege, a row security policy that would hide rows, a timeout.
pub async fn table(
    snapshot: &Snapshot<'_>,
    table: &Name,
    columns: Option<&[String]>,
) -> Result<TableDigest, Error> {
    neutral(snapshot).await?;
    let columns = match columns {
        Some(columns) => columns.to_vec(),
        None => all_columns(snapshot, table).await?,
    };
    let rows = snapshot.query(&query(table, &columns), &[]).await?;
    rows.first().map_or_else(|| Err(unexpected("no row")), read)
}

/// Digests the tables in `columns`, each on the columns given there, as [`table`] does, one after the other.
///
/// `pgrefit_catalog::Catalog::shared_columns` makes that list for a database, or for what two databases have in common.
///
/// # Errors
/// As [`table`]; the first failure ends it.
pub async fn database(
    snapshot: &Snapshot<'_>,
    columns: &BTreeMap<Name, Vec<String>>,
) -> Result<BTreeMap<Name, TableDigest>, Error> {
    let mut digests = BTreeMap::new();
    for (name, columns) in columns {
        digests.insert(name.clone(), table(snapshot, name, Some(columns)).await?);
    }
    Ok(digests)
}

/// Digests the rows that a query returns, whatever their order, in a `READ ONLY` transaction within `limits`.
///
/// Each row is cast to `text` under fixed settings (`TimeZone` is UTC, for the query too), so that equal answers give equal digests
/// on another server. Names of columns do not count, their order and the text of their values do. A query with `LIMIT` and no order
/// that is total may return other rows each time.
///
/// # Errors
/// As [`ReadOnly::run`].
pub async fn result(
    session: &ReadOnly,
    sql: &str,
    values: TextValues<'_>,
    limits: StatementLimits,
) -> Result<TableDigest, Error> {
    session.begin_within(limits).await?;
    let answer = digested(session, sql, values).await;
    session.end_after(answer).await
}

async fn digested(session: &ReadOnly, sql: &str, values: TextValues<'_>) -> Result<TableDigest, Error> {
    session.session().batch(PRINTED_ALIKE).await?;
    let query = sql.trim().trim_end_matches(';');
    // The line break ends a comment at the end of the query.
    let sql = format!(
        "SELECT count(*) AS rows, \
                coalesce(sum(('x' || left(hash, 16))::bit(64)::int8), 0)::text AS high, \
                coalesce(sum(('x' || right(hash, 16))::bit(64)::int8), 0)::text AS low \
         FROM (SELECT md5(pgrefit_row::text) AS hash FROM ({query}\n) AS pgrefit_row OFFSET 0) AS hashed"
    );
    let rows = crate::workload::rows(session.session(), &sql, values).await?;
    rows.first().map_or_else(|| Err(unexpected("no row")), read)
}

/// As in `introspect/neutral.sql`, but for what decides which objects and rows the query sees.
const PRINTED_ALIKE: &str = "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, MDY'; SET LOCAL IntervalStyle = 'postgres'; \
    SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; SET LOCAL xmloption = 'content'; \
    SET LOCAL lc_monetary = 'C'";

async fn all_columns(snapshot: &Snapshot<'_>, table: &Name) -> Result<Vec<String>, Error> {
    let sql = "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped";
    let rows = snapshot.query(sql, &[(&table.to_string(), Type::TEXT)]).await?;
    rows.iter().map(|row| row.try_get(0).map_err(Error::in_session)).collect()
}

/// The text of a record is unambiguous: NULL is nothing, the empty text is `""`, and separators are quoted.
fn query(table: &Name, columns: &[String]) -> String {
    let mut columns: Vec<_> =
        columns.iter().map(|column| format!("t.{}::text", quote_ident(column))).collect();
    columns.sort();
    columns.dedup();
    format!(
        "SELECT count(*) AS rows, \
                coalesce(sum(('x' || left(hash, 16))::bit(64)::int8), 0)::text AS high, \
                coalesce(sum(('x' || right(hash, 16))::bit(64)::int8), 0)::text AS low \
         FROM (SELECT md5(ROW({})::text) AS hash FROM {table} AS t OFFSET 0) AS hashed",
        columns.join(", ")
    )
}

fn read(row: &Row) -> Result<TableDigest, Error> {
    let rows: i64 = row.try_get("rows").map_err(Error::in_session)?;
    let half = |column| -> Result<i128, Error> {
        let sum: &str = row.try_get(column).map_err(Error::in_session)?;
        sum.parse::<i128>()
            .map(|sum| sum.rem_euclid(1 << 64))
            .map_err(|cause| Error::Exchange(Box::new(cause)))
    };
    Ok(TableDigest {
        rows: rows.unsigned_abs(),
        digest: format!("{:016x}{:016x}", half("high")?, half("low")?),
    })
}

fn unexpected(what: &str) -> Error {
    Error::Exchange(format!("{what} from a query that always returns one").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_sorted_and_quoted() {
        let columns = ["b", "A\"", "b", "a"].map(str::to_owned);
        let sql = query(&Name::new("s", "T"), &columns);
        assert!(sql.contains(r#"ROW(t."A"""::text, t.a::text, t.b::text)::text"#), "{sql}");
        assert!(sql.contains(r#"FROM s."T" AS t"#), "{sql}");
    }
}
