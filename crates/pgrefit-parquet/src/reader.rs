//! Reads one file: its rows come out as they went in.

mod batch;
mod column;

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::Path;

use parquet::file::reader::FileReader as _;
use parquet::file::serialized_reader::SerializedFileReader;

use crate::copy::{Encoder, Row};
use crate::footer::Footer;
use crate::sum::sum_of;
use crate::{Error, FileSum, RowDigest, Table};

use batch::{Batch, guarded};

/// Reads one file, row by row, a few megabytes of each column at a time.
pub struct Reader {
    file: SerializedFileReader<File>,
    footer: Footer,
    encoder: Encoder,
    batch: Batch,
    row: Vec<u8>,
    digest: RowDigest,
    begun: bool,
    ended: bool,
}

impl Reader {
    /// Opens a file after its SHA-256 was found to be `expected`; reads it all for that.
    ///
    /// # Errors
    /// The file cannot be read; it is another one; it was not written by this crate, or by a newer version.
    pub fn open(path: &Path, expected: &FileSum) -> Result<Self, Error> {
        let opening = |cause| Error::Open { path: path.to_owned(), cause };
        let mut file = File::open(path).map_err(opening)?;
        let found = sum_of(&mut file).map_err(opening)?;
        if found != *expected {
            return Err(Error::Sum { path: path.to_owned(), expected: *expected, found });
        }
        file.seek(SeekFrom::Start(0)).map_err(opening)?;
        Self::new(file)
    }

    /// Opens a file of which no SHA-256 is known, such as one whose manifest was lost. What is wrong with it comes out as an
    /// error, at the latest of the digest after the last row, or in metadata that is merely false, such as the name of a column.
    ///
    /// A file that was made to do harm can ask for any amount of memory here.
    ///
    /// # Errors
    /// As [`Reader::open`].
    pub fn open_unlisted(path: &Path) -> Result<Self, Error> {
        Self::new(File::open(path).map_err(|cause| Error::Open { path: path.to_owned(), cause })?)
    }

    fn new(file: File) -> Result<Self, Error> {
        let file = guarded(|| SerializedFileReader::new(file).map_err(Error::Read))?;
        let footer = Footer::read(file.metadata())?;
        let encoder = Encoder::new(footer.table.columns.len())?;
        let batch = Batch::default();
        let (row, digest) = (Vec::new(), RowDigest::default());
        Ok(Self { file, footer, encoder, batch, row, digest, begun: false, ended: false })
    }

    /// The table that the rows are of.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.footer.table
    }

    /// The number of rows that were written and their digest, as the file says.
    #[must_use]
    pub fn digest(&self) -> RowDigest {
        self.footer.digest
    }

    /// The next row, in the order in which they were written; `None` after the last, once the digest was found to be right.
    ///
    /// # Errors
    /// The file cannot be read, or is damaged; the rows are not those that were written.
    pub fn next_row(&mut self) -> Result<Option<Row<'_>>, Error> {
        self.row.clear();
        let more = !self.ended && self.batch.next(&self.file, &self.footer.table, &mut self.row)?;
        if !more {
            self.ended = true;
            self.recognise()?;
            return Ok(None);
        }
        let row = Row::new(&self.row);
        self.digest.add(row);
        Ok(Some(row))
    }

    /// Appends the next part of a COPY BINARY stream to `out`, at least `bytes` of it unless it ends before; false if nothing was
    /// left. The trailer, without which PostgreSQL takes no row, comes only once the digest was found to be right.
    ///
    /// # Errors
    /// As [`Reader::next_row`].
    pub fn copy(&mut self, out: &mut Vec<u8>, bytes: usize) -> Result<bool, Error> {
        if self.ended {
            return Ok(false);
        }
        let encoder = self.encoder;
        let enough = out.len() + bytes;
        if !self.begun {
            self.begun = true;
            encoder.header(out);
        }
        while out.len() < enough {
            let Some(row) = self.next_row()? else {
                encoder.trailer(out);
                break;
            };
            encoder.row(row, out);
        }
        Ok(true)
    }

    /// Reads what is left of the file, and says what it held.
    ///
    /// # Errors
    /// As [`Reader::next_row`].
    pub fn check(mut self) -> Result<RowDigest, Error> {
        while self.next_row()?.is_some() {}
        Ok(self.digest)
    }

    fn recognise(&self) -> Result<(), Error> {
        let (written, found) = (self.footer.digest, self.digest);
        if written == found {
            return Ok(());
        }
        Err(Error::Digest {
            rows_expected: written.rows,
            expected: written.to_string(),
            rows_found: found.rows,
            found: found.to_string(),
        })
    }
}
