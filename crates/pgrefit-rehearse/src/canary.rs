//! An application that was there before: a connection with prepared queries of the tables, which runs them again after each
//! step. Whatever it meets, connected applications meet too.

use std::collections::BTreeSet;
use std::time::Duration;

use pgrefit_catalog::quote_ident;
use pgrefit_pg::{Connector, Error as PgError, Migrator, ReadOnly};

use crate::inventory::{Inventory, Known};
use crate::{Canary, CanaryError, CanaryKind, RelationKind};

/// A query of one row takes no longer, or is taken for one that would.
const QUERY_LIMIT: Duration = Duration::from_secs(2);

/// The connection and its queries.
#[derive(Debug)]
pub(crate) struct Watcher {
    session: Migrator,
    queries: Vec<Query>,
    pub(crate) found: Canary,
}

#[derive(Debug)]
struct Query {
    relation: u32,
    /// The relation as it is named, quoted.
    name: String,
    kind: CanaryKind,
    /// The statement that prepares it.
    text: String,
    /// The name of the prepared statement.
    handle: String,
    /// Whether it still runs.
    lives: bool,
}

/// After which step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct After<'a> {
    pub(crate) version: i64,
    pub(crate) title: &'a str,
    pub(crate) step: usize,
}

impl Watcher {
    /// Prepares the queries of at most `max` tables and views, those in `first` (their quoted names) before the others.
    pub(crate) async fn start(
        connector: &Connector,
        eye: &ReadOnly,
        inventory: &Inventory,
        first: &BTreeSet<String>,
        max: usize,
    ) -> Result<Self, PgError> {
        let mut session = connector.migrator().await?;
        let limit = QUERY_LIMIT.as_millis();
        session.batch(&format!("SET statement_timeout = {limit}; SET lock_timeout = {limit}")).await?;
        let all = tables(inventory, first);
        let chosen = &all[..all.len().min(max)];
        let mut watcher = Self { session, queries: Vec::new(), found: Canary::default() };
        for (oid, known) in chosen {
            watcher.prepare(eye, *oid, known).await?;
        }
        watcher.found.relations = watcher.queries.len() / 2;
        watcher.found.left_out = all.len() - watcher.found.relations;
        Ok(watcher)
    }

    /// Prepares both queries of a relation; neither if one does not run from the beginning.
    async fn prepare(&mut self, eye: &ReadOnly, oid: u32, known: &Known) -> Result<(), PgError> {
        let columns = columns(eye, oid).await?;
        if columns.is_empty() {
            return Ok(());
        }
        let query = |kind, list: &str, handle: String| Query {
            relation: oid,
            name: known.name.clone(),
            kind,
            text: format!("PREPARE {handle} AS SELECT {list} FROM {} LIMIT 1", known.name),
            handle,
            lives: true,
        };
        let number = self.queries.len();
        let star = query(CanaryKind::Star, "*", format!("pgrefit_star_{number}"));
        let named = query(CanaryKind::Columns, &columns.join(", "), format!("pgrefit_columns_{number}"));
        for query in [&star, &named] {
            let (text, handle) = (&query.text, &query.handle);
            match self.session.simple(&format!("{text}; EXECUTE {handle}")).await {
                Ok(_) => {}
                Err(lost @ PgError::Lost { .. }) => return Err(lost),
                Err(_) => return Ok(()),
            }
        }
        self.queries.extend([star, named]);
        Ok(())
    }

    /// Runs the queries of those relations again that `is_touched` names. A query that fails is told once; one that would run
    /// after a new connection is prepared anew.
    ///
    /// # Errors
    /// The connection was lost.
    pub(crate) async fn run(
        &mut self,
        after: After<'_>,
        is_touched: impl Fn(u32) -> bool,
    ) -> Result<(), PgError> {
        for index in 0..self.queries.len() {
            let query = &self.queries[index];
            if !query.lives || !is_touched(query.relation) {
                continue;
            }
            let execute = format!("EXECUTE {}", query.handle);
            match self.session.simple(&execute).await {
                Ok(_) => {}
                Err(lost @ PgError::Lost { .. }) => return Err(lost),
                Err(error) => self.failed(index, after, &error).await,
            }
        }
        Ok(())
    }

    async fn failed(&mut self, index: usize, after: After<'_>, error: &PgError) {
        let query = &self.queries[index];
        let (handle, text) = (query.handle.clone(), query.text.clone());
        self.found.errors.push(CanaryError {
            relation: query.name.clone(),
            kind: query.kind,
            version: after.version,
            title: after.title.to_owned(),
            step: after.step,
            sqlstate: error.server().map(|server| server.sqlstate.clone()).unwrap_or_default(),
            message: error.server().map_or_else(|| error.to_string(), |server| server.message.clone()),
        });
        let anew = self.session.simple(&format!("DEALLOCATE {handle}; {text}; EXECUTE {handle}")).await;
        self.queries[index].lives = anew.is_ok();
    }

    /// Has the server count now what this connection has read, not in the midst of what runs next.
    pub(crate) async fn report(&mut self) {
        if self.session.version_num() >= 150_000 {
            // Only counters: without it they come later.
            let _ = self.session.simple("SELECT pg_catalog.pg_stat_force_next_flush()").await;
        }
    }
}

/// Tables and views that may be read, those in `first` before the others.
fn tables<'i>(inventory: &'i Inventory, first: &BTreeSet<String>) -> Vec<(u32, &'i Known)> {
    let is_read = |known: &Known| {
        use RelationKind::{MaterializedView, PartitionedTable, Table, View};
        matches!(known.kind, Table | PartitionedTable | View | MaterializedView)
    };
    let mut all: Vec<(u32, &Known)> =
        inventory.iter().filter(|(_, known)| is_read(known)).map(|(oid, known)| (*oid, known)).collect();
    all.sort_by_key(|(_, known)| (!first.contains(&known.name), &known.name));
    all
}

/// The columns of a relation in order, quoted.
async fn columns(eye: &ReadOnly, oid: u32) -> Result<Vec<String>, PgError> {
    let sql = format!(
        "SELECT a.attname FROM pg_catalog.pg_attribute a \
         WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
    );
    let rows = eye.simple(&sql).await?;
    Ok(rows.into_iter().filter_map(|row| Some(quote_ident(&row.into_iter().next()??))).collect())
}
