//! Loads scripts with data in them, as `pg_dump` writes them, into a scratch database.

use std::path::Path;

use bytes::Bytes;
use pgrefit_pg::{Connector, Error as PgError, Migrator, PipelineError};
use pgrefit_sql::{LoadPiece, Place, Script, load_pieces};

use crate::Error;

/// Rows are sent in pieces of this many bytes.
const CHUNK_BYTES: usize = 1 << 20;

/// A larger piece between two `COPY` is sent whole: its syntax tree would not fit into memory.
const PARSED_BYTES_MAX: usize = 8 << 20;
/// So many statements are sent before their answers are waited for.
const BATCH: usize = 100;

/// Runs a script, the rows behind its `COPY … FROM stdin` included, and returns how many rows were copied.
///
/// Each statement runs on its own, unless the script opens a transaction. `progress` is told how many bytes of the script
/// are done.
///
/// # Errors
/// A file that cannot be read; the first statement or row that the server refuses.
pub async fn load(connector: &Connector, path: &Path, progress: &(dyn Fn(u64) + Sync)) -> Result<u64, Error> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| Error::Unreadable { path: path.to_owned(), source })?;
    let text = Bytes::from(text);
    // Infallible: the bytes came from a `String`.
    let script = std::str::from_utf8(&text).unwrap_or_default();
    let mut session = connector.migrator().await?;
    let mut rows_copied = 0;
    for piece in load_pieces(script) {
        let (LoadPiece::Sql(part) | LoadPiece::Copy { rows: part, .. }) = piece;
        let start = part.as_ptr().addr() - script.as_ptr().addr();
        let outcome = match piece {
            LoadPiece::Sql(sql) => run(&mut session, sql).await,
            LoadPiece::Copy { statement, .. } => {
                let rows = copy(&mut session, statement, text.slice_ref(part.as_bytes())).await;
                rows.map(|rows| rows_copied += rows).map_err(|source| (0, source))
            }
        };
        outcome.map_err(|(offset, source)| {
            let line = Place::of_byte(script, start + offset).line;
            Error::Load { path: path.to_owned(), line, source }
        })?;
        progress(u64::try_from(start + part.len()).unwrap_or(u64::MAX));
    }
    Ok(rows_copied)
}

/// Runs the statements of a piece; an error comes with its place in the piece, in bytes.
async fn run(session: &mut Migrator, sql: &str) -> Result<(), (usize, PgError)> {
    let script = if sql.len() <= PARSED_BYTES_MAX { Script::parse(sql) } else { Script::unparsed(sql) };
    for statements in script.statements().chunks(BATCH) {
        let parts: Vec<&str> = statements.iter().map(|statement| &sql[statement.range.clone()]).collect();
        session.pipeline(&parts).await.map_err(|PipelineError { index, source }| {
            let position = source.server().and_then(|server| server.position);
            let inside =
                position.map_or(0, |position| Place::byte_of_server_position(parts[index], position));
            (statements[index].range.start + inside, source)
        })?;
    }
    Ok(())
}

async fn copy(session: &mut Migrator, statement: &str, rows: Bytes) -> Result<u64, PgError> {
    let chunks: Vec<Bytes> = (0..rows.len())
        .step_by(CHUNK_BYTES)
        .map(|at| rows.slice(at..rows.len().min(at + CHUNK_BYTES)))
        .collect();
    session.copy_in(statement, futures_util::stream::iter(chunks)).await
}
