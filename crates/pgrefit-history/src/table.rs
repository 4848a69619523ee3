//! The history table as it is found: refinery's, with `int4` or `int8` versions, and pgrefit's own notes beside it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use pgrefit_pg::{Error as PgError, Migrator, ReadOnly, SimpleRow};

use crate::{Error, MigrationFile, VersionWidth};

/// The name refinery gives its table.
pub const DEFAULT_TABLE: &str = "refinery_schema_history";
/// pgrefit's notes about each migration: the text as applied, who, how long. It lives in the schema of the history
/// table, because a role that only owns its schema cannot create another one. refinery never looks at it.
pub const NOTES_TABLE: &str = "pgrefit_migration";
/// The ledger of archives, in the schema of the history table for the same reason. Migrations neither make nor read it.
pub const ARCHIVE_TABLE: &str = "pgrefit_archive";
/// The tables that pgrefit makes beside the history table.
pub const OWN_TABLES: [&str; 5] =
    [NOTES_TABLE, crate::JOURNAL_TABLE, crate::RUN_TABLE, crate::RUN_STEP_TABLE, ARCHIVE_TABLE];

/// What pgrefit writes into its notes as the program that applied a migration.
pub(crate) const TOOL: &str = concat!("pgrefit ", env!("CARGO_PKG_VERSION"));

/// A row of the history table, as text where refinery stores text: a row that a person wrote by hand must not make a
/// runner panic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The version.
    pub version: i64,
    /// The name; empty when NULL.
    pub name: String,
    /// When it was applied, as stored (refinery writes RFC 3339).
    pub applied_on: String,
    /// refinery's checksum; `None` when the stored text is not a number.
    pub checksum: Option<u64>,
    /// How long it took in milliseconds, if pgrefit applied it.
    pub duration_ms: Option<u64>,
}

/// What the database says about its migrations.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a table that exists or does not")]
pub struct History {
    /// The schema the table is in, or would be created in.
    pub schema: String,
    /// The table's name.
    pub table: String,
    /// Whether the table exists.
    pub exists: bool,
    /// The type of its version column; for a table to be created, what the versions need.
    pub width: VersionWidth,
    /// Whether pgrefit's notes exist.
    pub has_notes: bool,
    /// Whether the journal of files that do not run in one transaction exists.
    pub has_journal: bool,
    /// Whether whole runs are recorded.
    pub has_runs: bool,
    /// The rows by version.
    pub rows: Vec<Recorded>,
}

/// A session that can be asked. Both kinds of session can.
pub(crate) trait Ask {
    fn ask(&mut self, sql: &str) -> impl Future<Output = Result<Vec<SimpleRow>, PgError>> + Send;
}

impl Ask for ReadOnly {
    async fn ask(&mut self, sql: &str) -> Result<Vec<SimpleRow>, PgError> {
        self.simple(sql).await
    }
}

impl Ask for Migrator {
    async fn ask(&mut self, sql: &str) -> Result<Vec<SimpleRow>, PgError> {
        self.simple(sql).await
    }
}

impl History {
    /// Reads the history table `table` (as the session's `search_path` finds it).
    ///
    /// Reads `pg_class`, `pg_attribute` and the history table; locks: ACCESS SHARE on them.
    ///
    /// # Errors
    /// What the server says; a table of that name that is not a history table; rows without a version.
    pub async fn read(session: &mut ReadOnly, table: &str) -> Result<Self, Error> {
        Self::ask(session, table).await
    }

    pub(crate) async fn ask(session: &mut impl Ask, table: &str) -> Result<Self, Error> {
        let mut history = Self::find(session, table).await?;
        if history.exists {
            history.rows = history.ask_rows(session).await?;
        }
        Ok(history)
    }

    /// Whether a migration was begun that runs in steps, whether or not it is done.
    ///
    /// Reads the journal; locks: ACCESS SHARE on it.
    ///
    /// # Errors
    /// What the server says.
    pub async fn has_begun(&self, session: &mut ReadOnly) -> Result<bool, Error> {
        if !self.has_journal {
            return Ok(false);
        }
        let rows = session.simple(&format!("SELECT FROM {} LIMIT 1", self.journal())).await?;
        Ok(!rows.is_empty())
    }

    async fn find(session: &mut impl Ask, table: &str) -> Result<Self, Error> {
        let name = literal(table);
        let found = session
            .ask(&format!(
                "SELECT n.nspname, true, \
                        (SELECT CASE WHEN count(*) = 4 AND c.relkind IN ('r', 'p') \
                                     THEN max(a.atttypid::regtype::text) FILTER (WHERE a.attname = 'version') END \
                         FROM pg_attribute a WHERE a.attrelid = c.oid AND NOT a.attisdropped \
                         AND a.attname IN ('version', 'name', 'applied_on', 'checksum')), \
                        (SELECT true FROM pg_class WHERE relnamespace = n.oid AND relname = {notes}), \
                        (SELECT true FROM pg_class WHERE relnamespace = n.oid AND relname = {journal}), \
                        (SELECT true FROM pg_class WHERE relnamespace = n.oid AND relname = {runs}) \
                 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                 WHERE c.oid = to_regclass(quote_ident({name})) \
                 UNION ALL SELECT current_schema(), NULL, NULL, NULL, NULL, NULL",
                notes = literal(NOTES_TABLE),
                journal = literal(crate::JOURNAL_TABLE),
                runs = literal(crate::RUN_TABLE),
            ))
            .await?;
        // The row of the table comes first; without it only that of `current_schema()` is left.
        let [Some(schema), exists, version_type, notes, journal, runs] =
            found.into_iter().next().map(fields).unwrap_or_default()
        else {
            return Err(Error::NoSchema);
        };
        let width = match (exists.is_some(), version_type.as_deref()) {
            (false, _) | (true, Some("integer")) => VersionWidth::Int4,
            (true, Some("bigint")) => VersionWidth::Int8,
            (true, found) => {
                let found = found.map_or_else(
                    || "it lacks its columns".to_owned(),
                    |found| format!("its version is {found}"),
                );
                return Err(Error::NotHistory { table: table.to_owned(), found });
            }
        };
        let table = table.to_owned();
        Ok(Self {
            schema,
            table,
            exists: exists.is_some(),
            width,
            has_notes: notes.is_some(),
            has_journal: journal.is_some(),
            has_runs: runs.is_some(),
            rows: Vec::new(),
        })
    }

    async fn ask_rows(&self, session: &mut impl Ask) -> Result<Vec<Recorded>, Error> {
        let (duration, join) = if self.has_notes {
            ("n.duration_ms", format!("LEFT JOIN {} n ON n.version = h.version", self.notes()))
        } else {
            ("NULL", String::new())
        };
        let sql = format!(
            "SELECT h.version, h.name, h.applied_on, h.checksum, {duration} FROM {} h {join} ORDER BY h.version",
            self.qualified()
        );
        session.ask(&sql).await?.into_iter().map(|row| self.recorded(row)).collect()
    }

    fn recorded(&self, row: SimpleRow) -> Result<Recorded, Error> {
        let [version, name, applied_on, checksum, duration] = fields(row);
        let version = version.and_then(|text| text.parse().ok());
        Ok(Recorded {
            version: version.ok_or_else(|| Error::BrokenRow { table: self.qualified() })?,
            name: name.unwrap_or_default(),
            applied_on: applied_on.unwrap_or_default(),
            checksum: checksum.and_then(|text| text.trim().parse().ok()),
            duration_ms: duration.and_then(|text| text.parse().ok()),
        })
    }

    /// The texts of some versions as pgrefit applied them; versions it did not apply are left out.
    pub(crate) async fn ask_texts(
        &self,
        session: &mut impl Ask,
        versions: &[i64],
    ) -> Result<BTreeMap<i64, String>, Error> {
        if !self.has_notes || versions.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut list = String::new();
        for version in versions {
            let _ = write!(list, "{}{version}", if list.is_empty() { "" } else { ", " });
        }
        let sql = format!("SELECT version, sql FROM {} WHERE version IN ({list})", self.notes());
        let rows = session.ask(&sql).await?.into_iter();
        Ok(rows
            .filter_map(|row| {
                let [version, sql] = fields(row);
                Some((version?.parse().ok()?, sql?))
            })
            .collect())
    }

    /// The history table's full, quoted name.
    #[must_use]
    pub fn qualified(&self) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(&self.table))
    }

    /// The full, quoted name of the table with pgrefit's notes.
    #[must_use]
    pub fn notes(&self) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(NOTES_TABLE))
    }

    /// SQL that creates both tables where they are missing. refinery's own columns and types for its own table.
    #[must_use]
    pub fn create_sql(&self) -> String {
        let version_type = match self.width {
            VersionWidth::Int4 => "int4",
            VersionWidth::Int8 => "int8",
        };
        format!(
            "CREATE TABLE IF NOT EXISTS {} (version {version_type} PRIMARY KEY, name varchar(255), \
             applied_on varchar(255), checksum varchar(255));\n\
             CREATE TABLE IF NOT EXISTS {} (version int8 PRIMARY KEY, sql text NOT NULL, adopted boolean NOT NULL, \
             applied_by text NOT NULL DEFAULT session_user, applied_with text NOT NULL, \
             applied_at timestamptz NOT NULL DEFAULT now(), duration_ms int8);\n",
            self.qualified(),
            self.notes(),
        )
    }

    /// SQL that records a version in refinery's table, exactly as refinery would.
    pub(crate) fn record_sql(&self, file: &MigrationFile, applied_on: &str, checksum: u64) -> String {
        format!(
            "INSERT INTO {} (version, name, applied_on, checksum) VALUES ({}, {}, {}, '{checksum}')",
            self.qualified(),
            file.version,
            literal(&file.name),
            literal(applied_on),
        )
    }

    /// SQL that keeps the text of an applied version; the duration is that of the transaction so far.
    pub(crate) fn note_sql(&self, file: &MigrationFile, adopted: bool) -> String {
        let duration =
            if adopted { "NULL" } else { "(extract(epoch FROM clock_timestamp() - now()) * 1000)::int8" };
        self.note_with_sql(file, adopted, duration)
    }

    /// The same for a version that was applied in steps; the duration is the time from the first step to now.
    pub(crate) fn note_of_steps_sql(&self, file: &MigrationFile) -> String {
        let duration = format!(
            "(SELECT (extract(epoch FROM clock_timestamp() - min(s.begun_at)) * 1000)::int8 FROM {} s \
             WHERE s.version = {})",
            self.journal(),
            file.version
        );
        self.note_with_sql(file, false, &duration)
    }

    fn note_with_sql(&self, file: &MigrationFile, adopted: bool, duration: &str) -> String {
        format!(
            "INSERT INTO {} (version, sql, adopted, applied_with, duration_ms) VALUES ({}, {}, {adopted}, {}, \
             {duration}) ON CONFLICT (version) DO UPDATE SET sql = excluded.sql, adopted = excluded.adopted, \
             applied_by = excluded.applied_by, applied_with = excluded.applied_with, \
             applied_at = excluded.applied_at, duration_ms = excluded.duration_ms",
            self.notes(),
            file.version,
            literal(&file.sql),
            literal(TOOL),
        )
    }
}

/// The first `N` values of a row; what the row does not have is NULL.
pub(crate) fn fields<const N: usize>(row: SimpleRow) -> [Option<String>; N] {
    let mut values = row.into_iter();
    std::array::from_fn(|_| values.next().flatten())
}

/// A string literal that means the same whatever `standard_conforming_strings` is.
pub(crate) fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') {
        format!(" E'{}'", quoted.replace('\\', "\\\\"))
    } else {
        format!("'{quoted}'")
    }
}

/// A quoted identifier.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_quoted_for_the_server() {
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal(r"a\'b"), r" E'a\\''b'");
        assert_eq!(quoted("Mixed \"Case\""), "\"Mixed \"\"Case\"\"\"");
    }
}
