//! The thread that writes the file: encoded row groups, in the order of the rows.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};

use parquet::file::writer::SerializedFileWriter;

use crate::footer::Footer;
use crate::sum::Summing;
use crate::{Error, FileSum, RowDigest};

use super::encode::{Chunk, Layout};
use super::group::Group;

/// A file that was finished: the sink, its bytes and their sum.
pub(super) type Finished<W> = (W, u64, FileSum);

/// What is to be written next.
pub(super) enum Part {
    /// The beginning of the file: comes first, and once.
    Start(Arc<Layout>),
    /// The row group that somebody is encoding.
    Group(Receiver<Result<Encoded, Error>>),
    /// The end of the file.
    Footer(RowDigest),
}

/// A row group that can be written, and the memory that its rows were in.
pub(super) struct Encoded {
    pub(super) chunks: Vec<Chunk>,
    pub(super) group: Group,
}

/// What the thread does: the error of the first row group that has one is its own.
pub(super) fn run<W: Write + Send>(
    sink: W,
    parts: &Receiver<Part>,
    written: &SyncSender<Group>,
) -> Result<Finished<W>, Error> {
    let Ok(Part::Start(layout)) = parts.recv() else { return Err(Error::Ended) };
    let mut writing = Writing::begin(sink, layout)?;
    loop {
        match parts.recv() {
            Ok(Part::Group(encoded)) => {
                // Whoever encodes and gives no answer has panicked.
                let Encoded { chunks, group } = encoded.recv().map_err(|_| Error::Ended)??;
                writing.append(chunks)?;
                // Whoever is gone needs no memory back.
                let _ = written.send(group);
            }
            Ok(Part::Footer(digest)) => return writing.finish(digest),
            Ok(Part::Start(_)) | Err(_) => return Err(Error::Ended),
        }
    }
}

/// What the thread owns.
struct Writing<W: Write> {
    file: SerializedFileWriter<Summed<W>>,
    layout: Arc<Layout>,
}

impl<W: Write + Send> Writing<W> {
    fn begin(sink: W, layout: Arc<Layout>) -> Result<Self, Error> {
        let sink = Summed { sink, bytes: 0, sum: Summing::default() };
        let (schema, properties) = (Arc::clone(&layout.schema), Arc::clone(&layout.properties));
        let file = SerializedFileWriter::new(sink, schema, properties).map_err(Error::Write)?;
        Ok(Self { file, layout })
    }

    fn append(&mut self, chunks: Vec<Chunk>) -> Result<(), Error> {
        let mut rows = self.file.next_row_group().map_err(Error::Write)?;
        for Chunk { bytes, close } in chunks {
            rows.append_column(&bytes, close).map_err(Error::Write)?;
        }
        rows.close().map(|_| ()).map_err(Error::Write)
    }

    fn finish(mut self, digest: RowDigest) -> Result<Finished<W>, Error> {
        for entry in Footer::entries(&self.layout.table, digest)? {
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
