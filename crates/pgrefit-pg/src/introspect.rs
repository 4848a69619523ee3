//! The schema of a live database as a [`Catalog`]: one snapshot, read in a fixed number of flat queries.

use std::collections::BTreeMap;

use pgrefit_catalog::{Catalog, Name};

use crate::{Error, ReadOnly};

mod attached;
mod faults;
mod neutral;
mod objects;
mod reader;
mod relations;

pub use faults::{Faults, count_objects, faults};
pub(crate) use neutral::neutral;
use reader::Reader;

/// Which part of a database is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    schemas_out: Vec<String>,
    relations_out: Vec<Name>,
}

impl Scope {
    /// All that users made.
    #[must_use]
    pub fn everything() -> Self {
        Self::default()
    }

    /// Without the schema `name` (unquoted) and all in it.
    #[must_use]
    pub fn without_schema(mut self, name: impl Into<String>) -> Self {
        self.schemas_out.push(name.into());
        self
    }

    /// Without the relation `name`, its indexes, constraints and triggers, and the sequences that its columns own.
    #[must_use]
    pub fn without_relation(mut self, name: Name) -> Self {
        self.relations_out.push(name);
        self
    }
}

/// Reads the schema of the database that `session` is connected to, as of one moment.
///
/// Left out are system and temporary objects, what belongs to an extension, and what `scope` excludes. Nothing is written. Read
/// is `pg_catalog` only, in sixteen queries whatever the number of objects; no privilege on the objects is needed. The result
/// does not depend on settings of the session, its role or its database.
///
/// # Locks
/// The catalogs are read without a lock on user relations, but the functions that print definitions (`pg_get_indexdef`,
/// `pg_get_expr`, `pg_get_constraintdef`, `pg_get_viewdef`) take ACCESS SHARE on the relation. Most let it go at once; that of a
/// view and of what it reads is kept until this call ends, so thousands of views need room in the server's lock table. Behind
/// an ACCESS EXCLUSIVE lock, even one that is only waited for, they wait for the `lock_timeout` of a [`ReadOnly`] session
/// (100 ms); the first such wait that is not over by then ends the call.
///
/// # Errors
/// [`Error::LockTimeout`] as above, and [`Error::Exchange`] when an object is dropped between being listed and being printed:
/// both are safe to repeat. Otherwise what the server says.
pub async fn catalog(session: &mut ReadOnly, scope: &Scope) -> Result<Catalog, Error> {
    let snapshot = session.snapshot().await?;
    let reader = Reader::start(&snapshot).await?;
    let schemas = reader.schemas(&scope.schemas_out).await?;
    let schema_oids: Vec<u32> = schemas.iter().map(|schema| schema.oid).collect();
    let relations = reader.relations(&schema_oids, &scope.relations_out).await?;
    let mut attached = reader.attached(&relations).await?;
    let types = reader.types(&schema_oids, &mut attached.constraints).await?;
    let sequences = reader.sequences(&relations).await?;
    let mut columns = reader.columns(&relations).await?;
    let mut parents = reader.parents(&relations).await?;
    let routines = reader.routines(&schema_oids).await?;
    let (mut tables, mut views) = (BTreeMap::new(), BTreeMap::new());
    for relation in relations {
        if relation.is_view() {
            views.insert(relation.name.clone(), relation.into_view(&mut attached)?);
        } else if relation.is_table() {
            let (columns, parents) = (columns.remove(&relation.oid), parents.remove(&relation.oid));
            let name = relation.name.clone();
            tables.insert(
                name,
                relation.into_table(
                    columns.unwrap_or_default(),
                    parents.unwrap_or_default(),
                    &mut attached,
                )?,
            );
        }
    }
    Ok(Catalog {
        server_major: reader.major,
        schemas: schemas
            .into_iter()
            .filter(|schema| !schema.of_extension)
            .map(|schema| schema.name)
            .collect(),
        extensions: reader.extensions().await?,
        types,
        sequences,
        tables,
        views,
        routines,
    })
}
