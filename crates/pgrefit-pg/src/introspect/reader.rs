//! Queries in one snapshot, and their rows as Rust values.

use pgrefit_catalog::Name;
use std::collections::{BTreeMap, HashMap};
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Type};

use super::neutral;
use crate::{Error, Params, Snapshot};

/// What hangs on relations, by the oid of the relation and then by name.
pub(super) type ByRelation<T> = HashMap<u32, BTreeMap<String, T>>;

/// A snapshot that prints the same from every session, and the major version of its server.
pub(super) struct Reader<'a> {
    snapshot: &'a Snapshot<'a>,
    pub(super) major: u32,
}

impl<'a> Reader<'a> {
    pub(super) async fn start(snapshot: &'a Snapshot<'a>) -> Result<Self, Error> {
        neutral(snapshot).await?;
        let sql = "SELECT current_setting('server_version_num')::int4 / 10000 AS major";
        let rows = snapshot.query(sql, &[]).await?;
        let major: i32 = rows.first().map_or(Ok(0), |row| get(row, "major"))?;
        Ok(Self { snapshot, major: major.unsigned_abs() })
    }

    pub(super) async fn rows(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>, Error> {
        self.snapshot.query(sql, params).await
    }

    /// Files what `make` makes of each row under its columns `relation` and `name`.
    pub(super) async fn by_relation<T>(
        &self,
        sql: &str,
        relations: &[u32],
        make: fn(&Row) -> Result<T, Error>,
    ) -> Result<ByRelation<T>, Error> {
        let mut by_relation = ByRelation::new();
        for row in self.rows(sql, &[(&relations, Type::OID_ARRAY)]).await? {
            let attached = by_relation.entry(get(&row, "relation")?).or_default();
            attached.insert(get(&row, "name")?, make(&row)?);
        }
        Ok(by_relation)
    }
}

/// The value of a column.
pub(super) fn get<'a, T: FromSql<'a>>(row: &'a Row, column: &str) -> Result<T, Error> {
    row.try_get(column).map_err(Error::in_session)
}

/// A list without an order of its own.
pub(super) fn sorted(row: &Row, column: &str) -> Result<Vec<String>, Error> {
    let mut list: Vec<String> = get(row, column)?;
    list.sort();
    Ok(list)
}

/// The name in the columns `schema` and `name`.
pub(super) fn name(row: &Row) -> Result<Name, Error> {
    Ok(Name { schema: get(row, "schema")?, name: get(row, "name")? })
}

/// The name in the columns `collation_schema` and `collation`, if there is one.
pub(super) fn collation(row: &Row) -> Result<Option<Name>, Error> {
    let schema: Option<String> = get(row, "collation_schema")?;
    let name: Option<String> = get(row, "collation")?;
    Ok(schema.zip(name).map(|(schema, name)| Name { schema, name }))
}

/// The meaning of a catalog code; one that is in no table here comes from a PostgreSQL newer than this program.
pub(super) fn decode<T: Copy>(row: &Row, column: &str, meanings: &[(&str, T)]) -> Result<T, Error> {
    let code: &str = get(row, column)?;
    let meaning = meanings.iter().find(|(known, _)| *known == code);
    let unknown = || Error::Exchange(format!("unknown {column} code {code:?}").into());
    meaning.map(|(_, meaning)| *meaning).ok_or_else(unknown)
}
