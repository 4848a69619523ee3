//! Writes one file: rows are decoded and gathered here, other threads compress and write them.

mod column;
mod encode;
mod file;
mod group;
mod pool;

use std::io::Write;
use std::num::NonZero;

use crate::copy::Decoder;
use crate::{Error, FileSum, RowDigest, Table};

use group::Group;
use pool::Pool;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Of zstd, 1 to 22. Measured with 245 MB of rows with 2.6 kB of text each: level 1 takes 1.4 s of processor time and leaves
    /// 97 MB, 2 takes 1.6 s and leaves 87, 3 takes 2.0 s and leaves 85 (`pg_dump -Fc`: 8 s, 106 MB).
    pub zstd_level: i32,
    /// A row group ends before it would hold more than this many bytes of the stream, unless of a single row. Two more than
    /// there are threads are in memory, and what those make of theirs; of rows that are longer than a quarter of this, fewer.
    /// With four threads, 8 MiB: 98 MB at rows of 2 kB of text, 130 MB at rows of 10 MB.
    pub group_bytes: usize,
    /// A row group ends at this many rows.
    pub group_rows: usize,
    /// How many threads encode and compress, 4 at most; none: as many as the machine has. The file is the same whatever
    /// their number. One more thread writes the file.
    pub threads: Option<NonZero<usize>>,
}

impl Default for Options {
    fn default() -> Self {
        Self { zstd_level: 2, group_bytes: 8 << 20, group_rows: 1 << 20, threads: None }
    }
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The number of rows and their digest.
    pub digest: RowDigest,
    /// The bytes of the COPY stream.
    pub raw_bytes: u64,
    /// The bytes of the file.
    pub file_bytes: u64,
    /// The SHA-256 of the file, without which it must not be trusted.
    pub sum: FileSum,
}

/// Writes one file. Dropped before [`Writer::finish`], it leaves a beginning that no reader opens.
#[derive(Debug)]
pub struct Writer<W> {
    decoder: Decoder,
    digest: RowDigest,
    raw_bytes: u64,
    options: Options,
    group: Group,
    pool: Pool<W>,
}

impl<W: Write + Send + 'static> Writer<W> {
    /// Begins a file. `sink` is written in pieces of any size: no buffer is needed around it.
    ///
    /// # Errors
    /// A table without columns or with too many; a zstd level that there is not; no thread can be started.
    pub fn new(sink: W, table: &Table, options: &Options) -> Result<Self, Error> {
        let columns = table.columns.len();
        Ok(Self {
            decoder: Decoder::new(columns),
            digest: RowDigest::default(),
            raw_bytes: 0,
            options: *options,
            group: Group::new(columns, 0),
            pool: Pool::start(sink, table, options)?,
        })
    }

    /// Takes the next bytes of the stream. Waits while one row group more than there are threads are not yet in the file.
    ///
    /// # Errors
    /// The stream is not COPY BINARY of this table; a value of an earlier row that its column cannot hold; the file cannot be
    /// written. The writer is of no further use then.
    pub fn feed(&mut self, chunk: &[u8]) -> Result<(), Error> {
        let Self { decoder, digest, group, pool, options, .. } = self;
        decoder.feed(chunk, |row| {
            digest.add(row);
            let full = group.bytes() + row.body().len() > options.group_bytes;
            if group.rows() > 0 && (full || group.rows() >= options.group_rows) {
                pool.hand_over(group)?;
            }
            group.push(row);
            Ok(())
        })?;
        self.raw_bytes += chunk.len() as u64;
        Ok(())
    }

    /// Writes what is left and the footer, and gives `sink` back, flushed but not synced.
    ///
    /// # Errors
    /// As [`Writer::feed`]; the stream has not come to its end.
    pub fn finish(self) -> Result<(Written, W), Error> {
        let Self { decoder, digest, raw_bytes, mut group, mut pool, .. } = self;
        decoder.finish()?;
        if group.rows() > 0 {
            pool.hand_over(&mut group)?;
        }
        let (sink, file_bytes, sum) = pool.finish(digest)?;
        Ok((Written { digest, raw_bytes, file_bytes, sum }, sink))
    }
}
