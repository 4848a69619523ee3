//! Rows of PostgreSQL's `COPY … TO STDOUT (FORMAT binary)` as Parquet files and back, exactly, in bounded memory.
//!
//! ```no_run
//! use std::fs::File;
//! use std::path::Path;
//!
//! use pgrefit_parquet::{Column, FileSum, Options, PgType, Reader, Table, Writer};
//!
//! # fn chunk_of_copy() -> Option<Vec<u8>> { None }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let id = Column {
//!     name: "id".to_owned(),
//!     type_name: "bigint".to_owned(),
//!     form: PgType::of("int8send", None),
//!     not_null: true,
//! };
//! let table = Table { name: "public.documents".to_owned(), columns: vec![id] };
//! let mut writer = Writer::new(File::create("documents.parquet")?, &table, &Options::default())?;
//! while let Some(chunk) = chunk_of_copy() {
//!     writer.feed(&chunk)?;
//! }
//! let (written, file) = writer.finish()?;
//! file.sync_all()?;
//!
//! let mut reader = Reader::open(Path::new("documents.parquet"), &written.sum)?;
//! let mut stream = Vec::new();
//! while reader.copy(&mut stream, 64 * 1024)? {
//!     // Send `stream` as CopyData.
//!     stream.clear();
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A file is trusted for one reason: its SHA-256 is the expected one ([`Reader::open`]), which is checked before anything
//! in it is parsed. Parquet has page checksums, but the writer of the `parquet` crate does not write them, and none for the
//! footer. On top, the rows that come out are digested ([`RowDigest`]) and compared with what the writer counted.
//!
//! Types with a native form ([`PgType`]) can be read by any Parquet reader; all others are kept as the bytes of their send
//! function. The only crate that knows Parquet; synchronous, knows no server, prints nothing.

pub mod copy;

mod column;
mod digest;
mod error;
mod footer;
mod native;
mod reader;
mod schema;
mod sum;
mod writer;

pub use column::{Column, PgType, Table};
pub use digest::RowDigest;
pub use error::Error;
pub use reader::Reader;
pub use sum::{FileSum, file_sum};
pub use writer::{Options, Writer, Written};
