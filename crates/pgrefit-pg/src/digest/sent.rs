//! The digest of exactly the bytes that `COPY … TO STDOUT (FORMAT binary)` sends, computed on the server: what a client has
//! computed while it read can be held against it, and so can a copy on another server.

use std::time::Duration;

use pgrefit_catalog::{Name, quote_ident};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::{TableDigest, neutral, read, unexpected};
use crate::{Error, Migrator, Snapshot};

/// A column as `COPY` in binary format writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent flags of pg_attribute")]
pub struct SentColumn {
    /// Unquoted.
    pub name: String,
    /// `format_type` with the modifier, such as `character varying(255)`.
    pub type_name: String,
    /// `pg_attribute.atttypid`.
    pub type_oid: u32,
    /// The type under all domains; the same as [`type_oid`](Self::type_oid) for any other.
    pub base_oid: u32,
    /// `format_type` of that, without a modifier.
    pub base_name: String,
    /// Whether the type is a domain.
    pub is_domain: bool,
    /// The name of the type's send function, such as `int8send`, where it is one of PostgreSQL's own or of pgvector.
    pub well_known_send: Option<String>,
    /// `GENERATED ALWAYS AS (…)`: `COPY` leaves it out, and refuses to be given it.
    pub is_generated: bool,
    /// `GENERATED … AS IDENTITY`.
    pub is_identity: bool,
    /// `NOT NULL`, and true of every row.
    pub is_not_null: bool,
    /// Why its bytes would not mean the same in another database; `None` where they do.
    pub obstacle: Option<String>,
    /// The send function, qualified and quoted; `None` where the type has no binary form.
    send: Option<String>,
}

/// The columns of a table, in their order.
///
/// Reads `pg_attribute`, `pg_type`, `pg_proc` and `pg_range`. The snapshot's settings are those of [`super::table`] from then on.
///
/// # Errors
/// What the server says: no such table.
pub async fn sent_columns(snapshot: &Snapshot<'_>, table: &Name) -> Result<Vec<SentColumn>, Error> {
    neutral(snapshot).await?;
    let rows = snapshot.query(include_str!("sent.sql"), &[(&table.to_string(), Type::TEXT)]).await?;
    rows.iter().map(column).collect::<Result<_, _>>().map_err(Error::in_session)
}

/// The same in a session that may write, for instance under a lock that it holds; `search_path` must be `pg_catalog` only, or names
/// of types are not qualified.
///
/// # Errors
/// As [`sent_columns`].
pub async fn sent_columns_by(session: &mut Migrator, table: &Name) -> Result<Vec<SentColumn>, Error> {
    let rows = session.query(include_str!("sent.sql"), &[(&table.to_string(), Type::TEXT)]).await?;
    rows.iter().map(column).collect::<Result<_, _>>().map_err(Error::in_session)
}

/// Digests the rows of one table as `COPY table (columns) TO STDOUT (FORMAT binary)` sends them, whatever their order.
///
/// Of each row: for each column its length in 4 bytes and the bytes of the type's send function, or −1 for NULL, which is the
/// tuple without its count of fields. The first 16 bytes of its SHA-256 are two 64-bit numbers, which are summed over all rows modulo 2^64.
///
/// Reads the table's own rows, without those of children, under ACCESS SHARE, within `limit`; zero is no limit.
///
/// # Errors
/// What the server says: no privilege, a row security policy that would hide rows, a timeout.
pub async fn sent(
    snapshot: &Snapshot<'_>,
    table: &Name,
    columns: &[SentColumn],
    limit: Duration,
) -> Result<TableDigest, Error> {
    neutral(snapshot).await?;
    snapshot.batch(&format!("SET LOCAL statement_timeout = {}", limit.as_millis())).await?;
    one(&snapshot.query(&sent_sql(table, columns)?, &[]).await?)
}

/// The same in a session that may write, for instance under a lock that it holds. `row_security` must be off where a policy
/// could hide rows; the session's `statement_timeout` applies.
///
/// # Errors
/// As [`sent`].
pub async fn sent_by(
    session: &mut Migrator,
    table: &Name,
    columns: &[SentColumn],
) -> Result<TableDigest, Error> {
    one(&session.query(&sent_sql(table, columns)?, &[]).await?)
}

fn one(rows: &[Row]) -> Result<TableDigest, Error> {
    rows.first().map_or_else(|| Err(unexpected("no row")), read)
}

/// Send functions are called once a value, below an `OFFSET 0` that keeps the planner from copying the call.
fn sent_sql(table: &Name, columns: &[SentColumn]) -> Result<String, Error> {
    let values: Vec<_> =
        columns.iter().enumerate().map(|(index, column)| value(index, column)).collect::<Result<_, _>>()?;
    let fields: Vec<_> = (0..columns.len()).map(field).collect();
    let (values, tuple) = if columns.is_empty() {
        ("1".to_owned(), "''::pg_catalog.bytea".to_owned())
    } else {
        (values.join(", "), fields.join(" || "))
    };
    Ok(format!(
        "SELECT pg_catalog.count(*) AS rows, \
                coalesce(pg_catalog.sum(('x' || pg_catalog.left(hash, 16))::pg_catalog.bit(64)::int8), 0)::text AS high, \
                coalesce(pg_catalog.sum(('x' || pg_catalog.substr(hash, 17, 16))::pg_catalog.bit(64)::int8), 0)::text AS low \
         FROM (SELECT pg_catalog.encode(pg_catalog.sha256({tuple}), 'hex') AS hash \
               FROM (SELECT {values} FROM ONLY {table} AS t OFFSET 0) AS sent OFFSET 0) AS hashed"
    ))
}

fn value(index: usize, column: &SentColumn) -> Result<String, Error> {
    let SentColumn { name, base_name, is_domain, send, .. } = column;
    let Some(send) = send else {
        return Err(Error::Exchange(
            format!("the type {base_name} of column {name} has no binary form").into(),
        ));
    };
    let cast = if *is_domain { format!("::{base_name}") } else { String::new() };
    Ok(format!("{send}(t.{}{cast}) AS v{index}", quote_ident(name)))
}

fn field(index: usize) -> String {
    format!(
        "coalesce(pg_catalog.int4send(pg_catalog.octet_length(v{index})) || v{index}, '\\xffffffff'::pg_catalog.bytea)"
    )
}

fn column(row: &Row) -> Result<SentColumn, tokio_postgres::Error> {
    Ok(SentColumn {
        name: row.try_get("name")?,
        type_name: row.try_get("type_name")?,
        type_oid: row.try_get("type_oid")?,
        base_oid: row.try_get("base_oid")?,
        base_name: row.try_get("base_name")?,
        is_domain: row.try_get("is_domain")?,
        well_known_send: row.try_get("well_known_send")?,
        is_generated: row.try_get("is_generated")?,
        is_identity: row.try_get("is_identity")?,
        is_not_null: row.try_get("is_not_null")?,
        obstacle: row.try_get("obstacle")?,
        send: row.try_get("send")?,
    })
}
