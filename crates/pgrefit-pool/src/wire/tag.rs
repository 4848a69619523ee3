//! What the tag of a finished command says of the session.

use super::Mark;

/// The mark that a command with this tag leaves, if any.
///
/// The tag of `SET` is also that of `SET LOCAL` and `SET TRANSACTION`, which leave nothing; a reset too many is only a round trip.
/// `CREATE TABLE` may have made a temporary table. What functions do is invisible: `set_config(…, false)`, and
/// `pg_advisory_lock` outside of a transaction.
pub(super) fn mark(tag: &[u8]) -> Option<Mark> {
    let tag = tag.split(|byte| *byte == 0).next().unwrap_or_default();
    match tag {
        b"DISCARD ALL" | b"DEALLOCATE ALL" => Some(Mark::Deallocated),
        b"PREPARE" => Some(Mark::Named),
        b"ROLLBACK" => Some(Mark::RolledBack),
        b"SET" | b"LISTEN" | b"LOAD" | b"CREATE TABLE" | b"CREATE VIEW" | b"CREATE SEQUENCE" => {
            Some(Mark::Session)
        }
        tag if tag.starts_with(b"DECLARE") => Some(Mark::Session),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tag: &str, expected: Option<Mark>) {
        assert_eq!(mark(tag.as_bytes()), expected, "{tag}");
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
        check("DISCARD ALL\0", Some(Mark::Deallocated));
        check("DISCARD PLANS\0", None);
        check("DEALLOCATE ALL\0", Some(Mark::Deallocated));
        check("DEALLOCATE\0", None);
    }
}
