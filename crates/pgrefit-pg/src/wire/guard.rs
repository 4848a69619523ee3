//! What a read-only session may send.

use crate::Error;

/// What only reads, or is held to reading by the server while transactions begin as read-only.
const READERS: [&str; 6] = ["SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN"];

/// Refuses a statement that could leave the session able to write: `SET`, `BEGIN READ WRITE`, `DO` and `CALL` with a `COMMIT` in
/// them, and `set_config`. `COPY … TO PROGRAM` and `LOCK`, which a read-only transaction allows, are refused along with them.
pub(super) fn check(sql: &str) -> Result<(), Error> {
    let word = first_word(sql).unwrap_or_default();
    let reads = READERS.iter().any(|reader| reader.eq_ignore_ascii_case(word));
    if reads && !names(sql, "set_config") {
        return Ok(());
    }
    let command = if reads { "set_config".to_owned() } else { word.to_ascii_uppercase() };
    Err(Error::NotAQuery { command })
}

/// The first word of a statement, behind blanks, comments and opening parentheses: the name of its command. `None` when there is
/// no word.
#[must_use]
pub fn first_word(sql: &str) -> Option<&str> {
    let mut rest = sql;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || matches!(c, '(' | '\u{b}' | ';'));
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once(['\n', '\r']).map_or("", |(_, after)| after);
        } else if rest.starts_with("/*") {
            rest = after_block(rest);
        } else {
            break;
        }
    }
    let end = rest.find(|c: char| !c.is_ascii_alphabetic() && c != '_').unwrap_or(rest.len());
    rest.get(..end).filter(|word| !word.is_empty())
}

/// What follows a comment that others may be nested in, as PostgreSQL has them.
fn after_block(text: &str) -> &str {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while at < bytes.len() {
        match bytes.get(at..at + 2) {
            Some(b"/*") => (depth, at) = (depth + 1, at + 2),
            Some(b"*/") => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return text.get(at..).unwrap_or_default();
        }
    }
    ""
}

/// Whether a text has a name in it, in whatever case: also within quotes, where the name would do the same, and with Unicode
/// escapes, which could hide it.
fn names(sql: &str, name: &str) -> bool {
    let lower = sql.to_ascii_lowercase();
    lower.contains(name) || lower.contains("u&\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_the_first_word() {
        let check = |sql: &str, expected: Option<&str>| assert_eq!(first_word(sql), expected, "{sql}");
        check("SELECT 1", Some("SELECT"));
        check("\n\t ((select 1))", Some("select"));
        check("-- one\n--two\r\n  Values (1)", Some("Values"));
        check("/* a /* nested */ comment */table t", Some("table"));
        check("/* no end", None);
        check("/*/ DO */ WITH x AS (SELECT 1) TABLE x", Some("WITH"));
        check("--only", None);
        check("", None);
        check("1", None);
        check("/* ä */ é", None);
    }

    #[test]
    fn only_what_reads_passes() {
        let passes = |sql: &str| assert!(check(sql).is_ok(), "{sql}");
        passes("SELECT * FROM t WHERE n = $1");
        passes("(TABLE t) UNION ALL SELECT 1");
        passes("EXPLAIN (ANALYZE) SELECT 1");
        passes("WITH a AS (DELETE FROM t RETURNING 1) TABLE a");
        let refused = |sql: &str, expected: &str| {
            let Err(Error::NotAQuery { command }) = check(sql) else { panic!("{sql} passes") };
            assert_eq!(command, expected, "{sql}");
        };
        refused("SET default_transaction_read_only = off", "SET");
        refused("/**/begin read write", "BEGIN");
        refused("DO $$ BEGIN COMMIT; SET TRANSACTION READ WRITE; DELETE FROM t; END $$", "DO");
        refused("CALL p()", "CALL");
        refused("INSERT INTO t VALUES (1)", "INSERT");
        refused("COPY t TO PROGRAM 'x'", "COPY");
        refused("LOCK t", "LOCK");
        refused("", "");
        refused("SELECT SET_CONFIG('default_transaction_read_only', 'off', false)", "set_config");
        refused("SELECT pg_catalog.\"set_config\"('a', 'b', false)", "set_config");
        refused("SELECT U&\"s\\0065t_config\"('a', 'b', false)", "set_config");
    }
}
