//! What there is to read: tables, sequences, extensions, privileges.

use std::collections::{BTreeMap, BTreeSet};

use pgrefit_catalog::Name;
use pgrefit_pg::{Error, Row, Snapshot};

use super::SequenceState;

/// How many sequences are asked for in one query.
const SEQUENCES_AT_ONCE: usize = 200;

/// What a relation's rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Its own; a partition is one, too.
    Table,
    /// Not kept after a crash, and not there on a standby.
    Unlogged,
    /// Computed from others when it is restored.
    MaterializedView,
    /// On another server.
    Foreign,
}

/// A relation with rows.
#[derive(Clone, Debug)]
pub(crate) struct TableFacts {
    pub(crate) name: Name,
    pub(crate) kind: Kind,
    /// Bytes with what is kept out of line.
    pub(crate) bytes: u64,
    /// Pages of the table itself.
    pub(crate) pages: u32,
    /// The columns of a key by which ranges of rows can be told apart on both sides; none if there is no such key.
    pub(crate) key: Vec<String>,
}

/// The relations with rows.
///
/// Their sizes are those of their files: pages that came after the moment do no harm, and too few pages lose no row, because the
/// last part of a table is open-ended.
pub(super) async fn read(moment: &Snapshot<'_>) -> Result<Vec<TableFacts>, Error> {
    let rows = moment.query(include_str!("../sql/tables.sql"), &[]).await?;
    rows.iter().map(facts).collect()
}

fn facts(row: &Row) -> Result<TableFacts, Error> {
    let bytes: i64 = get(row, "bytes")?;
    let pages: i64 = get(row, "pages")?;
    let (kind, unlogged): (&str, bool) = (get(row, "kind")?, get(row, "unlogged")?);
    Ok(TableFacts {
        name: Name { schema: get(row, "schema")?, name: get(row, "name")? },
        kind: match kind {
            "f" => Kind::Foreign,
            "m" => Kind::MaterializedView,
            _ if unlogged => Kind::Unlogged,
            _ => Kind::Table,
        },
        bytes: bytes.unsigned_abs(),
        pages: u32::try_from(pages).unwrap_or(u32::MAX),
        key: get(row, "key")?,
    })
}

fn get<'a, T: pgrefit_pg::types::FromSql<'a>>(row: &'a Row, column: &str) -> Result<T, Error> {
    row.try_get(column).map_err(|cause| Error::Exchange(Box::new(cause)))
}

/// Where the sequences stand now: they know no snapshot.
pub(super) async fn sequences(moment: &Snapshot<'_>) -> Result<BTreeMap<Name, SequenceState>, Error> {
    let rows = moment.query(include_str!("../sql/sequences.sql"), &[]).await?;
    let names = rows.iter().map(|row| Ok(Name { schema: get(row, "schema")?, name: get(row, "name")? }));
    let names = names.collect::<Result<Vec<_>, Error>>()?;
    let mut states = BTreeMap::new();
    for some in names.chunks(SEQUENCES_AT_ONCE) {
        let queries: Vec<_> = some.iter().enumerate().map(|(at, name)| one(at, name)).collect();
        for row in moment.query(&queries.join(" UNION ALL "), &[]).await? {
            let at: i32 = get(&row, "at")?;
            let state =
                SequenceState { last_value: get(&row, "last_value")?, is_called: get(&row, "is_called")? };
            if let Some(name) = usize::try_from(at).ok().and_then(|at| some.get(at)) {
                states.insert(name.clone(), state);
            }
        }
    }
    Ok(states)
}

fn one(at: usize, name: &Name) -> String {
    format!("SELECT {at}::int4 AS at, last_value, is_called FROM {name}")
}

/// Extensions with their versions.
pub(super) async fn extensions(moment: &Snapshot<'_>) -> Result<BTreeMap<String, String>, Error> {
    let rows = moment
        .query("SELECT extname::text AS name, extversion AS version FROM pg_catalog.pg_extension", &[])
        .await?;
    rows.iter().map(|row| Ok((get(row, "name")?, get(row, "version")?))).collect()
}

/// Who owns what, and who may do what with it, one line each.
pub(super) async fn privileges(moment: &Snapshot<'_>) -> Result<BTreeSet<String>, Error> {
    let rows = moment.query(include_str!("../sql/privileges.sql"), &[]).await?;
    rows.iter().map(|row| get(row, "line")).collect()
}
