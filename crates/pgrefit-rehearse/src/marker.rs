//! The marker of a copy: a line in the comment on its database that says of what it is a copy, and as of when.

use pgrefit_catalog::quote_ident;
use pgrefit_pg::{Error as PgError, Migrator, ReadOnly};
use serde::{Deserialize, Serialize};

use crate::Error;

/// What begins the line.
const MARK: &str = "pgrefit: copy of ";

/// Of what a database is a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyMarker {
    /// The system identifier of the source's cluster.
    pub system_identifier: i64,
    /// The source's database.
    pub database: String,
    /// How far the source's WAL had come, as `pg_lsn` is written.
    pub lsn: String,
    /// When that was, RFC 3339.
    pub at: String,
}

impl CopyMarker {
    /// The line.
    #[must_use]
    pub fn line(&self) -> String {
        let Self { system_identifier, database, lsn, at } = self;
        format!("{MARK}{system_identifier}/{database} at {lsn} {at}")
    }

    /// The marker in a comment, if it has one.
    #[must_use]
    pub fn find(comment: &str) -> Option<Self> {
        comment.lines().find_map(Self::parse)
    }

    /// The database may have any name, even one with " at " in it; what stands around it has not.
    fn parse(line: &str) -> Option<Self> {
        let (system_identifier, rest) = line.trim().strip_prefix(MARK)?.split_once('/')?;
        let (rest, at) = rest.rsplit_once(' ')?;
        let (database, lsn) = rest.rsplit_once(" at ")?;
        Some(Self {
            system_identifier: system_identifier.parse().ok()?,
            database: database.to_owned(),
            lsn: lsn.to_owned(),
            at: at.to_owned(),
        })
    }
}

/// Writes the marker into the comment on the session's database, in place of an older one; the rest of the comment stays.
///
/// # Errors
/// What the server says; only the owner of the database may comment on it.
pub async fn write_marker(session: &mut Migrator, marker: &CopyMarker) -> Result<(), Error> {
    let failed = || Error::while_doing("mark the copy");
    let rows = session.simple(&format!("{COMMENT}, current_database()")).await.map_err(failed())?;
    let mut values = rows.into_iter().next().unwrap_or_default().into_iter();
    let (comment, database) = (values.next().flatten().unwrap_or_default(), values.next().flatten());
    let database = database.ok_or(Error::Unreadable { what: "the name of the database" })?;
    let kept = comment.lines().filter(|line| CopyMarker::parse(line).is_none());
    let lines: Vec<String> = kept.map(str::to_owned).chain([marker.line()]).collect();
    let sql = format!("COMMENT ON DATABASE {} IS {}", quote_ident(&database), literal(&lines.join("\n")));
    session.batch(&sql).await.map_err(failed())
}

/// Reads the marker of the session's database; none if it has none.
///
/// # Errors
/// What the server says.
pub async fn read_marker(session: &ReadOnly) -> Result<Option<CopyMarker>, PgError> {
    let rows = session.simple(COMMENT).await?;
    let comment = rows.into_iter().flatten().flatten().next();
    Ok(comment.as_deref().and_then(CopyMarker::find))
}

const COMMENT: &str = "SELECT pg_catalog.shobj_description((SELECT d.oid FROM pg_catalog.pg_database d \
                       WHERE d.datname = current_database()), 'pg_database')";

/// A string literal that means the same whatever `standard_conforming_strings` is.
fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::CopyMarker;

    #[test]
    fn a_marker_is_read_back() {
        let check = |database: &str| {
            let marker = CopyMarker {
                system_identifier: -7_512_345_678_901_234_567,
                database: database.to_owned(),
                lsn: "0/1A2B3C4".into(),
                at: "2026-01-31T12:00:00Z".into(),
            };
            assert_eq!(CopyMarker::find(&format!("Orders.\n{}\nmore", marker.line())), Some(marker));
        };
        check("app");
        check("a/b at c d");
        check("größe 'x'");
    }

    #[test]
    fn other_comments_are_none() {
        for text in
            ["", "a copy", "pgrefit: copy of x/y at 0/1 now", "pgrefit: copy of 1", "pgrefit: copy of 1/a"]
        {
            assert_eq!(CopyMarker::find(text), None, "{text}");
        }
    }
}
