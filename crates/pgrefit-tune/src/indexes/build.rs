//! Candidates on the copy: built, marked as ours, hidden from a measurement, and dropped.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use pgrefit_catalog::{Name, quote_ident};
use pgrefit_pg::SimpleRow;

use super::Error;
use super::candidate::Candidate;
use super::session::{Said, Session, literal, reason};

/// The comment on an index of ours, by which the next run finds what a killed one has left.
const MARK: &str = "pgrefit: a candidate that is being measured";

/// A candidate that exists on the copy.
#[derive(Debug, Clone)]
pub(super) struct Built {
    pub(super) candidate: Candidate,
    /// Its name there, in the schema of its table.
    pub(super) name: String,
    /// The names by which plans may tell of it: its own, and those of its partitions.
    pub(super) plan_names: BTreeSet<String>,
    pub(super) bytes: u64,
    pub(super) took: Duration,
}

impl Built {
    fn full_name(&self) -> String {
        Name::new(self.candidate.table.schema.clone(), self.name.clone()).to_string()
    }
}

/// Builds one, and marks it in the same transaction. Why it could not be built is an answer.
pub(super) async fn build(
    session: &mut Session<'_>,
    candidate: &Candidate,
    number: usize,
    limit: Duration,
) -> Result<Result<Built, String>, Error> {
    let name = format!("pgrefit_try_{number}");
    let full = Name::new(candidate.table.schema.clone(), name.clone());
    let sql = format!(
        "BEGIN; SET LOCAL statement_timeout = {}; CREATE INDEX {} ON {} {}; COMMENT ON INDEX {full} IS '{MARK}'; COMMIT",
        limit.as_millis(),
        quote_ident(&name),
        candidate.table,
        candidate.definition(),
    );
    let begun = Instant::now();
    if let Err(refused) = session.say(&sql).await? {
        session.settle("ROLLBACK").await?.map_err(|_| Error::Unexpected("ROLLBACK"))?;
        return Ok(Err(format!("cannot be built: {}", reason(&refused))));
    }
    let took = begun.elapsed();
    let (bytes, mut plan_names) = parts(session, &full).await?;
    plan_names.insert(name.clone());
    Ok(Ok(Built { candidate: candidate.clone(), name, plan_names, bytes, took }))
}

/// The size of an index with its partitions, and their names.
async fn parts(session: &mut Session<'_>, index: &Name) -> Result<(u64, BTreeSet<String>), Error> {
    let regclass = literal(&index.to_string());
    let sql = format!(
        "SELECT c.relname, pg_catalog.pg_relation_size(c.oid) FROM pg_catalog.pg_class AS c \
         WHERE c.oid = {regclass}::pg_catalog.regclass \
            OR c.oid IN (SELECT t.relid FROM pg_catalog.pg_partition_tree({regclass}::pg_catalog.regclass) AS t)"
    );
    let rows = session.must(&sql, "read the size of an index").await?;
    let size = |row: &SimpleRow| row.get(1)?.as_ref()?.parse::<u64>().ok();
    let bytes = rows.iter().filter_map(size).sum();
    Ok((bytes, rows.iter().filter_map(|row| row.first()?.clone()).collect()))
}

/// Opens a transaction in which none of `hidden` exists. It must be rolled back.
pub(super) async fn begin_without(
    session: &mut Session<'_>,
    hidden: &[&Built],
    limit: Duration,
) -> Result<(), Error> {
    let mut sql = format!(
        "BEGIN; SET LOCAL statement_timeout = {}; SET LOCAL plan_cache_mode = force_custom_plan",
        limit.as_millis()
    );
    if !hidden.is_empty() {
        let names: Vec<String> = hidden.iter().map(|built| built.full_name()).collect();
        sql.push_str("; DROP INDEX ");
        sql.push_str(&names.join(", "));
    }
    session.must(&sql, "hide candidates from a measurement").await.map(drop)
}

/// Ends such a transaction.
pub(super) async fn end(session: &mut Session<'_>) -> Result<(), Error> {
    let said: Said<()> = session.settle("ROLLBACK").await?;
    said.map_err(|source| Error::Database { doing: "end a measurement", source: *source })
}

/// Drops every index that carries our mark: those of this run, and what a killed one has left. Returns how many.
pub(super) async fn drop_all(session: &mut Session<'_>) -> Result<usize, Error> {
    session.settle("ROLLBACK").await?.map_err(|_| Error::Unexpected("ROLLBACK"))?;
    let sql = format!(
        "SELECT n.nspname, c.relname FROM pg_catalog.pg_class AS c \
         JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
         WHERE c.relkind IN ('i', 'I') AND NOT c.relispartition \
           AND pg_catalog.obj_description(c.oid, 'pg_class') = '{MARK}'"
    );
    let rows = session.settle_rows(&sql).await?;
    let mut dropped = 0;
    for row in &rows {
        let [Some(schema), Some(name)] = row.as_slice() else { continue };
        let sql = format!("DROP INDEX IF EXISTS {}", Name::new(schema.clone(), name.clone()));
        session
            .settle(&sql)
            .await?
            .map_err(|source| Error::Database { doing: "drop a candidate", source: *source })?;
        dropped += 1;
    }
    Ok(dropped)
}
