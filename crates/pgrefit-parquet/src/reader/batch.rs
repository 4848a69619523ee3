//! Some rows of a row group in memory, column by column, and on to the next ones.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};

use parquet::errors::ParquetError;
use parquet::file::reader::FileReader as _;
use parquet::file::serialized_reader::SerializedFileReader;

use super::column::{self, Values};
use crate::{Error, Table};

/// About how many bytes of all columns are decoded at a time, and at most how many rows. A page is decompressed as a whole
/// beside that.
const BATCH_BYTES: u64 = 4 << 20;
const BATCH_ROWS: u64 = 4096;

/// Where the reader is.
#[derive(Default)]
pub(super) struct Batch {
    columns: Vec<Box<dyn Values>>,
    /// The row group that comes next.
    group: usize,
    /// Rows of this row group that are not in memory yet, and how many are to be at a time.
    group_rows: u64,
    step: u64,
    /// Rows in memory that were not given out yet.
    rows: u64,
    /// Rows that were given out.
    done: u64,
}

impl Batch {
    /// Appends the body of the next row to `row`; false if there is none.
    pub(super) fn next(
        &mut self,
        file: &SerializedFileReader<File>,
        table: &Table,
        row: &mut Vec<u8>,
    ) -> Result<bool, Error> {
        while self.rows == 0 {
            if self.group_rows > 0 {
                guarded(|| self.load())?;
            } else if self.group < file.num_row_groups() {
                guarded(|| self.open(file, table))?;
            } else {
                return Ok(false);
            }
        }
        self.rows -= 1;
        self.done += 1;
        for (at, column) in self.columns.iter_mut().enumerate() {
            if column.append(row).is_none() {
                let name = table.columns.get(at).map(|column| column.name.clone()).unwrap_or_default();
                return Err(Error::Stored { column: name, row: self.done });
            }
        }
        Ok(true)
    }

    fn open(&mut self, file: &SerializedFileReader<File>, table: &Table) -> Result<(), Error> {
        let group = file.get_row_group(self.group).map_err(Error::Read)?;
        let metadata = group.metadata();
        let rows = u64::try_from(metadata.num_rows()).map_err(|_| short())?;
        let bytes = u64::try_from(metadata.total_byte_size()).unwrap_or_default().max(1);
        self.columns.clear();
        for (at, column) in table.columns.iter().enumerate() {
            let reader = group.get_column_reader(at).map_err(Error::Read)?;
            self.columns.push(column::values(column, reader).ok_or_else(short)?);
        }
        self.step = (rows.saturating_mul(BATCH_BYTES) / bytes).clamp(1, BATCH_ROWS);
        self.group_rows = rows;
        self.group += 1;
        Ok(())
    }

    fn load(&mut self) -> Result<(), Error> {
        let rows = self.step.min(self.group_rows);
        let wanted = usize::try_from(rows).map_err(|_| short())?;
        for column in &mut self.columns {
            if column.load(wanted).map_err(Error::Read)? != wanted {
                return Err(short());
            }
        }
        self.group_rows -= rows;
        self.rows = rows;
        Ok(())
    }
}

fn short() -> Error {
    Error::Read(ParquetError::General("a column has fewer rows than its row group".to_owned()))
}

/// The Parquet reader checks much of what it reads, but panics on the rest.
pub(super) fn guarded<T>(read: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or(Err(Error::Panicked))
}
