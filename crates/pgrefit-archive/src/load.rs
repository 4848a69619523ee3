//! Rows on their way between a server and a file: what talks to the server is here, what decodes and compresses is in a thread of
//! its own, and a few hundred kilobytes are between them.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use futures_util::{TryStreamExt as _, stream};
use pgrefit_parquet::{Column, FileSum, Options, PgType, Reader, RowDigest, Table, Written};
use pgrefit_pg::{Error as PgError, Migrator, Snapshot};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use crate::{Error, Event, Job, Plan};

/// Gathered before they cross over to the other thread.
const CHUNK_BYTES: usize = 256 * 1024;
/// How many of these may be waiting.
const CHUNKS: usize = 4;
/// Between two events.
const TELL: Duration = Duration::from_secs(1);

/// The table as the file describes it. Text of an encoding that need not be UTF-8 is kept as bytes.
pub(crate) fn described(plan: &Plan) -> Table {
    let is_text = plan.encoding != "SQL_ASCII";
    let form = |send: Option<&str>| match PgType::of(send.unwrap_or_default(), None) {
        PgType::Text | PgType::Json | PgType::Jsonb if !is_text => PgType::Send,
        form => form,
    };
    let columns = plan.columns.iter().map(|column| Column {
        name: column.name.clone(),
        type_name: column.type_name.clone(),
        form: form(column.send.as_deref()),
        not_null: column.not_null,
    });
    Table { name: plan.table.to_string(), columns: columns.collect() }
}

/// Copies the table's rows, as the snapshot sees them, into a new file at `path`, which is synced.
pub(crate) async fn copy_out(
    job: &Job<'_>,
    snapshot: &Snapshot<'_>,
    plan: &Plan,
    path: &Path,
) -> Result<Written, Error> {
    let (sender, receiver) = mpsc::channel(CHUNKS);
    let (file, table) = (path.to_owned(), described(plan));
    let writing = spawn_blocking(move || write(&file, &table, receiver));
    let sql = format!("COPY {} ({}) TO STDOUT (FORMAT binary)", plan.table, plan.column_list());
    let sent = send(job, snapshot, &sql, sender).await;
    let written = writing.await.map_err(|cause| rows("write", path)(Box::new(cause)))?;
    // What the server says comes first: without it the file has no end either.
    sent.and(written)
}

async fn send(
    job: &Job<'_>,
    snapshot: &Snapshot<'_>,
    sql: &str,
    sender: mpsc::Sender<Bytes>,
) -> Result<(), Error> {
    let stream = snapshot.copy_out(sql, job.limits.statement).await.map_err(Error::Source)?;
    let mut stream = pin!(stream);
    let mut chunk = BytesMut::new();
    let (mut rows, mut bytes, mut told) = (0, 0, Instant::now());
    while let Some(message) = stream.try_next().await.map_err(Error::Source)? {
        chunk.extend_from_slice(&message);
        (rows, bytes) = (rows + 1, bytes + message.len() as u64);
        if chunk.len() >= CHUNK_BYTES && sender.send(chunk.split().freeze()).await.is_err() {
            // The writer has given up, and says why.
            return Ok(());
        }
        if told.elapsed() >= TELL {
            job.tell(Event::Rows { rows, bytes });
            told = Instant::now();
        }
    }
    let _ = sender.send(chunk.freeze()).await;
    Ok(())
}

fn write(path: &Path, table: &Table, mut receiver: mpsc::Receiver<Bytes>) -> Result<Written, Error> {
    let failed = |error: pgrefit_parquet::Error| rows("write", path)(Box::new(error));
    let file = File::create(path).map_err(Error::io("write", path))?;
    let mut writer = pgrefit_parquet::Writer::new(file, table, &Options::default()).map_err(failed)?;
    while let Some(chunk) = receiver.blocking_recv() {
        writer.feed(&chunk).map_err(failed)?;
    }
    let (written, file) = writer.finish().map_err(failed)?;
    file.sync_all().map_err(Error::io("write", path))?;
    Ok(written)
}

/// Copies the rows of a file, whose SHA-256 must be `sum`, into a table that the session's transaction has made. Whoever calls
/// digests them on the server before the transaction is committed.
pub(crate) async fn copy_in(
    session: &mut Migrator,
    plan: &Plan,
    path: &Path,
    sum: &str,
    server: impl Fn(PgError) -> Error,
) -> Result<u64, Error> {
    let (sender, receiver) = mpsc::channel(CHUNKS);
    let (file, sum): (PathBuf, FileSum) = (path.to_owned(), parse(sum, path)?);
    let reading = spawn_blocking(move || read(&file, &sum, &sender));
    let sql = format!("COPY {} ({}) FROM STDIN (FORMAT binary)", plan.table, plan.column_list());
    let chunks = stream::unfold(receiver, async |mut receiver: mpsc::Receiver<Bytes>| {
        Some((receiver.recv().await?, receiver))
    });
    let copied = session.copy_in(&sql, chunks).await.map_err(server);
    let read = reading.await.map_err(|cause| rows("read", path)(Box::new(cause)))?;
    // What is wrong with the file comes first: to the server it is only a stream that ends too early.
    read.and(copied)
}

fn read(path: &Path, sum: &FileSum, sender: &mpsc::Sender<Bytes>) -> Result<(), Error> {
    let failed = |error| of_file("read", path, error);
    let mut reader = Reader::open(path, sum).map_err(failed)?;
    loop {
        let mut chunk = Vec::with_capacity(CHUNK_BYTES);
        if !reader.copy(&mut chunk, CHUNK_BYTES).map_err(failed)? {
            return Ok(());
        }
        if sender.blocking_send(chunk.into()).is_err() {
            // The server has given up, and says why.
            return Ok(());
        }
    }
}

/// Reads a whole file, and digests its rows.
pub(crate) async fn check(path: &Path, sum: &str) -> Result<RowDigest, Error> {
    let (file, sum): (PathBuf, FileSum) = (path.to_owned(), parse(sum, path)?);
    let checked = spawn_blocking(move || {
        let failed = |error| of_file("read", &file, error);
        Reader::open(&file, &sum).map_err(failed)?.check().map_err(failed)
    });
    checked.await.map_err(|cause| rows("read", path)(Box::new(cause)))?
}

fn parse(sum: &str, path: &Path) -> Result<FileSum, Error> {
    sum.parse().map_err(|error: pgrefit_parquet::Error| rows("read", path)(Box::new(error)))
}

fn rows(action: &'static str, path: &Path) -> impl FnOnce(crate::error::Cause) -> Error + use<> {
    let path = path.to_owned();
    move |source| Error::Rows { action, path, source }
}

/// A file that is not the one that was written, or anything else.
fn of_file(action: &'static str, path: &Path, error: pgrefit_parquet::Error) -> Error {
    use pgrefit_parquet::Error as E;
    match error {
        E::Sum { .. } | E::Digest { .. } | E::Read(_) | E::Panicked | E::Stored { .. } => {
            Error::FileChanged { path: path.to_owned() }
        }
        other => rows(action, path)(Box::new(other)),
    }
}
