//! The schema of a live database as a [`Catalog`], or with size and use as a [`Snapshot`]: read as of one moment, in a fixed
//! number of flat queries.

use std::collections::{BTreeMap, HashMap};

use pgrefit_catalog::{Catalog, Name, Snapshot};

use crate::{Error, ReadOnly};

mod attached;
mod dependents;
mod faults;
mod neutral;
mod objects;
mod reader;
mod relations;
mod surroundings;
mod usage;

pub use faults::{Faults, count_objects, faults};
pub(crate) use neutral::neutral;
use reader::Reader;
use surroundings::Session;

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
    let moment = session.snapshot().await?;
    catalog_of(&moment, scope).await
}

/// Reads the schema as [`catalog`] does, as of a moment that is open already.
///
/// # Locks
/// Those of [`catalog`], with the `lock_timeout` of that snapshot; those of views are kept until it ends.
///
/// # Errors
/// Those of [`catalog`].
pub async fn catalog_of(moment: &crate::Snapshot<'_>, scope: &Scope) -> Result<Catalog, Error> {
    let reader = Reader::start(moment).await?;
    Ok(reader.catalog(scope).await?.0)
}

/// Reads the schema as [`catalog`] does, and as of the same moment how large and how busy each table is, and what hangs on it.
///
/// In addition four queries of `pg_class`, `pg_index`, `pg_depend`, `pg_constraint` and the statistics, which need no privilege
/// and take no lock on a table: sizes are what the last `VACUUM` or `ANALYZE` found. What cannot be seen is said in
/// [`Snapshot::blind`].
///
/// # Locks
/// Those of [`catalog`].
///
/// # Errors
/// Those of [`catalog`].
pub async fn snapshot(session: &mut ReadOnly, scope: &Scope) -> Result<Snapshot, Error> {
    let moment = session.snapshot().await?;
    let Session { time_zone, search_path } = Session::read(&moment).await?;
    let reader = Reader::start(&moment).await?;
    let server = reader.server().await?;
    let (catalog, names) = reader.catalog(scope).await?;
    let (usage, blind) = reader.usage(&server, &catalog, &names).await?;
    Ok(Snapshot {
        format: Snapshot::FORMAT,
        dependents: reader.dependents(&names).await?,
        taken_at: server.now,
        server_version_num: server.version_num,
        database: server.database,
        standby: server.standby,
        time_zone,
        search_path,
        catalog,
        usage,
        blind,
    })
}

/// Tables, views and sequences by their oids.
type Names = HashMap<u32, Name>;

impl Reader<'_> {
    async fn catalog(&self, scope: &Scope) -> Result<(Catalog, Names), Error> {
        let schemas = self.schemas(&scope.schemas_out).await?;
        let schema_oids: Vec<u32> = schemas.iter().map(|schema| schema.oid).collect();
        let relations = self.relations(&schema_oids, &scope.relations_out).await?;
        let names = relations.iter().map(|relation| (relation.oid, relation.name.clone())).collect();
        let mut attached = self.attached(&relations).await?;
        let types = self.types(&schema_oids, &mut attached.constraints).await?;
        let sequences = self.sequences(&relations).await?;
        let mut columns = self.columns(&relations).await?;
        let mut parents = self.parents(&relations).await?;
        let routines = self.routines(&schema_oids).await?;
        let (mut tables, mut views) = (BTreeMap::new(), BTreeMap::new());
        for relation in relations {
            let name = relation.name.clone();
            if relation.is_view() {
                views.insert(name, relation.into_view(&mut attached)?);
            } else if relation.is_table() {
                let columns = columns.remove(&relation.oid).unwrap_or_default();
                let parents = parents.remove(&relation.oid).unwrap_or_default();
                tables.insert(name, relation.into_table(columns, parents, &mut attached)?);
            }
        }
        let own = schemas.into_iter().filter(|schema| !schema.of_extension);
        let catalog = Catalog {
            server_major: self.major,
            schemas: own.map(|schema| schema.name).collect(),
            extensions: self.extensions().await?,
            types,
            sequences,
            tables,
            views,
            routines,
        };
        Ok((catalog, names))
    }
}
