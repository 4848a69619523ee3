//! The proof that a file can be restored: it is, on another server, which digests what it has got.

use pgrefit_pg::digest::{sent_by, sent_columns};
use pgrefit_pg::{Connector, Migrator};

use crate::export::same_columns;
use crate::manifest::{Export, content};
use crate::work::{WorkFile, forget_cached};
use crate::{Error, Job, Plan, load};

/// Reads the file back from the disk: each byte by SHA-256, each row by the digest.
pub(crate) async fn read_back(file: &WorkFile, export: &Export) -> Result<(), Error> {
    forget_cached(&file.path)?;
    let part = the_part(export)?;
    let found = load::check(&file.path, &part.sha256).await?;
    if (found.rows, found.to_string()) == (export.rows, export.digest.clone()) {
        return Ok(());
    }
    Err(Error::FileChanged { path: file.path.clone() })
}

/// The only part: files are not split yet.
pub(crate) fn the_part(export: &Export) -> Result<&crate::Part, Error> {
    match export.parts.as_slice() {
        [part] => Ok(part),
        parts => Err(Error::Unreadable {
            what: "the list of files".into(),
            source: format!("this program knows archives of one file, not of {}", parts.len()).into(),
        }),
    }
}

/// Makes the table in a database of its own on the scratch server, loads the file, has the server digest the rows, and adds
/// constraints and indexes.
///
/// The database is removed again, also when that fails.
pub(crate) async fn restored(
    job: &Job<'_>,
    scratch: &Connector,
    plan: &Plan,
    export: &Export,
    file: &WorkFile,
    id: &str,
) -> Result<(), Error> {
    let name = format!("pgrefit_archive_{id}");
    let mut server = scratch.migrator().await.map_err(Error::Scratch)?;
    server.batch(&drop_sql(&name)).await.map_err(Error::Scratch)?;
    let create = format!(
        "CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING '{}' LC_COLLATE 'C' LC_CTYPE 'C'",
        plan.encoding.replace('\'', "''")
    );
    server.batch(&create).await.map_err(Error::Scratch)?;
    let settings = scratch.settings().clone().with_database(&name);
    let database = scratch.with_settings(settings);
    let tried = job.unless_stopped(Box::pin(tried(job, &database, plan, export, file))).await;
    let dropped = server.batch(&drop_sql(&name)).await.map_err(Error::Scratch);
    tried.and(dropped)
}

fn drop_sql(database: &str) -> String {
    format!("DROP DATABASE IF EXISTS \"{database}\" WITH (FORCE)")
}

async fn tried(
    job: &Job<'_>,
    database: &Connector,
    plan: &Plan,
    export: &Export,
    file: &WorkFile,
) -> Result<(), Error> {
    let part = the_part(export)?;
    let limits = pgrefit_pg::Limits { statement: job.limits.statement, ..database.limits() };
    let database = database.clone().with_limits(limits);
    let mut session = database.migrator().await.map_err(Error::Scratch)?;
    script(&mut session, &plan.bare_definition.create).await?;
    load::copy_in(&mut session, plan, &file.path, &part.sha256, Error::Scratch).await?;
    let columns = {
        let mut reader = database.read_only().await.map_err(Error::Scratch)?;
        let snapshot = reader.snapshot().await.map_err(Error::Scratch)?;
        same_columns(plan, &sent_columns(&snapshot, &plan.table).await.map_err(Error::Scratch)?)?
    };
    let found = sent_by(&mut session, &plan.table, &columns).await.map_err(Error::Scratch)?;
    if (found.rows, &found.digest) != (export.rows, &export.digest) {
        return Err(Error::Differs {
            place: "on the scratch server",
            expected: export.content(),
            found: content(found.rows, &found.digest),
        });
    }
    script(&mut session, &plan.bare_definition.finish).await
}

async fn script(session: &mut Migrator, sql: &str) -> Result<(), Error> {
    session.script(sql).await.map_err(|error| Error::Scratch(error.source))
}

/// Refuses the live server, and one that lacks what the table needs: it would be found out only after the export.
pub(crate) async fn check_scratch(job: &Job<'_>, scratch: &Connector, plan: &Plan) -> Result<(), Error> {
    let started = "SELECT extract(epoch FROM pg_catalog.pg_postmaster_start_time())::numeric(20, 6)";
    let (source, other) = (job.source.read_only().await, scratch.read_only().await);
    let (source, other) = (source.map_err(Error::Source)?, other.map_err(Error::Scratch)?);
    let of_source = source.simple(started).await.map_err(Error::Source)?;
    if of_source == other.simple(started).await.map_err(Error::Scratch)? {
        return Err(Error::LiveServer);
    }
    let available = other.simple("SELECT name FROM pg_catalog.pg_available_extensions").await;
    let available: Vec<_> = available.map_err(Error::Scratch)?.into_iter().flatten().flatten().collect();
    let missing = plan.extensions.iter().filter(|extension| !available.contains(extension));
    let extensions: Vec<_> = missing.cloned().collect();
    if extensions.is_empty() { Ok(()) } else { Err(Error::ExtensionMissing { extensions }) }
}
