//! One source after the other in one snapshot; what fails is noted, and does not end it.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error as _;
use std::time::Instant;

use pgrefit_catalog::census::{Source, Unseen, Why};
use pgrefit_catalog::quote_ident;
use serde::de::DeserializeOwned;

use super::row::decode;
use super::template::Shape;
use crate::introspect::neutral;
use crate::{Error, Params, ServerError, Snapshot};

/// A query for a source.
pub(super) struct Query<'a> {
    sql: &'a str,
    params: Params<'a>,
    values: &'a [(&'a str, &'a str)],
    of_users: bool,
}

impl<'a> Query<'a> {
    pub(super) fn new(sql: &'a str) -> Self {
        Self { sql, params: &[], values: &[], of_users: false }
    }

    /// With `$1`, `$2`, ….
    pub(super) fn with(self, params: Params<'a>) -> Self {
        Self { params, ..self }
    }

    /// With these in place of words in braces: constants, or names already quoted.
    pub(super) fn put(self, values: &'a [(&'a str, &'a str)]) -> Self {
        Self { values, ..self }
    }

    /// It reads relations that users made: soon, or not at all, and their locks are let go at once.
    pub(super) fn of_users(self) -> Self {
        Self { of_users: true, ..self }
    }
}

/// A snapshot, what its server has, and what was found to be closed.
pub(super) struct Collector<'a> {
    snapshot: &'a Snapshot<'a>,
    pub(super) shape: Shape,
    /// The role that looks, quoted.
    pub(super) role: String,
    pub(super) unseen: BTreeMap<Source, Unseen>,
    pub(super) queries: u32,
    pub(super) rows: u64,
}

/// Every source is read behind this, so that its error can be undone.
const SAVEPOINT: &str = "SAVEPOINT source";
/// The locks on catalogs stay until the end, where they are looked at.
const KEEP: &str = "RELEASE SAVEPOINT source; SAVEPOINT source";
/// Undoes settings and lets go of locks.
const UNDO: &str = "ROLLBACK TO SAVEPOINT source";
const SOON: &str = "SET LOCAL statement_timeout = '2s'";

impl<'a> Collector<'a> {
    /// Makes the snapshot neutral, and asks what the server has; `statements_schema` is that of `pg_stat_statements`.
    pub(super) async fn start(
        snapshot: &'a Snapshot<'a>,
        statements_schema: Option<&str>,
    ) -> Result<Self, Error> {
        neutral(snapshot).await?;
        let mut collector = Self {
            snapshot,
            shape: Shape::default(),
            role: String::new(),
            unseen: BTreeMap::new(),
            // Those of `neutral`, and of the caller.
            queries: 2,
            rows: 0,
        };
        collector.ask::<Set>(Query::new(include_str!("begin.sql"))).await?;
        let shape = Query::new(include_str!("shape.sql"));
        let params: Params<'_> = &[(&statements_schema, tokio_postgres::types::Type::TEXT)];
        let words: Vec<Word> = collector.ask(shape.with(params)).await?;
        collector.shape = words.into_iter().map(|word| word.word).collect();
        collector.rows = 0;
        snapshot.batch(SAVEPOINT).await?;
        Ok(collector)
    }

    /// The rows of a query that cannot fail for want of a privilege.
    ///
    /// # Errors
    /// What the server says, after which the snapshot answers nothing more.
    pub(super) async fn ask<T: DeserializeOwned>(&mut self, query: Query<'_>) -> Result<Vec<T>, Error> {
        let sql = self.shape.expand(query.sql, query.values);
        let mut rows = Vec::new();
        self.queries += 1;
        let take = |row: &_| {
            rows.push(decode(row)?);
            Ok(())
        };
        let begun = Instant::now();
        self.snapshot.each(&sql, query.params, take).await?;
        self.rows += rows.len() as u64;
        let (rows_read, took) = (rows.len(), begun.elapsed());
        tracing::debug!(target: "pgrefit_pg::census", rows_read, ?took, "{}", std::any::type_name::<T>());
        Ok(rows)
    }

    /// The rows of a query, or why there are none.
    ///
    /// # Errors
    /// [`Error::Lost`]; all else that the server says is in the inner result.
    pub(super) async fn attempt<T: DeserializeOwned>(
        &mut self,
        query: Query<'_>,
    ) -> Result<Result<Vec<T>, Unseen>, Error> {
        let of_users = query.of_users;
        if of_users {
            self.snapshot.batch(SOON).await?;
        }
        match self.ask(query).await {
            Ok(rows) => {
                self.snapshot.batch(if of_users { UNDO } else { KEEP }).await?;
                Ok(Ok(rows))
            }
            Err(error) => {
                let unseen = unseen(error)?;
                self.snapshot.batch(UNDO).await?;
                Ok(Err(unseen))
            }
        }
    }

    /// The rows of a source; if it cannot be read, none, and a note.
    ///
    /// # Errors
    /// [`Error::Lost`].
    pub(super) async fn read<T: DeserializeOwned>(
        &mut self,
        source: Source,
        query: Query<'_>,
    ) -> Result<Vec<T>, Error> {
        if self.unseen.contains_key(&source) {
            return Ok(Vec::new());
        }
        match self.attempt(query).await? {
            Ok(rows) => Ok(rows),
            Err(unseen) => {
                let grant = (unseen.why == Why::Privilege).then(|| self.grant(source)).flatten();
                self.unseen.insert(source, Unseen { grant, ..unseen });
                Ok(Vec::new())
            }
        }
    }

    /// The same of a source that is one row.
    ///
    /// # Errors
    /// [`Error::Lost`].
    pub(super) async fn one<T: DeserializeOwned>(
        &mut self,
        source: Source,
        query: Query<'_>,
    ) -> Result<Option<T>, Error> {
        Ok(self.read(source, query).await?.into_iter().next())
    }

    /// Notes that a source is not there, or was not asked for.
    pub(super) fn note(&mut self, source: Source, why: Why, text: &str, grant: Option<String>) {
        self.unseen.entry(source).or_insert_with(|| Unseen { why, text: text.to_owned(), grant });
    }

    /// Notes a source as absent if the server has no such thing.
    pub(super) fn needs(&mut self, source: Source, word: &str, since: u32) {
        if !self.shape.has(word) {
            let text = format!("there is no {word} here: it comes with PostgreSQL {since}");
            self.note(source, Why::Absent, &text, None);
        }
    }

    /// What opens a source to the role.
    fn grant(&self, source: Source) -> Option<String> {
        let role = &self.role;
        match source {
            // Nobody should be let see those for an audit.
            Source::Passwords => None,
            Source::HbaRules => Some(format!(
                "GRANT SELECT ON pg_catalog.pg_hba_file_rules TO {role}; \
                 GRANT EXECUTE ON FUNCTION pg_catalog.pg_hba_file_rules() TO {role}"
            )),
            _ => Some(format!("GRANT pg_monitor TO {role}")),
        }
    }

    /// What opens all `objects` of these schemas, such as `TABLES`; through the helper views, where there are such.
    pub(super) fn grant_all(&self, objects: &str, schemas: &BTreeSet<&str>, helpers: bool) -> String {
        let role = &self.role;
        if helpers {
            return format!(
                "GRANT USAGE ON SCHEMA pgrefit TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA pgrefit TO {role}"
            );
        }
        let schemas: Vec<_> = schemas.iter().map(|schema| quote_ident(schema)).collect();
        let schemas = schemas.join(", ");
        format!(
            "GRANT USAGE ON SCHEMA {schemas} TO {role}; GRANT SELECT ON ALL {objects} IN SCHEMA {schemas} TO {role}"
        )
    }

    pub(super) fn set_role(&mut self, role: &str) {
        self.role = quote_ident(role);
    }
}

#[derive(serde::Deserialize)]
struct Word {
    word: String,
}

#[derive(serde::Deserialize)]
struct Set {
    #[serde(rename = "set_config")]
    _value: String,
}

/// An error of a source that leaves the session as it was.
fn unseen(error: Error) -> Result<Unseen, Error> {
    let note = |why, text| Ok(Unseen { why, text, grant: None });
    match &error {
        Error::Lost { .. } => Err(error),
        Error::NotPermitted(server) => note(Why::Privilege, said(server)),
        Error::LockTimeout(server) => note(Why::Locked, said(server)),
        Error::Cancelled(server) => note(Why::TimedOut, said(server)),
        other => {
            let text = match (other.server(), other.source()) {
                (Some(server), _) => said(server),
                (None, Some(cause)) => cause.to_string(),
                (None, None) => other.to_string(),
            };
            note(Why::Failed, text)
        }
    }
}

fn said(server: &ServerError) -> String {
    format!("{} (SQLSTATE {})", server.message, server.sqlstate)
}
