//! Sessions, databases and statements: their names, and how long they have counted.

use std::time::Duration;

use pgrefit_catalog::census::{Backend, Database, Statement};
use pgrefit_catalog::quote_ident;
use pgrefit_report::{Cell, human_duration};

use super::Facts;

/// Seconds of a minute.
pub(crate) const MINUTE_S: f64 = 60.0;
/// Seconds of an hour.
pub(crate) const HOUR_S: f64 = 3_600.0;
/// Seconds of a day.
pub(crate) const DAY_S: f64 = 86_400.0;

/// Why a session could not be judged.
const HIDDEN: &str = "what sessions of other roles do is hidden from this role";
/// The same where nobody can see it.
const DISABLED: &str = "track_activities is off for a session";

/// A count for a share or a rate.
#[expect(clippy::cast_precision_loss, reason = "a share or a rate needs no more than 52 bits")]
pub(crate) const fn float(count: i64) -> f64 {
    count as f64
}

/// A part of a whole; zero of nothing.
pub(crate) fn share(part: i64, whole: i64) -> f64 {
    if whole > 0 { float(part) / float(whole) } else { 0.0 }
}

/// A share in percent, to a tenth.
pub(crate) fn percent(share: f64) -> Cell {
    Cell::Float((share * 1_000.0).round() / 10.0)
}

/// A number to a tenth.
pub(crate) fn tenths(value: f64) -> Cell {
    Cell::Float((value * 10.0).round() / 10.0)
}

/// Seconds, as a span of time.
pub(crate) fn span(seconds: f64) -> Cell {
    Cell::duration(Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX))
}

/// Seconds, as people say them.
pub(crate) fn said(seconds: f64) -> String {
    let duration = Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX);
    human_duration(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

/// `1,234,567`.
pub(crate) fn thousands(count: i64) -> String {
    let digits = count.unsigned_abs().to_string();
    let mut said = String::from(if count < 0 { "-" } else { "" });
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            said.push(',');
        }
        said.push(digit);
    }
    said
}

/// A literal of SQL.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Kinds of processes that serve no client.
fn serves_replication(backend: &Backend) -> bool {
    let kind = backend.kind.as_deref().unwrap_or_default();
    kind == "walsender" || kind.starts_with("logical replication")
}

impl<'a> Facts<'a> {
    /// Sessions of users in this database, also those whose state is hidden; without the one that looks, parallel workers and
    /// replication.
    pub(crate) fn sessions(&self) -> impl Iterator<Item = &'a Backend> + '_ {
        let server = &self.census.server;
        let here = |it: &&Backend| it.database.as_deref() == Some(server.database.as_str());
        let of_users = |it: &&Backend| it.pid != server.pid && it.leader.is_none() && it.user.is_some();
        self.census.backends.iter().filter(here).filter(of_users).filter(|it| !serves_replication(it))
    }

    /// Why it cannot be told what a session does, and what would help.
    pub(crate) fn why_unseen(&self, backend: &Backend) -> Option<(&'static str, Option<String>)> {
        if backend.hidden {
            return Some((HIDDEN, Some(self.grant_monitor())));
        }
        (backend.state.as_deref() == Some("disabled")).then_some((DISABLED, None))
    }

    /// A server process.
    pub(crate) fn backend(&self, pid: i32) -> Option<&'a Backend> {
        self.census.backends.iter().find(|it| it.pid == pid)
    }

    /// `backend 4711 of app`; of a process of the server, `backend 4711 (autovacuum worker)`.
    pub(crate) fn backend_name(&self, pid: i32) -> String {
        let backend = self.backend(pid);
        let kind = || backend.and_then(|it| it.kind.as_deref()).map(|kind| format!("backend {pid} ({kind})"));
        match backend.and_then(|it| it.user.as_deref()) {
            Some(user) => format!("backend {pid} of {}", quote_ident(user)),
            None => kind().unwrap_or_else(|| format!("backend {pid}")),
        }
    }

    /// The command of a process that reports its progress: `VACUUM`, `CREATE INDEX`.
    pub(crate) fn command_of(&self, pid: i32) -> Option<&'a str> {
        self.census.progress.iter().find(|it| it.pid == pid).map(|it| it.command.as_str())
    }

    /// The database of the census.
    pub(crate) fn database(&self) -> Option<&'a Database> {
        self.census.databases.iter().find(|it| it.name == self.census.server.database)
    }

    /// Seconds for which the counters of a database have counted; none if that cannot be told, or less than a day.
    pub(crate) fn window_s(&self, database: &Database) -> Option<f64> {
        let here = database.name == self.census.server.database;
        let counted = self.census.server.counted_for_s.filter(|_| here);
        counted.or(database.stats_reset_age_s).filter(|window| *window >= DAY_S)
    }
}

/// SQL that ends a session if it is still in the same transaction; where it has none any more, as after an error, in the same
/// state.
pub(crate) fn terminate(backend: &Backend) -> String {
    let (column, age) = match backend.transaction_age_s {
        Some(age) => ("xact_start", age),
        None => ("state_change", backend.state_age_s.unwrap_or_default()),
    };
    let (pid, began) = (backend.pid, (age / 2.0).floor());
    format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity\nWHERE pid = {pid} AND {column} < now() - interval '{began} s';"
    )
}

/// `statement 42 of app`.
pub(crate) fn statement_name(statement: &Statement) -> Option<String> {
    let id = statement.query_id?;
    Some(match &statement.user {
        Some(user) => format!("statement {id} of {}", quote_ident(user)),
        None => format!("statement {id}"),
    })
}

/// The first words of a statement, on one line.
pub(crate) fn excerpt(query: &str) -> String {
    const LENGTH: usize = 100;
    let line = query.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LENGTH {
        return line;
    }
    line.chars().take(LENGTH).chain(" …".chars()).collect()
}

/// The words of a statement in lower case, without comments, quoted names and strings.
pub(crate) fn words(query: &str) -> Vec<String> {
    let mut plain = String::with_capacity(query.len());
    let mut rest = query;
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '\'' | '"' => rest[1..].find(first).map(|at| at + 2),
            '-' if rest.starts_with("--") => rest.find('\n'),
            '/' if rest.starts_with("/*") => rest.find("*/").map(|at| at + 2),
            _ => {
                plain.extend(first.to_lowercase());
                rest = &rest[first.len_utf8()..];
                continue;
            }
        };
        plain.push(' ');
        rest = end.map_or("", |end| &rest[end..]);
    }
    let is_word = |it: char| it.is_alphanumeric() || it == '_' || it == '$';
    plain.split(|it| !is_word(it)).filter(|it| !it.is_empty()).map(str::to_owned).collect()
}

/// Whether it reads or changes rows: no command of maintenance, no transaction control.
pub(crate) fn is_query(words: &[String]) -> bool {
    const FIRST: [&str; 7] = ["select", "insert", "update", "delete", "merge", "with", "values"];
    words.first().is_some_and(|word| FIRST.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::{excerpt, is_query, literal, said, thousands, words};

    #[test]
    fn numbers_and_names_are_said() {
        assert_eq!(
            (thousands(0), thousands(999), thousands(1_000)),
            ("0".into(), "999".into(), "1,000".into())
        );
        assert_eq!(thousands(-1_234_567), "-1,234,567");
        assert_eq!(said(90.0), "1 min 30 s");
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(excerpt("SELECT\n  1"), "SELECT 1");
    }

    #[test]
    fn words_leave_out_what_is_quoted() {
        let check = |query: &str, expected: &str| assert_eq!(words(query).join(" "), expected, "{query}");
        check("SELECT a FROM t LIMIT $1", "select a from t limit $1");
        check("SELECT \"limit\", 'it''s' FROM t -- limit\n WHERE x", "select from t where x");
        check("/* limit */ SELECT 1", "select 1");
        check("SELECT 'open", "select");
        assert!(is_query(&words("/* app */ WITH x AS (SELECT 1) SELECT 2")));
        assert!(!is_query(&words("VACUUM t")));
        assert!(!is_query(&words("")));
    }
}
