//! How the live database stands: which one it is, at which moment, with which schema and history. Proofs are held against
//! it.

use pgrefit_catalog::Catalog;
use pgrefit_history::{BegunRun, Entry, MigrationFile, runs_without_success};
use pgrefit_pg::{Error as PgError, ReadOnly, SimpleRow};

use crate::proof::{Begun, Lsn, Moment, Source, Standing};
use crate::proof::{history_digest, history_digest_of, migrations_digest};
use crate::{Error, Job, Planned};

/// Which pgrefit this is, in proofs.
pub(crate) const TOOL: &str = concat!("pgrefit ", env!("CARGO_PKG_VERSION"));

/// The identifier of the cluster, if the role may ask for it.
const SYSTEM: &str = "SELECT system_identifier::text FROM pg_catalog.pg_control_system()";

/// The database, where its WAL ends, and the server's clock.
const MOMENT: &str = "SELECT d.oid::text, d.datname, \
     (CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn() \
           ELSE pg_catalog.pg_current_wal_lsn() END)::text, \
     (extract(epoch FROM pg_catalog.clock_timestamp()) * 1000)::int8::text \
     FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()";

/// Looks at the live database: its identity, its moment, its schema.
///
/// Reads catalogs (ACCESS SHARE; given up behind an ACCESS EXCLUSIVE lock and tried again within the budget for locks), the
/// end of the WAL and the server's clock; writes nothing.
///
/// # Errors
/// The database cannot be reached or read.
pub async fn standing(job: &Job<'_>, planned: &Planned) -> Result<Standing, Error> {
    let mut session = job.connector.read_only().await?;
    let catalog = job.catalog(&mut session).await?;
    standing_in(&session, planned, &catalog).await
}

/// The same with a session and a schema that are there already.
pub(crate) async fn standing_in(
    session: &ReadOnly,
    planned: &Planned,
    catalog: &Catalog,
) -> Result<Standing, Error> {
    let (source, moment) = here(session).await?;
    let begun = runs_without_success(session, planned.history()).await?;
    Ok(Standing {
        source,
        moment,
        // A dump has no invalid index, and one that a killed run left must not keep out the run that mends it.
        schema: catalog.without_invalid_indexes().fingerprint(),
        history: history_digest(planned.plan()),
        migrations: migrations_digest(planned.pending_files()),
        begun: begun.iter().filter_map(|run| found_by(run, planned)).collect(),
        tool: TOOL.to_owned(),
    })
}

/// What a run found that began at an earlier version: nothing if what was applied since has no file any more.
fn found_by(run: &BegunRun, planned: &Planned) -> Option<Begun> {
    let plan = planned.plan();
    let is_since = |entry: &&Entry| run.from_version.is_none_or(|from| entry.version > from);
    let since = plan.entries.iter().filter(|entry| entry.recorded.is_some()).filter(is_since);
    let applied: Vec<&MigrationFile> = since.map(|entry| entry.file.as_ref()).collect::<Option<_>>()?;
    Some(Begun {
        at_ms: run.at_ms,
        history: history_digest_of(plan.entries.iter().filter(|entry| !is_since(entry))),
        migrations: migrations_digest(applied.into_iter().chain(planned.pending_files())),
    })
}

/// Which database it is, and what its moment is.
pub(crate) async fn here(session: &ReadOnly) -> Result<(Source, Moment), Error> {
    let system_identifier = match session.simple(SYSTEM).await {
        Ok(rows) => rows.into_iter().next().and_then(|row| row.into_iter().next().flatten()),
        Err(PgError::NotPermitted(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let row = session.simple(MOMENT).await?.into_iter().next();
    let (database_oid, database, moment) = row.and_then(moment).ok_or(Error::NoMoment)?;
    Ok((Source { system_identifier, database_oid, database }, moment))
}

fn moment(row: SimpleRow) -> Option<(u32, String, Moment)> {
    let mut values = row.into_iter().flatten();
    let (oid, name) = (values.next()?.parse().ok()?, values.next()?);
    let (lsn, server_time_ms): (Lsn, i64) = (values.next()?.parse().ok()?, values.next()?.parse().ok()?);
    Some((oid, name, Moment { lsn, server_time_ms }))
}
