//! The relations of the copy before a file: names, files, sizes, and which table each belongs to.

use std::collections::HashMap;

use pgrefit_pg::{Error as PgError, ReadOnly, SimpleRow};

use crate::intervals::Target;
use crate::{Relation, RelationKind};

/// A relation as it was when the file began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    /// Quoted.
    pub(crate) name: String,
    pub(crate) kind: RelationKind,
    /// 0 if it has none.
    pub(crate) file: u32,
    /// The oid of the table that it belongs to; its own if it is one.
    pub(crate) owner: u32,
    /// That table, quoted.
    pub(crate) table: String,
    pub(crate) rows_estimate: Option<u64>,
    pub(crate) bytes: Option<u64>,
    /// Whether this role may read it.
    pub(crate) is_readable: bool,
}

/// Every relation of users, by oid.
pub(crate) type Inventory = HashMap<u32, Known>;

/// Reads it: `pg_class` and the sizes of files, in one query. Locks: ACCESS SHARE on each relation, one after the other.
pub(crate) async fn read(session: &ReadOnly) -> Result<Inventory, PgError> {
    let rows = session.simple(include_str!("inventory.sql")).await?;
    Ok(rows.into_iter().filter_map(known).collect())
}

fn known(row: SimpleRow) -> Option<(u32, Known)> {
    let mut values = row.into_iter();
    let mut next = || values.next().flatten();
    let oid = next()?.parse().ok()?;
    let (name, kind, file) = (next()?, RelationKind::of_relkind(&next()?), next()?.parse().ok()?);
    let owner = next().and_then(|text| text.parse().ok()).unwrap_or(oid);
    let table = next().unwrap_or_else(|| name.clone());
    let rows_estimate = next().and_then(|text| text.parse().ok());
    let bytes = next().and_then(|text| text.parse().ok());
    let is_readable = next().as_deref() == Some("t");
    Some((oid, Known { name, kind, file, owner, table, rows_estimate, bytes, is_readable }))
}

impl Known {
    /// What a lock on it counts for.
    pub(crate) fn target(&self, oid: u32, existed_before: bool) -> Target {
        Target { relation: self.table.clone(), existed_before, is_part: self.owner != oid }
    }

    /// As a trace tells it.
    pub(crate) fn relation(&self) -> Relation {
        Relation { kind: self.kind, rows_estimate: self.rows_estimate, bytes: self.bytes }
    }
}
