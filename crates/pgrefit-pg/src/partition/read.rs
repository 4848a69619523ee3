//! Reads partition sets: four queries of the catalog, whatever their number.

use std::collections::HashMap;

use pgrefit_catalog::Name;
use tokio_postgres::types::Type;

use super::PartitionedTable;
use super::parts::{foreign_key, get, name, partition, place, table};
use crate::introspect::neutral;
use crate::{Error, ReadOnly, Snapshot};

/// All partitioned tables that users made, those that are partitions themselves included, as of one moment.
///
/// # Locks
/// None on tables but ACCESS SHARE for a moment on those whose definition is printed; behind an ACCESS EXCLUSIVE lock that waits for the
/// `lock_timeout` of the session (100 ms).
///
/// # Errors
/// [`Error::LockTimeout`] as above, safe to repeat; what the server says.
pub async fn partitioned_tables(session: &mut ReadOnly) -> Result<Vec<PartitionedTable>, Error> {
    read(&session.snapshot().await?, None).await
}

/// One partitioned table; `None` if there is none of that name.
///
/// # Locks
/// Those of [`partitioned_tables`], on this one.
///
/// # Errors
/// Those of [`partitioned_tables`].
pub async fn partitioned_table(
    session: &mut ReadOnly,
    table: &Name,
) -> Result<Option<PartitionedTable>, Error> {
    Ok(read(&session.snapshot().await?, Some(table)).await?.pop())
}

/// The table that SQL would take `text` for in this session: with its schema, or by `search_path`. `None` if there is none, or if it is no
/// table.
///
/// # Errors
/// What the server says, such as for a text that is no name.
pub async fn resolve(session: &ReadOnly, text: &str) -> Result<Option<Name>, Error> {
    let sql = "SELECT n.nspname AS schema, c.relname AS name FROM pg_catalog.pg_class c \
               JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
               WHERE c.oid = pg_catalog.to_regclass($1) AND c.relkind IN ('r', 'p')";
    let rows = session.query(sql, &[(&text, Type::TEXT)]).await?;
    rows.first().map(name).transpose()
}

async fn read(moment: &Snapshot<'_>, wanted: Option<&Name>) -> Result<Vec<PartitionedTable>, Error> {
    neutral(moment).await?;
    let (schema, name) = (wanted.map(|name| &name.schema), wanted.map(|name| &name.name));
    let rows =
        moment.query(include_str!("tables.sql"), &[(&schema, Type::TEXT), (&name, Type::TEXT)]).await?;
    let mut tables = rows.iter().map(table).collect::<Result<Vec<_>, _>>()?;
    let oids: Vec<u32> = tables.iter().map(|table| table.oid).collect();
    let at: HashMap<u32, usize> = oids.iter().enumerate().map(|(at, oid)| (*oid, at)).collect();
    for row in moment.query(include_str!("parts.sql"), &[(&oids, Type::OID_ARRAY)]).await? {
        tables[at[&get(&row, "parent")?]].partitions.push(partition(&row)?);
    }
    for row in moment.query(include_str!("inbound.sql"), &[(&oids, Type::OID_ARRAY)]).await? {
        tables[at[&get(&row, "relation")?]].inbound.push(foreign_key(&row)?);
    }
    for table in &mut tables {
        table.partitions.sort_by_cached_key(place);
    }
    Ok(tables)
}
