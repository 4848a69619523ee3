//! Changes of the ledger, as statements that belong into a transaction with what they tell of.

use std::fmt::Write as _;

use pgrefit_pg::Migrator;

use super::{Ledger, Record};
use crate::manifest::Export;
use crate::{Error, Plan, State};

/// The moment, in a form that sorts.
const NOW: &str = "pg_catalog.to_char(pg_catalog.clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')";

/// What becomes of what was exported.
pub(crate) enum Exported<'a> {
    Same,
    New(&'a Export),
    /// It is not what the table is any more.
    Forgotten,
}

/// What becomes of an archive.
pub(crate) struct Change<'a> {
    pub(crate) to: State,
    pub(crate) export: Exported<'a>,
    /// The store and the key of the manifest.
    pub(crate) stored: Option<(&'a str, &'a str)>,
    pub(crate) loaded_oid: Option<u32>,
    /// The table has other columns than were planned.
    pub(crate) plan: Option<&'a Plan>,
}

impl Change<'_> {
    pub(crate) fn to(to: State) -> Self {
        Self { to, export: Exported::Same, stored: None, loaded_oid: None, plan: None }
    }
}

impl Ledger {
    /// Records that an archive begins; another one of the same table must not be open.
    pub(crate) async fn begin(
        &self,
        session: &mut Migrator,
        id: &str,
        plan: &Plan,
        tool: &str,
    ) -> Result<(), Error> {
        let json = serde_json::to_string(plan).map_err(Error::unreadable("the plan"))?;
        let parent =
            plan.parent.as_ref().map_or("NULL".to_owned(), |parent| literal(&parent.table.to_string()));
        let sql = format!(
            "INSERT INTO {} (id, relation, parent, state, is_open, plan, moments, tool) \
             VALUES ({}, {}, {parent}, 'planned', true, {}, {}, {})",
            self.table,
            literal(id),
            literal(&plan.table.to_string()),
            literal(&json),
            moment("'[]'::jsonb", State::Planned),
            literal(tool),
        );
        session.batch(&sql).await.map_err(Error::Source)
    }

    /// Records what became of an archive, if it still is what `record` says. May stand in a transaction.
    pub(crate) async fn change(
        &self,
        session: &mut Migrator,
        record: &Record,
        tool: &str,
        change: &Change<'_>,
    ) -> Result<(), Error> {
        let mut sql = format!(
            "UPDATE {} SET state = {}, is_open = {}, tool = {}, changed_at = pg_catalog.clock_timestamp(), moments = {}",
            self.table,
            literal(change.to.name()),
            change.to.is_open(),
            literal(tool),
            moment("moments", change.to),
        );
        sql.push_str(&columns(change)?);
        // Writing to a string cannot fail.
        let _ =
            write!(sql, " WHERE id = {} AND state = {}", literal(&record.id), literal(record.state.name()));
        match session.affected(&sql).await.map_err(Error::Source)? {
            1 => Ok(()),
            _ => Err(Error::Moved { id: record.id.clone(), expected: record.state }),
        }
    }
}

fn columns(change: &Change<'_>) -> Result<String, Error> {
    let mut sql = String::new();
    match change.export {
        Exported::New(export) => {
            let json = serde_json::to_string(export).map_err(Error::unreadable("the export"))?;
            let (rows, bytes) = (export.rows, export.bytes());
            let (json, digest) = (literal(&json), literal(&export.digest));
            let _ = write!(sql, ", export = {json}, rows = {rows}, bytes = {bytes}, digest = {digest}");
        }
        Exported::Forgotten => {
            sql += ", export = NULL, rows = NULL, bytes = NULL, digest = NULL, store = NULL, manifest = NULL";
        }
        Exported::Same => {}
    }
    if let Some((store, manifest)) = change.stored {
        let _ = write!(sql, ", store = {}, manifest = {}", literal(store), literal(manifest));
    }
    if let Some(plan) = change.plan {
        let json = serde_json::to_string(plan).map_err(Error::unreadable("the plan"))?;
        let _ = write!(sql, ", plan = {}", literal(&json));
    }
    if let Some(oid) = change.loaded_oid {
        let _ = write!(sql, ", loaded_oid = {oid}");
    }
    Ok(sql)
}

fn moment(before: &str, state: State) -> String {
    format!("{before} || pg_catalog.jsonb_build_object('state', {}, 'at', {NOW})", literal(state.name()))
}

/// A string literal that means the same whatever `standard_conforming_strings` is.
pub(crate) fn literal(text: &str) -> String {
    format!(" E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}
