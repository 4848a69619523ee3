//! Writes one file: rows are decoded and gathered here, a second thread compresses and writes them.

mod column;
mod group;
mod worker;

use std::io::Write;

use crate::copy::Decoder;
use crate::{Error, FileSum, RowDigest, Table};

use group::Group;
use worker::Worker;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Of zstd, 1 to 22. Measured with 245 MB of rows with 2.6 kB of text each: level 1 takes 1.4 s of processor time and leaves
    /// 97 MB, 2 takes 1.6 s and leaves 87, 3 takes 2.0 s and leaves 85 (`pg_dump -Fc`: 8 s, 106 MB).
    pub zstd_level: i32,
    /// A row group ends before it would hold more than this many bytes of the stream, unless of a single row. Two are in
    /// memory, and beside them the largest row about three times: 90 MB at 24 MiB and short rows, 120 MB at rows of 10 MB.
    pub group_bytes: usize,
    /// A row group ends at this many rows.
    pub group_rows: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { zstd_level: 2, group_bytes: 24 << 20, group_rows: 1 << 20 }
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
    worker: Worker<W>,
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
            worker: Worker::start(sink, table, options)?,
        })
    }

    /// Takes the next bytes of the stream. Waits while the thread that writes is a row group behind.
    ///
    /// # Errors
    /// The stream is not COPY BINARY of this table; a value of an earlier row that its column cannot hold; the file cannot be
    /// written. The writer is of no further use then.
    pub fn feed(&mut self, chunk: &[u8]) -> Result<(), Error> {
        let Self { decoder, digest, group, worker, options, .. } = self;
        decoder.feed(chunk, |row| {
            digest.add(row);
            let full = group.bytes() + row.body().len() > options.group_bytes;
            if group.rows() > 0 && (full || group.rows() >= options.group_rows) {
                worker.hand_over(group)?;
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
        let Self { decoder, digest, raw_bytes, mut group, mut worker, .. } = self;
        decoder.finish()?;
        if group.rows() > 0 {
            worker.hand_over(&mut group)?;
        }
        let (sink, file_bytes, sum) = worker.finish(digest)?;
        Ok((Written { digest, raw_bytes, file_bytes, sum }, sink))
    }
}
