//! Encodes and compresses a row group into memory, apart from the file.

use std::sync::Arc;

use bytes::Bytes;
use parquet::column::writer::{ColumnCloseResult, get_column_writer};
use parquet::file::properties::WriterPropertiesPtr;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::{ColumnDescPtr, SchemaDescriptor, TypePtr};

use crate::{Column, Error, Options, Table, schema};

use super::column;
use super::group::{Fields, Group};

/// How the columns of a file are encoded: the same for all row groups, as the first one has it.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) table: Table,
    pub(super) schema: TypePtr,
    pub(super) properties: WriterPropertiesPtr,
    descriptor: SchemaDescriptor,
}

/// One column of a row group, as it will lie in the file.
pub(super) struct Chunk {
    pub(super) bytes: Bytes,
    /// Where in `bytes` the pages begin, and what the footer says of them.
    pub(super) close: ColumnCloseResult,
}

impl Layout {
    /// `long` says of each column whether its values are long on average.
    pub(super) fn new(table: Table, options: &Options, long: &[bool]) -> Result<Self, Error> {
        let schema = schema::schema(&table).map_err(Error::Write)?;
        let properties = schema::properties(&table, options, long).map_err(Error::Write)?;
        let descriptor = SchemaDescriptor::new(Arc::clone(&schema));
        Ok(Self { table, schema, properties: Arc::new(properties), descriptor })
    }

    /// The columns of a row group, in order.
    pub(super) fn encode(&self, group: &mut Group) -> Result<Vec<Chunk>, Error> {
        let (first, fields) = (group.first, &mut group.columns);
        let columns = self.table.columns.iter().zip(self.descriptor.columns()).zip(fields);
        columns.map(|((column, leaf), fields)| self.chunk(column, leaf, fields, first)).collect()
    }

    fn chunk(
        &self,
        column: &Column,
        leaf: &ColumnDescPtr,
        fields: &mut Fields,
        first: u64,
    ) -> Result<Chunk, Error> {
        let mut bytes = TrackedWrite::new(Vec::new());
        let pages = Box::new(SerializedPageWriter::new(&mut bytes));
        let mut writer = get_column_writer(Arc::clone(leaf), Arc::clone(&self.properties), pages);
        let shared = std::mem::take(fields).share();
        column::write(column, &shared, &mut writer).map_err(|fault| fault.of(column, first))?;
        let close = writer.close().map_err(Error::Write)?;
        *fields = shared.take_back();
        let bytes = bytes.into_inner().map_err(Error::Write)?;
        Ok(Chunk { bytes: bytes.into(), close })
    }
}
