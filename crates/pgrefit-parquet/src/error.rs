//! Why rows cannot be written to a file or read from it.

use std::io;
use std::path::PathBuf;

use crate::FileSum;
use crate::copy::Problem;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The stream of COPY is not what it should be.
    #[error("failed to read row {row} of the COPY BINARY stream")]
    Copy {
        /// The row, from 1; one after the last where no row is to blame.
        row: u64,
        /// What is wrong.
        #[source]
        problem: Problem,
    },
    /// A number of columns that cannot be: none, or more than COPY can count.
    #[error("failed to describe a table of {columns} columns")]
    Columns {
        /// How many.
        columns: usize,
    },
    /// A level that zstd does not have.
    #[error("failed to compress at level {level}: there are 1 to 22")]
    Level {
        /// The level.
        level: i32,
    },
    /// Fields that do not make a row.
    #[error("failed to write a row: its fields are not {columns}, or one is too long")]
    Fields {
        /// How many columns there are.
        columns: i16,
    },
    /// A value that its type does not have.
    #[error("failed to write row {row}: the value of column \"{column}\" is no {type_name}")]
    Value {
        /// The column.
        column: String,
        /// Its type.
        type_name: String,
        /// The row, from 1.
        row: u64,
    },
    /// A NULL that should not be.
    #[error("failed to write row {row}: column \"{column}\" is NULL")]
    Null {
        /// The column.
        column: String,
        /// The row, from 1.
        row: u64,
    },
    /// The destination took no more, or the Parquet writer found something that it cannot do.
    #[error("failed to write the Parquet file")]
    Write(#[source] parquet::errors::ParquetError),
    /// The thread that writes has panicked, or was used after an error.
    #[error("failed to go on with a Parquet file after an earlier failure")]
    Ended,
    /// A file that cannot be opened or read.
    #[error("failed to read {}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// Another file than was written.
    #[error("failed to recognise {}: its SHA-256 is {found}, not {expected}", path.display())]
    Sum {
        /// The file.
        path: PathBuf,
        /// What it should be.
        expected: FileSum,
        /// What it is.
        found: FileSum,
    },
    /// Not a Parquet file, or a damaged one.
    #[error("failed to read the Parquet file")]
    Read(#[source] parquet::errors::ParquetError),
    /// Data on which the Parquet reader panics.
    #[error("failed to read the Parquet file: its data cannot be")]
    Panicked,
    /// A Parquet file that this crate did not write, or a newer version of it.
    #[error("failed to understand the Parquet file: {0}")]
    Foreign(String),
    /// A value in the file that its type does not have.
    #[error("failed to read row {row}: the value of column \"{column}\" is not one that was written")]
    Stored {
        /// The column.
        column: String,
        /// The row, from 1.
        row: u64,
    },
    /// The rows are not those that were written.
    #[error(
        "failed to recognise the rows: there are {rows_found} with digest {found}, {rows_expected} with {expected} were written"
    )]
    Digest {
        /// How many were written.
        rows_expected: u64,
        /// Their digest.
        expected: String,
        /// How many there are.
        rows_found: u64,
        /// Their digest.
        found: String,
    },
    /// Not the digits of a digest.
    #[error("failed to understand \"{0}\" as the hex digits of a digest")]
    Digits(String),
}

impl Error {
    /// What to do about it, if there is something.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Sum { .. } | Self::Digest { .. } => {
                Some("fetch another copy of the file: this one is damaged or another")
            }
            Self::Null { .. } => {
                Some("validate the column's NOT NULL, or write it as a column that may be NULL")
            }
            Self::Value { .. } => {
                Some("a text that is not UTF-8 (SQL_ASCII) can be kept as the bytes that were sent")
            }
            _ => None,
        }
    }
}
