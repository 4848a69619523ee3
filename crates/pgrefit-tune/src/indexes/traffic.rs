//! The statements that a server has seen, from `pg_stat_statements`.

use pgrefit_catalog::quote_ident;
use pgrefit_pg::types::Type;
use pgrefit_pg::{Connector, Error as PgError, ReadOnly, Row};

use super::found::Unread;
use super::{Error, Origin, Statement};

/// Statements that may be asked for.
const COUNT_MAX: usize = 1000;
/// Characters of a text; a longer one cannot be run, because it would be cut.
const TEXT_MAX: i64 = 20_000;
const QUERY: &str = include_str!("traffic.sql");
const DOING: &str = "read pg_stat_statements";

/// What a server has seen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Traffic {
    /// Statements that can be planned, those that took most time in all first. Their weights are parts of all calls, in percent.
    pub statements: Vec<Statement>,
    /// Statements that cannot, and why.
    pub unread: Vec<Unread>,
}

/// The statements of this database that took most time in all, at most `count`. Reads a view of statistics, no table; writes and
/// locks nothing. Commands such as `BEGIN`, `VACUUM` or `CREATE` are left out; what reads no table of a user is left out by the
/// search.
///
/// # Errors
/// [`Error::NoTraffic`] if the extension is not there, not loaded or not open to this role.
pub async fn traffic(live: &Connector, count: usize) -> Result<Traffic, Error> {
    let session = live.read_only().await.map_err(Error::doing(DOING))?;
    let schema = schema(&session).await?;
    let sql = QUERY.replace("{schema}", &quote_ident(&schema));
    let count = i64::try_from(count.min(COUNT_MAX)).unwrap_or_default();
    let rows = session.query(&sql, &[(&count, Type::INT8), (&TEXT_MAX, Type::INT8)]).await;
    let seen = rows.map_err(closed)?.iter().map(seen).collect::<Option<Vec<_>>>();
    Ok(sorted(seen.ok_or(Error::Unexpected("pg_stat_statements"))?))
}

async fn schema(session: &ReadOnly) -> Result<String, Error> {
    let sql = "SELECT n.nspname::text FROM pg_catalog.pg_extension AS e \
               JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'";
    let rows = session.query(sql, &[]).await.map_err(Error::doing(DOING))?;
    let absent = || Error::NoTraffic("the extension is not installed in this database".to_owned());
    rows.first().and_then(|row| row.try_get(0).ok()).ok_or_else(absent)
}

/// 55000 says that the library is not loaded.
fn closed(error: PgError) -> Error {
    match error.server() {
        Some(server) if matches!(server.sqlstate.as_str(), "55000" | "42501") => {
            Error::NoTraffic(server.message.clone())
        }
        _ => Error::doing(DOING)(error),
    }
}

/// One row of the view.
struct Seen {
    id: Option<i64>,
    text: Option<String>,
    is_whole: bool,
    calls: u64,
}

fn seen(row: &Row) -> Option<Seen> {
    Some(Seen {
        id: row.try_get("query_id").ok()?,
        text: row.try_get("query").ok()?,
        is_whole: row.try_get("is_whole").ok()?,
        calls: row.try_get::<_, i64>("calls").ok()?.unsigned_abs(),
    })
}

#[expect(clippy::cast_precision_loss, reason = "parts of calls need no more than 53 bits")]
fn sorted(all: Vec<Seen>) -> Traffic {
    let calls: u64 = all.iter().map(|seen| seen.calls).sum();
    let mut found = Traffic::default();
    for (at, seen) in all.into_iter().enumerate() {
        let name = seen.id.map_or_else(|| format!("statement {}", at + 1), |id| format!("queryid {id}"));
        match seen.text.filter(|_| seen.is_whole) {
            None if seen.is_whole => found.unread.push(Unread {
                name,
                reason: "this role may not see its text: it needs pg_read_all_stats".to_owned(),
            }),
            None => found.unread.push(Unread { name, reason: "its text is too long to be kept".to_owned() }),
            Some(text) if is_planned(&text) => found.statements.push(Statement {
                weight: seen.calls as f64 * 100.0 / calls.max(1) as f64,
                origin: Origin::Seen { calls: seen.calls },
                ..Statement::given(name, text)
            }),
            Some(_) => (),
        }
    }
    found
}

/// Whether a text is a statement that has a plan.
fn is_planned(text: &str) -> bool {
    const PLANNED: [&str; 8] = ["SELECT", "WITH", "VALUES", "TABLE", "INSERT", "UPDATE", "DELETE", "MERGE"];
    PLANNED.contains(&first_word(text).to_ascii_uppercase().as_str())
}

/// Behind blanks, opening brackets and comments.
fn first_word(mut text: &str) -> &str {
    loop {
        text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
        let behind_comment = match text.get(..2) {
            Some("/*") => text.split_once("*/"),
            Some("--") => text.split_once('\n'),
            _ => None,
        };
        match behind_comment {
            Some((_, rest)) => text = rest,
            None => return text.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_without_a_plan_are_left_out() {
        let check = |text: &str, expected: bool| assert_eq!(is_planned(text), expected, "{text}");
        check("SELECT 1", true);
        check(" (select 1) union all select 2", true);
        check("-- c\n/* d */ UPDATE t SET a = $1", true);
        check("BEGIN", false);
        check("VACUUM t", false);
        check("-- SELECT", false);
        check("", false);
    }

    #[test]
    fn weights_are_parts_of_all_calls() {
        let seen = |text: Option<&str>, is_whole, calls| Seen {
            id: Some(7),
            text: text.map(str::to_owned),
            is_whole,
            calls,
        };
        let found = sorted(vec![
            seen(Some("SELECT a FROM t WHERE b = $1"), true, 30),
            seen(Some("BEGIN"), true, 60),
            seen(None, true, 5),
            seen(Some("SELECT"), false, 5),
        ]);
        let weights: Vec<f64> = found.statements.iter().map(|it| it.weight).collect();
        assert_eq!(weights, [30.0]);
        let reasons: Vec<&str> = found.unread.iter().map(|it| it.reason.as_str()).collect();
        assert_eq!(reasons.len(), 2);
        assert!(reasons[0].contains("pg_read_all_stats") && reasons[1].contains("too long"));
    }
}
