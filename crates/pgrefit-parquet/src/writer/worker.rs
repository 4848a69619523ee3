//! The thread that compresses and writes row groups, while the next one is gathered.

use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

use parquet::file::writer::SerializedFileWriter;

use crate::footer::Footer;
use crate::sum::Summing;
use crate::writer::{column, group::Group};
use crate::{Error, FileSum, Options, RowDigest, Table, schema};

const ZSTD_LEVELS: std::ops::RangeInclusive<i32> = 1..=22;

/// A file that was finished: the sink, its bytes and their sum.
type Finished<W> = (W, u64, FileSum);

/// The other end of the thread.
pub(super) struct Worker<W> {
    full: Option<SyncSender<Work>>,
    empty: Receiver<Group>,
    thread: Option<JoinHandle<Result<Finished<W>, Error>>>,
    columns: usize,
    rows: u64,
}

enum Work {
    Group(Group),
    Footer(RowDigest),
}

impl<W: Write + Send + 'static> Worker<W> {
    pub(super) fn start(sink: W, table: &Table, options: &Options) -> Result<Self, Error> {
        let columns = table.columns.len();
        if columns == 0 || i16::try_from(columns).is_err() {
            return Err(Error::Columns { columns });
        }
        if !ZSTD_LEVELS.contains(&options.zstd_level) {
            return Err(Error::Level { level: options.zstd_level });
        }
        schema::schema(table).map_err(Error::Write)?;
        // No row group waits between the two: one is filled, one is written.
        let (full, work) = sync_channel(0);
        let (give_back, empty) = sync_channel(2);
        let (table, options) = (table.clone(), *options);
        let thread = Builder::new()
            .name("parquet".to_owned())
            .spawn(move || run(sink, table, &options, &work, &give_back))
            .map_err(|cause| Error::Write(cause.into()))?;
        Ok(Self { full: Some(full), empty, thread: Some(thread), columns, rows: 0 })
    }

    /// Takes the rows, and leaves an empty group in their place.
    pub(super) fn hand_over(&mut self, group: &mut Group) -> Result<(), Error> {
        self.rows += group.rows() as u64;
        let next = self.empty.try_recv().ok();
        let mut next = next.unwrap_or_else(|| Group::new(self.columns, 0));
        next.reset(self.rows);
        self.send(Work::Group(std::mem::replace(group, next)))
    }

    /// Has the footer written.
    pub(super) fn finish(mut self, digest: RowDigest) -> Result<Finished<W>, Error> {
        self.send(Work::Footer(digest))?;
        self.join()
    }

    /// A thread that does not listen has failed: its error is the answer.
    fn send(&mut self, work: Work) -> Result<(), Error> {
        let sent = self.full.as_ref().is_some_and(|full| full.send(work).is_ok());
        if sent {
            return Ok(());
        }
        Err(self.join().err().unwrap_or(Error::Ended))
    }

    fn join(&mut self) -> Result<Finished<W>, Error> {
        self.full = None;
        let thread = self.thread.take().ok_or(Error::Ended)?;
        thread.join().unwrap_or(Err(Error::Ended))
    }
}

impl<W> Drop for Worker<W> {
    /// Waits until the sink is no longer written: at most one row group.
    fn drop(&mut self) {
        self.full = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl<W> fmt::Debug for Worker<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("rows", &self.rows).finish_non_exhaustive()
    }
}

/// What the thread does. How columns are encoded is decided by the first row group.
fn run<W: Write + Send>(
    sink: W,
    table: Table,
    options: &Options,
    work: &Receiver<Work>,
    give_back: &SyncSender<Group>,
) -> Result<Finished<W>, Error> {
    let mut next = work.recv().map_err(|_| Error::Ended)?;
    let long = if let Work::Group(first) = &next { first.long() } else { Vec::new() };
    let mut writing = Writing::begin(sink, table, options, &long)?;
    loop {
        match next {
            Work::Footer(digest) => return writing.finish(digest),
            Work::Group(group) => {
                writing.write(&group)?;
                // Whoever is gone needs no memory back.
                let _ = give_back.try_send(group);
            }
        }
        next = work.recv().map_err(|_| Error::Ended)?;
    }
}

/// What the thread owns.
struct Writing<W: Write> {
    file: SerializedFileWriter<Summed<W>>,
    table: Table,
}

impl<W: Write + Send> Writing<W> {
    fn begin(sink: W, table: Table, options: &Options, long: &[bool]) -> Result<Self, Error> {
        let schema = schema::schema(&table).map_err(Error::Write)?;
        let properties = schema::properties(&table, options, long).map_err(Error::Write)?;
        let sink = Summed { sink, bytes: 0, sum: Summing::default() };
        let file = SerializedFileWriter::new(sink, schema, Arc::new(properties)).map_err(Error::Write)?;
        Ok(Self { file, table })
    }

    fn write(&mut self, group: &Group) -> Result<(), Error> {
        let mut rows = self.file.next_row_group().map_err(Error::Write)?;
        for (column, fields) in self.table.columns.iter().zip(&group.columns) {
            let mut writer = rows.next_column().map_err(Error::Write)?.ok_or(Error::Ended)?;
            column::write(column, fields, &mut writer).map_err(|fault| fault.of(column, group.first))?;
            writer.close().map_err(Error::Write)?;
        }
        rows.close().map(|_| ()).map_err(Error::Write)
    }

    fn finish(mut self, digest: RowDigest) -> Result<Finished<W>, Error> {
        for entry in Footer::entries(&self.table, digest)? {
            self.file.append_key_value_metadata(entry);
        }
        let mut end = self.file.into_inner().map_err(Error::Write)?;
        end.flush().map_err(|cause| Error::Write(cause.into()))?;
        Ok((end.sink, end.bytes, end.sum.finish()))
    }
}

/// Sums up what passes through.
struct Summed<W> {
    sink: W,
    bytes: u64,
    sum: Summing,
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.sink.write(bytes)?;
        self.sum.add(bytes.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}
