//! Loads scripts with data in them, as `pg_dump` writes them, into a scratch database.

use std::path::Path;

use bytes::Bytes;
use pgrefit_pg::{Connector, Migrator};
use pgrefit_sql::{LoadPiece, Place, load_pieces};

use crate::Error;

/// Rows are sent in pieces of this many bytes.
const CHUNK_BYTES: usize = 1 << 20;

/// Runs a script, the rows behind its `COPY … FROM stdin` included, and returns how many rows were copied.
///
/// Statements run as the script says, each on its own unless the script opens a transaction. `progress` is told how many
/// bytes of the script are done.
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
        let outcome = match piece {
            LoadPiece::Sql(sql) => session.batch(sql).await.map(|()| 0),
            LoadPiece::Copy { statement, rows } => {
                copy(&mut session, statement, text.slice_ref(rows.as_bytes())).await
            }
        };
        let (LoadPiece::Sql(part) | LoadPiece::Copy { rows: part, .. }) = piece;
        let start = part.as_ptr().addr() - script.as_ptr().addr();
        rows_copied += outcome.map_err(|source| {
            let position = source.server().and_then(|server| server.position);
            let inside = position.map_or(0, |position| Place::byte_of_server_position(part, position));
            let line = Place::of_byte(script, start + inside).line;
            Error::Load { path: path.to_owned(), line, source }
        })?;
        progress(u64::try_from(start + part.len()).unwrap_or(u64::MAX));
    }
    Ok(rows_copied)
}

async fn copy(session: &mut Migrator, statement: &str, rows: Bytes) -> Result<u64, pgrefit_pg::Error> {
    let chunks: Vec<Bytes> = (0..rows.len())
        .step_by(CHUNK_BYTES)
        .map(|at| rows.slice(at..rows.len().min(at + CHUNK_BYTES)))
        .collect();
    session.copy_in(statement, futures_util::stream::iter(chunks)).await
}
