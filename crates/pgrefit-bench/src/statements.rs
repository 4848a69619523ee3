//! A draft of an application's queries, from what the server has seen of it.

use std::time::Duration;

use pgrefit_catalog::quote_ident;
use pgrefit_pg::types::Type;
use pgrefit_pg::{Connector, Error as PgError, ReadOnly, Row};

use crate::Error;

/// Queries that may be asked for.
const TOP_MAX: usize = 1000;
/// Characters of a text; a longer one cannot be run, because it would be cut.
const TEXT_MAX: i64 = 20_000;
const QUERY: &str = include_str!("statements.sql");

/// One statement that the server has seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The identifier that the server gives it (`queryid`); the same text may have another on another server.
    pub query_id: Option<i64>,
    /// Its text, with `$1`, `$2`, … in place of constants.
    pub sql: String,
    /// How often it was run.
    pub calls: u64,
    /// The mean time of execution on the server.
    pub mean: Duration,
    /// The longest.
    pub max: Duration,
    /// Rows returned or written, over all calls.
    pub rows: u64,
    /// Why it cannot be measured as it stands; none if it can.
    pub obstacle: Option<&'static str>,
}

/// The statements of this database that took most time in all, at most `count`, by `pg_stat_statements`; those of pgrefit itself and of
/// this role's sessions on catalogs are left to the reader. Reads a view of statistics, no table; writes and locks nothing.
///
/// # Errors
/// [`Error::NoStatements`] if the extension is not there, not loaded or not open to this role.
pub async fn top(connector: &Connector, count: usize) -> Result<Vec<Draft>, Error> {
    let session = connector.read_only().await?;
    let schema = schema(&session).await?;
    let sql = QUERY.replace("{schema}", &quote_ident(&schema));
    let count = i64::try_from(count.min(TOP_MAX)).unwrap_or_default();
    let rows = session.query(&sql, &[(&count, Type::INT8), (&TEXT_MAX, Type::INT8)]).await;
    rows.map_err(closed)?
        .iter()
        .map(|row| draft(row).ok_or(Error::Unexpected("pg_stat_statements")))
        .collect()
}

async fn schema(session: &ReadOnly) -> Result<String, Error> {
    let absent = || Error::NoStatements("the extension is not installed in this database".to_owned());
    schema_if_any(session).await?.ok_or_else(absent)
}

/// The schema of the extension; none if this database does not have it.
pub(crate) async fn schema_if_any(session: &ReadOnly) -> Result<Option<String>, PgError> {
    let sql = "SELECT n.nspname::text FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace \
               WHERE e.extname = 'pg_stat_statements'";
    let rows = session.query(sql, &[]).await?;
    Ok(rows.first().and_then(|row| row.try_get(0).ok()))
}

/// 55000 says that the library is not loaded.
fn closed(error: PgError) -> Error {
    match error.server() {
        Some(server) if matches!(server.sqlstate.as_str(), "55000" | "42501") => {
            Error::NoStatements(server.message.clone())
        }
        _ => Error::Database(error),
    }
}

fn draft(row: &Row) -> Option<Draft> {
    let ms =
        |column| row.try_get::<_, f64>(column).ok().map(|ms| Duration::from_secs_f64(ms.max(0.0) / 1000.0));
    let count = |column| row.try_get::<_, i64>(column).ok().map(i64::unsigned_abs);
    let text: Option<String> = row.try_get("query").ok()?;
    let is_whole = row.try_get("is_whole").ok()?;
    Some(Draft {
        query_id: row.try_get("query_id").ok()?,
        calls: count("calls")?,
        mean: ms("mean_ms")?,
        max: ms("max_ms")?,
        rows: count("rows")?,
        obstacle: obstacle(text.as_deref(), is_whole),
        sql: text.unwrap_or_default(),
    })
}

/// Why a text cannot be run as it stands.
fn obstacle(text: Option<&str>, is_whole: bool) -> Option<&'static str> {
    let Some(text) = text else { return Some("this role may not see its text: it needs pg_read_all_stats") };
    if !is_whole {
        return Some("its text is too long to be kept");
    }
    let first: String = first_word(text).to_ascii_uppercase();
    if !matches!(first.as_str(), "SELECT" | "WITH" | "VALUES" | "TABLE") {
        return Some("it may write, or is no query");
    }
    has_parameter(text).then_some("its constants are not known: give arguments for $1, $2, …")
}

/// Behind blanks, opening brackets and comments.
fn first_word(text: &str) -> &str {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
    let behind_comment = match text.get(..2) {
        Some("/*") => text.split_once("*/"),
        Some("--") => text.split_once('\n'),
        _ => None,
    };
    if let Some((_, rest)) = behind_comment {
        return first_word(rest);
    }
    text.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default()
}

/// A `$` before a digit. One inside of a name or a constant is taken for a parameter too; that only asks for a look.
fn has_parameter(text: &str) -> bool {
    text.as_bytes().windows(2).any(|pair| pair[0] == b'$' && pair[1].is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_run_is_told() {
        let check = |text: Option<&str>, expected: &str| {
            let found = obstacle(text, true).unwrap_or("none");
            assert!(found.starts_with(expected), "{text:?}: {found}");
        };
        check(Some("SELECT count(*) FROM t"), "none");
        check(Some("  (select a from t) union table u"), "none");
        check(Some("TABLE t"), "none");
        check(Some("WITH x AS (SELECT 1) SELECT * FROM x"), "none");
        check(Some("SELECT a FROM t WHERE b = $1"), "its constants");
        check(Some("SELECT $12"), "its constants");
        check(Some("SELECT a$b FROM t"), "none");
        check(Some("INSERT INTO t VALUES ($1)"), "it may write");
        check(Some("BEGIN"), "it may write");
        check(Some("/* c */ -- d\n /* e */SELECT 1"), "none");
        check(Some("/* SELECT"), "it may write");
        check(Some("-- SELECT"), "it may write");
        check(Some(""), "it may write");
        check(None, "this role");
        assert_eq!(obstacle(Some("SELECT 1"), false), Some("its text is too long to be kept"));
    }
}
