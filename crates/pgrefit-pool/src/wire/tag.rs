//! What the tag of a finished command says of the session.

use super::Mark;

/// The tag without the zero at its end, or as much of it as was kept: what the functions here take.
pub(super) fn text(tag: &[u8]) -> &[u8] {
    tag.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// The mark that a command with this tag leaves, if any.
///
/// The tag of `SET` is also that of `SET LOCAL` and `SET TRANSACTION`, which leave nothing; a reset too many is only a round trip.
/// `CREATE TABLE` may have made a temporary table. What functions do is invisible: `set_config(…, false)`, and
/// `pg_advisory_lock` outside of a transaction.
pub(super) fn mark(tag: &[u8]) -> Option<Mark> {
    match tag {
        b"DISCARD ALL" | b"DEALLOCATE ALL" => Some(Mark::Deallocated),
        b"PREPARE" => Some(Mark::Named),
        b"ROLLBACK" => Some(Mark::RolledBack),
        b"SET" | b"LISTEN" | b"LOAD" | b"CREATE TABLE" | b"CREATE TABLE AS" | b"CREATE VIEW"
        | b"CREATE SEQUENCE" => Some(Mark::Session),
        tag if tag.starts_with(b"DECLARE") => Some(Mark::Session),
        _ => None,
    }
}

/// Whether what the tag tells of took effect. Answers come in order, so after a `ROLLBACK`, which may be that of a savepoint, the last
/// one decides.
pub(super) fn takes_effect(tag: &[u8]) -> bool {
    matches!(tag, b"COMMIT" | b"RELEASE")
}

/// Whether a command that neither described nor sent rows has made a table, perhaps a temporary one: `CREATE TABLE … AS` and
/// `SELECT … INTO` have the tag of a SELECT.
///
/// In the answer to a simple query even a SELECT without rows describes them. Elsewhere it is described before, so that its answer is
/// as empty as that of a table made of no rows: that one is not seen.
pub(super) fn makes_table(tag: &[u8], is_simple: bool) -> bool {
    tag.starts_with(b"SELECT ") && (is_simple || tag != b"SELECT 0")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tag: &str, expected: Option<Mark>) {
        assert_eq!(mark(text(tag.as_bytes())), expected, "{tag}");
    }

    #[test]
    fn what_a_command_leaves() {
        check("SELECT 1\0", None);
        check("INSERT 0 1\0", None);
        check("BEGIN\0", None);
        check("SET\0", Some(Mark::Session));
        check("SET CONSTRAINTS\0", None);
        check("RESET\0", None);
        check("LISTEN\0", Some(Mark::Session));
        check("UNLISTEN\0", None);
        check("DECLARE CURSOR\0", Some(Mark::Session));
        check("PREPARE\0", Some(Mark::Named));
        check("ROLLBACK\0", Some(Mark::RolledBack));
        check("ROLLBACK PREPARED\0", None);
        check("PREPARE TRANSACTIO", None);
        check("CREATE TABLE\0", Some(Mark::Session));
        check("CREATE TABLE AS\0", Some(Mark::Session));
        check("DISCARD ALL\0", Some(Mark::Deallocated));
        check("DISCARD PLANS\0", None);
        check("DEALLOCATE ALL\0", Some(Mark::Deallocated));
        check("DEALLOCATE\0", None);
    }

    #[test]
    fn what_takes_effect() {
        let check = |tag: &str, expected| assert_eq!(takes_effect(text(tag.as_bytes())), expected, "{tag}");
        check("COMMIT\0", true);
        check("RELEASE\0", true);
        check("COMMIT PREPARED\0", false);
        check("ROLLBACK\0", false);
        check("SAVEPOINT\0", false);
    }

    #[test]
    fn a_select_without_rows_makes_a_table() {
        let check = |tag: &str, is_simple, expected| {
            assert_eq!(makes_table(text(tag.as_bytes()), is_simple), expected, "{tag} {is_simple}");
        };
        check("SELECT 7\0", false, true);
        check("SELECT 7\0", true, true);
        check("SELECT 0\0", true, true);
        check("SELECT 0\0", false, false);
        check("INSERT 0 1\0", true, false);
        check("FETCH 0\0", true, false);
    }
}
