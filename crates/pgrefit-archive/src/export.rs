//! Writes the rows into a file, while the server digests them under the same snapshot.

use pgrefit_catalog::quote_ident;
use pgrefit_parquet::Written;
use pgrefit_pg::digest::{SentColumn, TableDigest, sent, sent_columns};
use pgrefit_pg::types::Type;
use pgrefit_pg::{ReadOnly, Snapshot, SnapshotFacts};

use crate::manifest::{Export, Part, content};
use crate::plan::exchange;
use crate::work::WorkFile;
use crate::{Error, Job, KeyValue, Plan, load};

/// Writes the rows of the table into its work file, and compares them with the server's digest of the same snapshot.
///
/// Reads the table twice, in two sessions, under ACCESS SHARE. The snapshot keeps `VACUUM` from its work for so long.
pub(crate) async fn export(job: &Job<'_>, plan: &Plan, id: &str) -> Result<Export, Error> {
    let file = WorkFile::of(job.work, id);
    file.remove(job)?;
    let snapshot = job.source.export_snapshot(job.limits.statement).await.map_err(Error::Source)?;
    let facts = snapshot.facts().clone();
    let mut readers = [
        job.source.read_only().await.map_err(Error::Source)?,
        job.source.read_only().await.map_err(Error::Source)?,
    ];
    let cancels = readers.each_ref().map(ReadOnly::cancel_handle);
    let [one, two] = &mut readers;
    let reading =
        async { tokio::try_join!(copied(job, one, plan, &facts, &file), digested(job, two, plan, &facts)) };
    let read = job.unless_stopped(Box::pin(reading)).await;
    if read.is_err() {
        for cancel in cancels {
            // What was given up would go on until the server has something to say.
            let _ = cancel.cancel().await;
        }
    }
    let (written, (digest, keys)) = read?;
    // Its two readers are done. What it kept is free before the file is worked on.
    snapshot.release().await.map_err(Error::Source)?;
    let found = written.digest.to_string();
    if (written.digest.rows, &found) != (digest.rows, &digest.digest) {
        return Err(Error::Differs {
            place: "in the file",
            expected: content(digest.rows, &digest.digest),
            found: content(written.digest.rows, &found),
        });
    }
    file.complete()?;
    Ok(Export {
        rows: digest.rows,
        taken_at: facts.taken_at,
        lsn: facts.lsn,
        keys,
        parts: vec![part(job, plan, id, &written)],
        digest: digest.digest,
    })
}

fn part(job: &Job<'_>, plan: &Plan, id: &str, written: &Written) -> Part {
    let digest = written.digest.to_string();
    Part {
        key: key(job, plan, id, &digest, "parquet"),
        bytes: written.file_bytes,
        sha256: written.sum.to_string(),
        rows: written.digest.rows,
        digest,
        raw_bytes: written.raw_bytes,
    }
}

/// `<prefix>/<database>/<schema.parent>/<partition>/<digest>.<id>.<ending>`. With the archive's name in it no two archives share an
/// object.
pub(crate) fn key(job: &Job<'_>, plan: &Plan, id: &str, digest: &str, ending: &str) -> String {
    let whole = plan.parent.as_ref().map_or(&plan.table, |parent| &parent.table);
    let whole = format!("{}.{}", whole.schema, whole.name);
    job.store.key(&[&plan.database, &whole, &plan.table.name, &format!("{digest}.{id}.{ending}")])
}

async fn copied(
    job: &Job<'_>,
    session: &mut ReadOnly,
    plan: &Plan,
    facts: &SnapshotFacts,
    file: &WorkFile,
) -> Result<Written, Error> {
    let limits = (job.limits.statement, job.limits.lock);
    let snapshot = session.join(&facts.id, limits.0, limits.1).await.map_err(Error::Source)?;
    load::copy_out(job, &snapshot, plan, &file.partial).await
}

async fn digested(
    job: &Job<'_>,
    session: &mut ReadOnly,
    plan: &Plan,
    facts: &SnapshotFacts,
) -> Result<(TableDigest, Vec<KeyValue>), Error> {
    let limits = (job.limits.statement, job.limits.lock);
    let snapshot = session.join(&facts.id, limits.0, limits.1).await.map_err(Error::Source)?;
    let all = sent_columns(&snapshot, &plan.table).await.map_err(Error::Source)?;
    let columns = same_columns(plan, &all)?;
    let digest = sent(&snapshot, &plan.table, &columns, job.limits.statement).await.map_err(Error::Source)?;
    Ok((digest, keys(&snapshot, plan).await?))
}

/// The columns of the archive, if they are those of the table: what was added later would be lost.
pub(crate) fn same_columns(plan: &Plan, all: &[SentColumn]) -> Result<Vec<SentColumn>, Error> {
    let sent = plan.sent(all).filter(|_| plan.has_columns(all));
    let differs = || Error::Differs {
        place: "in columns that were planned",
        expected: plan.column_list(),
        found: all.iter().map(|column| quote_ident(&column.name)).collect::<Vec<_>>().join(", "),
    };
    sent.ok_or_else(differs)
}

/// The range of the partition key's columns, or those of the primary key.
async fn keys(snapshot: &Snapshot<'_>, plan: &Plan) -> Result<Vec<KeyValue>, Error> {
    let parent = plan.parent.as_ref().map_or(0, |parent| parent.oid);
    let params: pgrefit_pg::Params<'_> = &[(&plan.oid, Type::OID), (&parent, Type::OID)];
    let rows = snapshot.query(include_str!("keys.sql"), params).await.map_err(Error::Source)?;
    let mut keys = Vec::new();
    for row in rows {
        let column: String = row.try_get("name").map_err(|error| Error::Source(exchange(error.into())))?;
        let (name, table) = (quote_ident(&column), &plan.table);
        let end = |order: &str| {
            format!(
                "(SELECT t.{name}::text FROM ONLY {table} AS t WHERE t.{name} IS NOT NULL ORDER BY t.{name} {order} LIMIT 1)"
            )
        };
        let sql = format!("SELECT {} AS min, {} AS max", end("ASC"), end("DESC"));
        let rows = snapshot.query(&sql, &[]).await.map_err(Error::Source)?;
        let end = |which| rows.first().and_then(|row| row.try_get::<_, Option<String>>(which).ok()).flatten();
        keys.push(KeyValue { column, min: end("min"), max: end("max") });
    }
    Ok(keys)
}
