//! A short name for the content of a table, computed on the server, so that two copies can be compared without moving rows.

use std::collections::BTreeMap;
use std::time::Duration;

use pgrefit_catalog::Name;
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;

use crate::introspect::neutral;
use crate::workload::{StatementLimits, TextValues};
use crate::{Error, ReadOnly, Snapshot};

mod encoding;
mod part;
mod sent;

pub use encoding::Encoding;
pub use part::{KeyRange, Part, Sample, sample_keys};
pub use sent::{SentColumn, sent, sent_by, sent_columns, sent_columns_by};

/// The content of a table, whatever the order of its rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableDigest {
    /// How many rows there are.
    pub rows: u64,
    /// 32 hex digits: two 64-bit hashes of each row, each summed over all rows modulo 2^64.
    ///
    /// A sum, unlike an exclusive or, notices a row that is there twice. It finds accidents, not forgers.
    pub digest: String,
}

impl TableDigest {
    /// That of no rows, to which those of parts can be added.
    #[must_use]
    pub fn empty() -> Self {
        Self { rows: 0, digest: "0".repeat(32) }
    }

    /// The digest of the rows of both. Sums do not mind in which parts a table was read.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let half = |digest: &Self, at| {
            let digits = digest.digest.get(at).unwrap_or_default();
            u64::from_str_radix(digits, 16).unwrap_or_default()
        };
        let sum = |at: std::ops::Range<usize>| half(self, at.clone()).wrapping_add(half(other, at));
        Self { rows: self.rows + other.rows, digest: format!("{:016x}{:016x}", sum(0..16), sum(16..32)) }
    }
}

/// How a table is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// How values are encoded.
    pub encoding: Encoding,
    /// Which rows.
    pub part: Part,
    /// `statement_timeout` of this and what follows in the snapshot; `None` leaves the session's, zero is no limit.
    pub limit: Option<Duration>,
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
    read_part(snapshot, table, columns, &Reading::default()).await
}

/// Digests rows of one table as `reading` says, on `columns` only or on all it has.
///
/// Two digests can be compared if they were read with the same [`Encoding`]. With [`Encoding::Binary`], measured on
/// PostgreSQL 18, one session, warm: 20,000 rows of a 5 kB text and a `vector(3072)` (318 MB) take 0.8 s, where
/// `COPY … TO '/dev/null'` takes 2.0 s, [`Encoding::Text`] 3.3 s and the sum of MD5s, which this was before, 6.3 s; 4 million
/// rows of six short columns 1.85 s, `COPY` 1.4 s, text 2.8 s, MD5 6.6 s. So of narrow rows one session reads three quarters
/// of what `COPY` does, and two that share the pages of a table ([`Part::Pages`]) more than it. Tried and slower: the hash of
/// `record_send` (2.3 s), parallel workers of the server (the row crosses over to the leader before it is hashed, 2.6 s), a
/// second record hash as finisher (2.3 s).
///
/// The two halves come from one function with two seeds; over 300,000 rows the collisions of 20 bits of one coincided with
/// those of 10 bits of the other 41 times, where chance says 42.
///
/// # Locks
/// ACCESS SHARE on the table and what is read with it, until the snapshot ends.
///
/// # Errors
/// As [`table`]; [`Encoding::Binary`] on a server older than 14.
pub async fn read_part(
    snapshot: &Snapshot<'_>,
    table: &Name,
    columns: Option<&[String]>,
    reading: &Reading,
) -> Result<TableDigest, Error> {
    neutral(snapshot).await?;
    if let Some(limit) = reading.limit {
        snapshot.batch(&format!("SET LOCAL statement_timeout = {}", limit.as_millis())).await?;
    }
    let values = encoding::expressions(snapshot, table, columns, reading.encoding).await?;
    let rows = snapshot.query(&query(table, &values, reading), &[]).await?;
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

/// Digests all large objects that there are, by number and content, each read whole.
///
/// # Errors
/// What the server says: one that this role may not read.
pub async fn large_objects(snapshot: &Snapshot<'_>, reading: &Reading) -> Result<TableDigest, Error> {
    neutral(snapshot).await?;
    if let Some(limit) = reading.limit {
        snapshot.batch(&format!("SET LOCAL statement_timeout = {}", limit.as_millis())).await?;
    }
    let from =
        "(SELECT m.oid, pg_catalog.lo_get(m.oid) AS data FROM pg_catalog.pg_largeobject_metadata AS m) AS t";
    let values = match reading.encoding {
        Encoding::Text => ["t.oid::text".to_owned(), "t.data::text".to_owned()],
        Encoding::Binary => ["t.oid".to_owned(), "t.data".to_owned()],
    };
    let rows = snapshot.query(&summed(&reading.encoding.hashes(&values, from)), &[]).await?;
    rows.first().map_or_else(|| Err(unexpected("no row")), read)
}

fn query(table: &Name, values: &[String], reading: &Reading) -> String {
    summed(&reading.encoding.hashes(values, &reading.part.from(table)))
}

fn summed(hashes: &str) -> String {
    format!(
        "SELECT count(*) AS rows, coalesce(sum(high), 0)::text AS high, coalesce(sum(low), 0)::text AS low \
         FROM ({hashes}) AS hashes"
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

/// A string literal that means the same whatever `standard_conforming_strings` is.
fn literal(text: &str) -> String {
    format!(" E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

fn unexpected(what: &str) -> Error {
    Error::Exchange(format!("{what} from a query that always returns one").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up() {
        let of = |rows, digest: &str| TableDigest { rows, digest: digest.to_owned() };
        let check = |left: TableDigest, right: TableDigest, expected: TableDigest| {
            assert_eq!(left.plus(&right), expected);
            assert_eq!(right.plus(&left), expected);
        };
        let one = of(1, "00000000000000010000000000000002");
        check(one.clone(), TableDigest::empty(), one.clone());
        check(one.clone(), one, of(2, "00000000000000020000000000000004"));
        let most = of(5, "ffffffffffffffffffffffffffffffff");
        check(most, of(0, "00000000000000010000000000000003"), of(5, "00000000000000000000000000000002"));
    }
}
