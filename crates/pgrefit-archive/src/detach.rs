//! Makes a partition a table of its own, concurrently, and goes on with what an interrupted command has left.

use pgrefit_catalog::Name;
use pgrefit_pg::types::Type;
use pgrefit_pg::{Error as PgError, Migrator};

use crate::plan::exchange;
use crate::run::{Patience, is_lock};
use crate::{Error, Job, Plan};

/// How a table is bound to a parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bond {
    Attached,
    /// `DETACH … CONCURRENTLY` was interrupted: nobody sees the rows through the parent any more.
    Pending,
    None,
}

/// `DETACH PARTITION … CONCURRENTLY` where it is attached, `FINALIZE` where that was interrupted, nothing where it is a table of its
/// own.
///
/// Locks: SHARE UPDATE EXCLUSIVE on the parent; at the end ACCESS EXCLUSIVE on the partition, which nobody reaches through the
/// parent then. Between the two it waits for every transaction that has used the parent; each wait is `Limits::lock` at most, and
/// is tried again. PostgreSQL 13 has no `CONCURRENTLY`: ACCESS EXCLUSIVE on both, for a moment.
pub(crate) async fn detach(job: &Job<'_>, session: &mut Migrator, plan: &Plan) -> Result<(), Error> {
    let Some(parent) = &plan.parent else { return Ok(()) };
    let mut patience = Patience::new(job, &plan.table, "DETACH PARTITION");
    loop {
        job.check_stop()?;
        let partition = format!("ALTER TABLE {} DETACH PARTITION {}", parent.table, plan.table);
        let sql = match bond(session, plan.oid).await? {
            Bond::None => return Ok(()),
            Bond::Attached if session.version_num() < 140_000 => partition,
            Bond::Attached => format!("{partition} CONCURRENTLY"),
            Bond::Pending => format!("{partition} FINALIZE"),
        };
        match session.batch(&sql).await {
            Ok(()) => {}
            Err(error) if is_lock(&error) => patience.pause(error).await?,
            Err(error) => return Err(Error::Source(error)),
        }
    }
}

/// Whether it is a partition.
pub(crate) async fn is_bound(session: &mut Migrator, oid: u32) -> Result<bool, Error> {
    Ok(bond(session, oid).await? != Bond::None)
}

async fn bond(session: &mut Migrator, oid: u32) -> Result<Bond, Error> {
    let pending = if session.version_num() < 140_000 { "false" } else { "inhdetachpending" };
    let sql = format!("SELECT {pending} AS pending FROM pg_catalog.pg_inherits WHERE inhrelid = $1");
    let rows = session.query(&sql, &[(&oid, Type::OID)]).await.map_err(Error::Source)?;
    let Some(row) = rows.first() else { return Ok(Bond::None) };
    let pending: bool = row.try_get("pending").map_err(|error| Error::Source(exchange(error.into())))?;
    Ok(if pending { Bond::Pending } else { Bond::Attached })
}

/// Whether the table of this oid is there under its name, and is a table of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It is there.
    There,
    /// There is no table of this name.
    Gone,
    /// There is another one.
    Other,
}

pub(crate) async fn presence(session: &mut Migrator, table: &Name, oid: u32) -> Result<Presence, PgError> {
    let params: pgrefit_pg::Params<'_> = &[(&table.schema, Type::NAME), (&table.name, Type::NAME)];
    let sql = "SELECT c.oid FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
               WHERE n.nspname = $1 AND c.relname = $2";
    let rows = session.query(sql, params).await?;
    let Some(row) = rows.first() else { return Ok(Presence::Gone) };
    let found: u32 = row.try_get("oid").map_err(|error| exchange(error.into()))?;
    Ok(if found == oid { Presence::There } else { Presence::Other })
}
